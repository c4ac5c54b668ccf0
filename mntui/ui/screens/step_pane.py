"""The pages about one step, of which one is shown. What they need beyond the run is fetched when it is looked at."""

from collections.abc import Callable, Sequence
from typing import Final

from mntui.core.compare import Column
from mntui.core.messages import AskCompare, AskPayload, AskSees, Compared, Denied, Payload, RunRow, Sees
from mntui.core.plan import AgentWork
from mntui.core.run import Node, Run
from mntui.core.steps import step_of
from mntui.core.values import Json, Ref
from mntui.ui.desk import Desk
from mntui.ui.drawing.text import Line, Segment, plain
from mntui.ui.live import Seen
from mntui.ui.outcome import Outcome, outcome_of
from mntui.ui.pages import nine, steps
from mntui.ui.pages.costs import cost_page
from mntui.ui.pages.write import line, paragraph
from mntui.ui.screens.compare import REMEMBERED, named
from mntui.ui.widgets.lines import Lines, OneLine
from mntui.ui.widgets.pane import Pane

TABS: Final = ("io", "log", "prompt", "cost", "attempts", "state", "result", "why")
OF_A_STEP: Final = frozenset({"io", "log", "prompt", "attempts"})
NOT_THERE: Final = (
    "The run hasn't this step yet, or it stands for the same step of several items: v shows the items one by one."
)


class StepPane(Pane):
    """Shows a run and one of its steps."""

    DEFAULT_CSS = "StepPane > OneLine { padding: 0 1; }"

    def __init__(self, desk: Desk) -> None:
        self.page = Lines(id="step")
        self.bar = OneLine()
        super().__init__("step", self.bar, self.page, id="pane-step")
        self.desk = desk
        self.tab = "io"
        self._seen: Seen | None = None
        self._path = ""
        self._now = 0
        self._fetched: dict[str, Json] = {}
        self._sees: dict[str, Sees | Denied] = {}
        self._asked: set[str] = set()
        self._elsewhere: tuple[Column, ...] = ()
        self._shown: tuple[str, str] = ("", "")
        self._outcome_of: tuple[int, int] = (-1, 0)
        self._outcome = Outcome()

    def choose(self, tab: str) -> None:
        self.tab = tab
        self._draw()

    @property
    def text(self) -> str:
        """The page as it can be copied."""
        return "\n".join(plain(row).rstrip() for row in self.page.text)

    def show(self, seen: Seen, path: str, now: int) -> None:
        """`now` is the instant at which the run is shown, in microseconds."""
        self._seen, self._path, self._now = seen, path, now
        self._draw()

    def _draw(self) -> None:
        seen = self._seen
        if seen is None:
            return
        node = seen.run.nodes.get(self._path)
        self.bar.show(lambda width: [_bar(self.tab, width)])
        self.rename(f"step: {self._path}" if self.tab in OF_A_STEP and self._path else f"run: {seen.run.name}")
        about = (self._path, self.tab)
        is_new, self._shown = about != self._shown, about
        draw = self.page.show_new if is_new else self.page.show
        draw(self._page(seen, node))
        self._fetch(seen.run, node)

    def _page(self, seen: Seen, node: Node | None) -> Callable[[int], Sequence[Line]]:
        run, now, tab = seen.run, self._now, self.tab
        outputs = steps.opened(run.outputs, self._fetched)
        pages: dict[str, Callable[[int], Sequence[Line]]] = {
            "log": lambda w: list(steps.log_page(run, seen.facts, self._path, w)),
            "cost": lambda w: list(cost_page(run, node, seen.facts, self._before(run), w, self._elsewhere)),
            "state": lambda w: list(nine.nine_page(run, now, w)),
            "why": lambda w: list(nine.why_page(run, seen.held_back, now, w)),
            "result": lambda w: list(nine.result_page(run, outputs, self.outcome(), w)),
        }
        if tab in pages:
            return pages[tab]
        if node is None:
            return lambda w: list(paragraph(NOT_THERE, w, "muted"))
        if tab == "attempts":
            return lambda w: list(steps.attempts_page(run, node, now, w))
        if tab == "prompt":
            return lambda w: list(steps.sees_page(self._sees.get(node.path), w))
        return lambda w: list(steps.io_page(seen, node, self._fetched, now, w))

    def outcome(self) -> Outcome:
        """What the run left, read anew only when more of it is known."""
        if self._seen is None:
            return Outcome()
        run = self._seen.run
        known = (run.seq if run.ended else 0, len(self._fetched))
        if known != self._outcome_of:
            self._outcome_of, self._outcome = known, outcome_of(run, steps.opened(run.outputs, self._fetched))
        return self._outcome

    def _before(self, run: Run) -> list[RunRow]:
        """The runs of the same blueprint that are known, newest first."""
        return [row for row in self.desk.overview.rows if row.blueprint == run.blueprint]

    # What has to be asked for

    def _fetch(self, run: Run, node: Node | None) -> None:
        """Ask once for each large value that is looked at, and for what the agent sees."""
        wanted = steps.large_values(node) if node is not None and self.tab == "io" else []
        if self.tab == "result" and isinstance(run.outputs, Ref):
            wanted = [run.outputs.digest]
        for digest in wanted:
            if digest not in self._asked:
                self._asked.add(digest)
                self.run_worker(self._fetch_value(digest))
        models = named(self.desk.memory.word(REMEMBERED, ""))
        if self.tab == "cost" and run.ended and run.spend.calls and models and "cost" not in self._asked:
            self._asked.add("cost")
            self.run_worker(self._fetch_others(run, models))
        if self.tab == "prompt" and node is not None:
            key = f"{node.path} {len(node.turns)} {node.generation}"
            if key not in self._asked:
                self._asked.add(key)
                self.run_worker(self._fetch_sees(run, node.path))

    async def _fetch_value(self, digest: str) -> None:
        reply = await self.desk.query(AskPayload(digest))
        if isinstance(reply, Payload):
            self._fetched[digest] = reply.value
            self._draw()

    async def _fetch_others(self, run: Run, models: tuple[str, ...]) -> None:
        """On the models that Compare was asked about the last time; where they can't be reckoned, Compare says why."""
        reply = await self.desk.query(AskCompare(run.name, models))
        if isinstance(reply, Compared):
            self._elsewhere = tuple(each for each in reply.matrix.columns if each.kind == "what_if")
            self._draw()

    async def _fetch_sees(self, run: Run, path: str) -> None:
        if not isinstance(step_of(run, path).work, AgentWork):
            self._sees[path] = Denied("no_agent", "No agent works in this step", "Choose a step with an agent.")
        else:
            reply = await self.desk.query(AskSees(run.name, path))
            assert isinstance(reply, Sees | Denied)
            self._sees[path] = reply
        self._draw()


def _bar(chosen: str, width: int) -> Line:
    """`1 io  2 log  3 sees …`, the chosen one bright; as many as fit."""
    gap = "  " if width >= 66 else " "
    parts: list[Segment] = []
    for number, name in enumerate(TABS, 1):
        key = "w" if name == "why" else str(number)
        more: list[Segment] = [(f"{key} ", "key"), (name, "ask" if name == chosen else "muted"), (gap, "")]
        if sum(len(text) for text, _ in [*parts, *more[:2]]) <= width:
            parts += more
    return line(*parts)
