"""A form over the screen: one field below the other, each judged as it is typed; ^s takes it, Escape leaves it."""

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.events import DescendantFocus
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input, TextArea

from mntui.ui.forms import Asked, Field, problem_of
from mntui.ui.keys import FORM, bindings, of_scope
from mntui.ui.pages.edges import keys_line
from mntui.ui.pages.write import fit, line, paragraph
from mntui.ui.screens.modal import Modal
from mntui.ui.widgets.lines import OneLine

TALL_LINES = 8


class Completing(Suggester):
    """What a field would complete a text to; `→` at its end takes it."""

    def __init__(self, field: Field) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._field = field

    async def get_suggestion(self, value: str) -> str | None:
        return self._field.complete(value)


class FieldBox(Vertical):
    """One field: its name and hint, the text, what is wrong with it."""

    DEFAULT_CSS = """
    FieldBox { height: auto; margin: 0 0 1 0; }
    FieldBox Input { border: none; height: 1; padding: 0 1; background: $panel; }
    FieldBox TextArea { border: none; padding: 0 1; background: $panel; height: 8; }
    FieldBox .wrong { display: none; }
    FieldBox .wrong.-on { display: block; }
    """

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field
        self.label, self.wrong = OneLine(), OneLine(classes="wrong")
        self.editor: Input | TextArea = (
            _tall(field)
            if field.tall
            else Input(field.text, compact=True, select_on_focus=False, suggester=Completing(field))
        )
        self.label.show(lambda width: [fit(line((field.name, "title"), (f"  {field.hint}", "muted")), width)])

    def compose(self) -> ComposeResult:
        yield self.label
        yield self.editor
        yield self.wrong

    @property
    def text(self) -> str:
        return self.editor.text if isinstance(self.editor, TextArea) else self.editor.value

    def judge(self) -> bool:
        """Whether the text can be; the sentence under it says why not, or something about it."""
        wrong = problem_of(self.field, self.text)
        told = wrong or self.field.told(self.text) or ""
        self.wrong.set_class(bool(told), "-on")
        self.wrong.show(lambda width: [fit(line((told, "bad" if wrong else "muted")), width)])
        return not wrong


def _tall(field: Field) -> TextArea:
    area = TextArea(field.text, soft_wrap=True, tab_behavior="focus")
    area.styles.height = min(max(field.text.count("\n") + 3, 4), TALL_LINES)
    return area


class FormScreen(Modal[Mapping[str, str]], inherit_bindings=False):
    """Gives the texts of all fields by name, or None."""

    BINDINGS = bindings(FORM)
    AUTO_FOCUS = ""

    def __init__(self, asked: Asked) -> None:
        super().__init__()
        self.asked = asked
        self.boxes = tuple(FieldBox(field) for field in asked.fields)
        self.about, self.keys_bar = OneLine(id="about"), OneLine(id="keys")
        self.scroll = VerticalScroll(*self.boxes, can_focus=False)

    def compose(self) -> ComposeResult:
        with Vertical(id="form") as box:
            box.border_title = self.asked.title.replace("[", r"\[")
            yield self.about
            yield self.scroll
            yield self.keys_bar

    def on_mount(self) -> None:
        words = self.asked.about or "It has no inputs."
        self.about.styles.height = len(list(paragraph(words, max(self.size.width - 24, 20)))) + 1
        self.about.show(lambda width: list(paragraph(words, width, "muted")))
        self.keys_bar.show(lambda width: [keys_line(of_scope(FORM), width)])
        for box in self.boxes:
            if box.text:
                box.judge()
        if self.boxes:
            self.boxes[0].editor.focus(scroll_visible=False)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """A field is seen with its name."""
        box = event.widget.parent
        if isinstance(box, FieldBox):
            self.call_after_refresh(self.scroll.scroll_to_widget, box, animate=False, top=False, force=True)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the next field; it never takes the form."""
        event.stop()
        self.focus_next()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._judge(event.input)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        self._judge(event.text_area)

    def action_keep(self) -> None:
        wrong = [box for box in self.boxes if not box.judge()]
        if wrong:
            wrong[0].editor.focus()
        else:
            self.dismiss({box.field.name: box.text for box in self.boxes})

    def action_drop(self) -> None:
        self.dismiss(None)

    def _judge(self, editor: Widget) -> None:
        box = editor.parent
        if isinstance(box, FieldBox):
            box.judge()
