"""Every key of the app, in one table: bindings, footer, help and palette are made of it and of nothing else.

Ids are stable, so people can remap a key in config.toml by its id. A scope is a screen, or a kind of widget that is
found on several screens (a list, a page of text, a line to type in); "app" holds everywhere.
Deliberately absent: keys inside text fields, which are the terminal's usual ones.
"""

from collections.abc import Iterable
from typing import Final

from textual.binding import Binding, BindingType

from mntui.core.frozen import frozen


@frozen
class Key:
    """`keys` are Textual's names, separated by commas, the first one shown. `answers`: it decides what waits for a
    person, so it is only ever a key, pressed on purpose: never a line of the palette.
    """

    id: str
    keys: str
    action: str
    label: str
    about: str
    scopes: tuple[str, ...]
    footer: bool = True
    answers: bool = False
    priority: bool = False


LIST, GRAPH, PAGE, LINE, FORM, SURE, PANES = "list", "graph", "page", "line", "form", "sure", "panes"
JUMP, PALETTE = "jump", "palette"
DEMO = "demo"

KEYS: Final[tuple[Key, ...]] = (
    # Home
    Key("home.new", "n", "new_run", "new run", "Start a run of the blueprint under the cursor.", ("home", "blueprint")),
    Key("home.approvals", "a", "approvals", "approvals", "All that waits for you.", ("home",)),
    Key("home.blueprint", "b", "blueprint", "blueprint", "The blueprint: its steps, and what is wrong.", ("home",)),
    Key("blueprint.edit", "e", "edit", "edit", "Open it in $EDITOR; a save is seen here.", ("home", "blueprint")),
    Key("home.sort", "s", "sort", "sort", "Runs: the newest first, the dearest, the longest, those that need somebody.",
        ("home",)),
    Key("home.kind", "f", "kind", "which", "Runs: all of them, those going on, those that wait, those that failed.",
        ("home",), footer=False),
    Key("home.mark", "space", "mark", "mark", "Mark the row: x and y are then about all marked ones.", ("home",),
        footer=False),
    Key("home.cancel", "x", "cancel", "cancel", "End the marked runs, or the one under the cursor.", ("home",),
        footer=False),
    Key("home.scorecard", "S", "scorecard", "scorecard", "How well blueprints do on golden suites.", ("home",),
        footer=False),
    Key("home.doctor", "D", "doctor", "doctor", "What this machine has, and what is missing.", ("home",), footer=False),
    Key("scorecard.home", "enter", "app.back", "back", "Back to where you came from.", ("scorecard",), footer=False),
    Key("doctor.again", "r", "again", "look again", "Look at everything again.", ("doctor",)),
    # Answering
    Key("answer.approve", "a", "approve", "approve", "Approve or answer exactly what is shown.", ("run", "approvals"),
        answers=True),
    Key("answer.reject", "r", "reject", "reject", "Reject it, with a reason.", ("run", "approvals"), answers=True),
    Key("answer.edit", "e", "edit", "edit", "Change what may be edited.", ("run", "approvals"), answers=True),
    Key("answer.editor", "E", "editor", "$EDITOR", "Change them in your editor.", ("run", "approvals"), footer=False,
        answers=True),
    Key("answer.diff", "d", "diff", "diff", "What you edited, as a diff; again: as values.", ("run",), footer=False),
    Key("approvals.mark", "space", "mark", "mark", "Mark it: one `a` approves all marked ones.", ("approvals",),
        answers=True),
    Key("approvals.whole", "d", "whole", "whole", "The item alone; what you edited, as a diff.", ("approvals",)),
    Key("approvals.run", "o", "open_run", "run", "The run that it belongs to.", ("approvals",)),
    # Run
    Key("run.pause", "p", "pause", "pause", "Begin nothing more; again: go on.", ("run",)),
    Key("run.cancel", "x", "cancel", "cancel", "End the run; effects in flight are let end.", ("run",)),
    Key("run.why", "w", "tab('why')", "why", "What it waits for, and what unblocks it.", ("run",)),
    Key("run.retry", "t", "retry", "try again", "Do what failed again; what is finished is kept.", ("run",)),
    Key("run.rerun", "R", "rerun", "rerun", "A new run from the same inputs.", ("run",), footer=False),
    Key("run.next", "n", "trouble(1)", "next", "The next step that failed or waits.", ("run",), footer=False),
    Key("run.previous", "N", "trouble(-1)", "previous", "The one before.", ("run",), footer=False),
    Key("run.view", "v", "view", "view", "Table or graph.", ("run",)),
    Key("run.compare", "c", "compare", "compare", "What its calls would have cost on other models.", ("run",),
        footer=False),
    Key("compare.models", "m", "models", "models", "Which models to compare with.", ("compare",)),
    Key("compare.left", "h,left", "column(-1)", "left", "The models to the left.", ("compare",), footer=False),
    Key("compare.right", "l,right", "column(1)", "right", "The models to the right.", ("compare",), footer=False),
    Key("compare.copy", "y", "copy", "copy patch", "Copy what would change, as a patch of the blueprint.",
        ("compare",)),
    Key("run.older", "left_square_bracket", "other_run(1)", "older run", "The run before this one.", ("run",),
        footer=False),
    Key("run.newer", "right_square_bracket", "other_run(-1)", "newer run", "The run after this one.", ("run",),
        footer=False),
    Key("run.output", "o", "open_output", "open", "Open the file that it made, or the folder of its files.", ("run",),
        footer=False),
    Key("run.cost", "dollar_sign", "tab('cost')", "cost", "What it cost, by model and by step.", ("run",),
        footer=False),
    Key("run.export", "X", "export", "export", "Write it as a page of Markdown into this folder.", ("run",),
        footer=False),
    Key("item.down", "J", "read(1)", "read on", "Scroll what is shown beside the list.", ("run", "approvals"),
        footer=False),
    Key("item.up", "K", "read(-1)", "read back", "Scroll it back.", ("run", "approvals"), footer=False),
    Key("run.back", "left", "past(-1)", "then", "The run as it was one fact earlier; esc: now.", ("run",),
        footer=False),
    Key("run.on", "right", "past(1)", "later", "The run as it was one fact later.", ("run",), footer=False),
    Key("run.back.far", "shift+left", "past(-10)", "ten back", "The run as it was ten facts earlier.", ("run",),
        footer=False),
    Key("run.on.far", "shift+right", "past(10)", "ten on", "The run as it was ten facts later.", ("run",),
        footer=False),
    *(
        Key(f"run.tab.{name}", str(number), f"tab('{name}')", name, about, ("run",), footer=False)
        for number, (name, about) in enumerate(
            (
                ("io", "What the step was given, and what it gave."),
                ("log", "What happened in it, fact by fact."),
                ("prompt", "The prompt, exactly as the agent sees it."),
                ("cost", "What it cost."),
                ("attempts", "Each call, and each attempt."),
                ("state", "Nine answers about the run."),
                ("result", "What the run gave."),
            ),
            1,
        )
    ),
    *(
        Key(f"home.pane.{number}", str(number), f"pane({number})", name, f"To the pane: {name}.", ("home",),
            footer=False)
        for number, name in enumerate(("blueprints", "runs", "approvals", "spend"), 1)
    ),
    # Lists, pages, lines, forms
    Key("list.open", "enter", "open", "open", "Open what the cursor is on.", (LIST, GRAPH)),
    Key("graph.left", "h", "go('left')", "left", "The step to the left.", (GRAPH,), footer=False),
    Key("graph.down", "j,down", "go('down')", "down", "The step that this one leads to.", (GRAPH,), footer=False),
    Key("graph.up", "k,up", "go('up')", "up", "The step that leads here.", (GRAPH,), footer=False),
    Key("graph.right", "l", "go('right')", "right", "The step to the right.", (GRAPH,), footer=False),
    Key("list.down", "j,down", "down", "down", "Down.", (LIST,), footer=False),
    Key("list.up", "k,up", "up", "up", "Up.", (LIST,), footer=False),
    Key("list.first", "g,home", "first", "first", "The first one.", (LIST,), footer=False),
    Key("list.last", "G,end", "last", "last", "The last one.", (LIST,), footer=False),
    Key("list.page.down", "pagedown,ctrl+d", "leap(1)", "page down", "A page down.", (LIST,), footer=False),
    Key("list.page.up", "pageup,ctrl+u", "leap(-1)", "page up", "A page up.", (LIST,), footer=False),
    Key("page.down", "j,down", "scroll_down", "down", "Scroll down.", (PAGE,), footer=False),
    Key("page.up", "k,up", "scroll_up", "up", "Scroll up.", (PAGE,), footer=False),
    Key("page.first", "g,home", "scroll_home", "top", "To the beginning.", (PAGE,), footer=False),
    Key("page.last", "G,end", "scroll_end", "end", "To the end.", (PAGE,), footer=False),
    Key("page.page.down", "pagedown,ctrl+d", "page_down", "page down", "A page down.", (PAGE,), footer=False),
    Key("page.page.up", "pageup,ctrl+u", "page_up", "page up", "A page up.", (PAGE,), footer=False),
    Key("line.drop", "escape", "drop", "back", "Leave the line; nothing is sent.", (LINE,)),
    Key("form.keep", "ctrl+s", "keep", "done", "Take the form as it is.", (FORM,), priority=True),
    Key("form.drop", "escape", "drop", "back", "Leave the form; nothing is changed.", (FORM,)),
    Key("form.next", "tab", "app.focus_next", "next field", "To the next field.", (FORM,), footer=False),
    Key("form.previous", "shift+tab", "app.focus_previous", "field before", "To the field before.", (FORM,),
        footer=False),
    Key("sure.yes", "y", "yes", "yes", "Do it.", (SURE,), answers=True),
    Key("sure.no", "n,escape,q", "no", "no", "Leave it.", (SURE,)),
    # Everywhere
    Key("app.filter", "slash", "filter", "filter", "Show only what holds these words.", ("home", "run", "approvals")),
    Key("app.copy", "y", "copy", "copy", "Copy what the cursor is on.", ("home", "run", "approvals"), footer=False),
    Key("panes.zoom", "z", "zoom", "zoom", "This pane alone; again: all panes.", (PANES,), footer=False),
    Key("panes.next", "tab", "next_pane(1)", "next pane", "To the next pane.", (PANES,), footer=False),
    Key("panes.previous", "shift+tab", "next_pane(-1)", "previous pane", "To the pane before.", (PANES,), footer=False),
    Key("panes.jump", "ctrl+j,f2", "app.jump", "jump", "A letter for each pane: it goes there.", (PANES,),
        footer=False),
    Key("palette.down", "down,ctrl+n", "move(1)", "down", "Down.", (PALETTE,), footer=False),
    Key("palette.up", "up,ctrl+p", "move(-1)", "up", "Up.", (PALETTE,), footer=False),
    Key("palette.page.down", "pagedown", "move(10)", "page down", "Ten down.", (PALETTE,), footer=False),
    Key("palette.page.up", "pageup", "move(-10)", "page up", "Ten up.", (PALETTE,), footer=False),
    Key("palette.drop", "escape", "drop", "back", "Do nothing.", (PALETTE,)),
    Key("jump.drop", "escape", "drop", "back", "Stay where you are.", (JUMP,)),
    Key("app.help", "question_mark", "app.help", "help", "The keys that work here.", ("app",)),
    Key("app.command", "colon", "app.command_palette", "command", "Do something by its name.", ("app",), footer=False),
    Key("app.palette", "ctrl+p", "app.command_palette", "palette", "The same, from anywhere.", ("app",)),
    Key("app.back", "escape", "app.back", "back", "Back to where you came from.", ("app",), footer=False),
    Key("app.leave", "q", "app.leave", "back, quit", "Back; on the first screen, leave. Runs go on.", ("app",),
        footer=False),
    Key("app.quit", "ctrl+q", "app.quit", "quit", "Leave. Runs go on.", ("app",), footer=False, priority=True),
    Key("app.interrupt", "ctrl+c", "app.interrupt", "", "Says how to leave; it never ends a run.", ("app",),
        footer=False),
    Key("app.theme", "T", "app.change_theme", "theme", "Other colours.", ("app",), footer=False),
    Key("demo.faster", "greater_than_sign", "app.speed(1)", "faster", "Play the recording faster.", (DEMO,)),
    Key("demo.slower", "less_than_sign", "app.speed(-1)", "slower", "Play it slower; p holds it.", (DEMO,)),
)  # fmt: skip

