"""What a run's model calls would have come to on other models. The worker reckons; nothing is called or changed."""

from collections.abc import Sequence

from textual.app import ComposeResult

from mntui.core.compare import Matrix
from mntui.core.messages import AskCompare, Compared, Denied
from mntui.ui.desk import Desk, told
from mntui.ui.drawing.text import Line
from mntui.ui.keys import bindings
from mntui.ui.pages.compare import compare_page, exactly
from mntui.ui.pages.write import fit, line, paragraph
from mntui.ui.screens.page import Page
from mntui.ui.widgets.lines import Lines
from mntui.ui.widgets.pane import Pane

REMEMBERED = "compare.models"
ASKED = "Models, with commas between them:"
NONE_NAMED = "m names the models to compare with. Nothing is called: recorded calls are priced for each of them."


class CompareScreen(Page):
    scope = "compare"
    BINDINGS = bindings("compare")

    def __init__(self, desk: Desk, run: str) -> None:
        super().__init__(desk)
        self.run_name = run
        self.first = 0
        self.table = Lines(id="compare")
        self.pane = Pane("cost by step and model", self.table, id="pane-compare")
        self.made: Matrix | None = None
        self._said = NONE_NAMED

    def body(self) -> ComposeResult:
        yield self.pane

    def first_pane(self) -> Pane:
        return self.pane

    def crumbs(self) -> Sequence[str]:
        return ("compare", self.run_name)

    def standing(self, width: int) -> Line:
        if self.made is None:
            return fit((), width)
        recorded = self.made.columns[0]
        now = "a stand-in" if recorded.stand_in else exactly(recorded.total.micros)
        return fit(line((f"now {now}", "money"), (f" · best mix {exactly(self.made.mix_micros)}", "good")), width)

    def on_mount(self) -> None:
        models = self.desk.memory.word(REMEMBERED, "")
        if models:
            self.begin(self._ask(models))

    def look(self) -> None:
        self.draw_edges()
        made, first, said = self.made, self.first, self._said
        self.table.show(lambda w: list(compare_page(made, w, first)) if made else list(paragraph(said, w, "muted")))

    async def _ask(self, models: str) -> None:
        self._said = "reckoning …"
        self.look()
        reply = await self.desk.query(AskCompare(self.run_name, named(models)))
        assert isinstance(reply, Compared | Denied)
        self.made = reply.matrix if isinstance(reply, Compared) else None
        self._said = told(reply) if isinstance(reply, Denied) else ""
        self.look()

    # Keys

    def action_models(self) -> None:
        def take(text: str) -> str | None:
            if not named(text):
                return "name one at least, or Escape leaves it"
            self.desk.memory.keep_word(REMEMBERED, text.strip())
            self.begin(self._ask(text))
            return None

        self.typed.open(ASKED, take)

    def action_column(self, way: int) -> None:
        others = len(self.made.columns) - 2 if self.made is not None else 0
        self.first = max(0, min(self.first + way, others))
        self.look()

    def action_copy(self) -> None:
        patch = self.made.patch if self.made is not None else ""
        if patch:
            self.app.copy_to_clipboard(patch)
        self.say("Copied: patch -p1 takes it in the blueprint's folder." if patch else "There is no change to copy.")


def named(models: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in models.split(",") if name.strip()))
