"""Options and arguments that several commands share, and the way from a declared command to its body."""

from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

import typer

from mntui.cli.completing import blueprints, runs
from mntui.cli.opening import Surroundings

if TYPE_CHECKING:  # What `--help` must not wait for.
    from mntui.cli.exits import Body

STYLE: Final[dict[str, Any]] = {"pretty_exceptions_enable": False, "rich_markup_mode": None}
"""Of every group of commands: plain help, and bugs that reach the process's own hook."""

Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of text.")]
Home = Annotated[str | None, typer.Option("--home", metavar="DIR", help="Where runs are kept (else MNTUI_HOME).")]
RunName = Annotated[
    str,
    typer.Argument(metavar="RUN", help="A run: its name or id, or how one of them begins.", autocompletion=runs),
]
StepName = Annotated[
    str, typer.Argument(metavar="STEP", help="A step: its path such as each[3]/draft, or its last part.")
]
OptionalStep = Annotated[str, typer.Argument(metavar="[STEP]", help="One step of it: its path, or its last part.")]
AskId = Annotated[str, typer.Argument(metavar="ID", help="What waits, by the id that `mntui approvals` shows.")]
BlueprintName = Annotated[
    str, typer.Argument(metavar="BLUEPRINT", help="A folder, a file, or a name.", autocompletion=blueprints)
]
WhyGiven = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept in the journal.")]


def example(line: str) -> str:
    """The last line of a command's help."""
    return f"Example: {line}"


def perform(context: typer.Context, body: "Body", *, json: bool, home: str | None) -> NoReturn:
    """Do a command's body in the surroundings that the process was given."""
    from mntui.cli.exits import outcome
    from mntui.cli.output import Session

    around = context.obj
    assert isinstance(around, Surroundings)
    raise typer.Exit(outcome(Session(around, json, home), body))