_SIGNS: Final = {
    "enter": "⏎",
    "space": "space",
    "slash": "/",
    "question_mark": "?",
    "colon": ":",
    "left_square_bracket": "[",
    "greater_than_sign": ">",
    "less_than_sign": "<",
    "right_square_bracket": "]",
    "escape": "esc",
    "ctrl+j": "^j",
    "ctrl+n": "^n",
    "ctrl+p": "^p",
    "ctrl+s": "^s",
    "ctrl+q": "^q",
    "ctrl+c": "^c",
    "ctrl+d": "^d",
    "ctrl+u": "^u",
    "dollar_sign": "$",
    "left": "←",
    "right": "→",
    "shift+left": "⇧←",
    "shift+right": "⇧→",
    "down": "↓",
    "up": "↑",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "shift+tab": "⇧tab",
}


def of_scope(*scopes: str) -> tuple[Key, ...]:
    """The rows that hold in any of these scopes, in the order of the table."""
    return tuple(key for key in KEYS if not set(scopes).isdisjoint(key.scopes))


def bindings(*scopes: str) -> list[BindingType]:
    """Textual's bindings of these scopes."""
    return [
        Binding(key.keys, key.action, key.label, show=key.footer, priority=key.priority, id=key.id, tooltip=key.about)
        for key in of_scope(*scopes)
    ]


def shown_keys(keys: str) -> str:
    """`j,down` as people read it: `j ↓`."""
    return " ".join(_SIGNS.get(key, key) for key in keys.split(","))


def clashes(taken: Iterable[Key]) -> list[str]:
    """Keys that two rows of one place would both want."""
    seen: dict[str, str] = {}
    found: list[str] = []
    for row in taken:
        keys = row.keys.split(",")
        found += [f"{key}: {seen[key]} and {row.id}" for key in keys if seen.setdefault(key, row.id) != row.id]
    return found
