"""The program `mntui`: its commands put together, and the one way from typed words to an exit code."""

from collections.abc import Sequence
from typing import Annotated

import typer
from typer.main import get_command

from mntui import __version__
from mntui.cli import (
    app_blueprints,
    app_db,
    app_export,
    app_machine,
    app_people,
    app_runs,
    app_sql,
    app_steering,
    app_worker,
    compare_command,
    cost_command,
    demo_command,
    diff_command,
    eval_command,
    prices_command,
    rerun_command,
    serve_command,
)
from mntui.cli.codes import DONE, WRONG_USAGE
from mntui.cli.opening import Surroundings
from mntui.cli.options import STYLE, Home

OVERVIEW = """\
mntui runs AI workflows on this machine. Kill anything at any moment: the run goes on.

  mntui                              in a terminal: the app, with everything below and more
  mntui blueprint list               which workflows there are
  mntui run BLUEPRINT                start one; its questions are asked here
  mntui runs                         what runs, what waits, what it cost
  mntui approvals                    all that waits for you
  mntui show RUN                     nine answers about a run
  mntui --help                       every command
"""


def build() -> typer.Typer:
    """All commands. What isn't in this version isn't offered."""
    app = typer.Typer(name="mntui", **STYLE)
    app.callback(invoke_without_command=True)(_root)
    for part in (
        app_runs,
        app_people,
        app_steering,
        app_export,
        app_sql,
        app_machine,
        prices_command,
        cost_command,
        compare_command,
        demo_command,
        eval_command,
        diff_command,
        rerun_command,
        serve_command,
        app_worker,
    ):
        part.declare(app)
    app.add_typer(app_blueprints.build(), name="blueprint")
    app.add_typer(app_db.build(), name="db")
    app.add_typer(app_worker.build(), name="worker")
    return app


def main(arguments: Sequence[str], around: Surroundings) -> int:
    """Run a command and give its exit code. Bugs are not caught here."""
    try:
        code = get_command(build()).main(list(arguments), prog_name="mntui", standalone_mode=False, obj=around)
    except typer.TyperException as error:
        return _wrong_usage(error, arguments, around)
    return code if isinstance(code, int) else DONE


def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.", is_eager=True)] = False,
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Draw the app with plain letters only.")] = False,
    home: Home = None,
) -> None:
    """Run AI workflows on this machine. Alone, it opens the app. Kill anything at any moment: the run goes on."""
    around = context.obj
    if version:
        around.stdout.write(f"mntui {__version__}\n")
        raise typer.Exit(DONE)
    if context.invoked_subcommand is not None:
        return
    if not around.interactive and not around.in_browser:
        around.stdout.write(OVERVIEW)
        return
    from mntui.cli import screen_command

    raise typer.Exit(screen_command.show_app(around, home, ascii_only=ascii_only))


def _wrong_usage(error: typer.TyperException, arguments: Sequence[str], around: Surroundings) -> int:
    from mntui.cli.exits import report
    from mntui.cli.output import Session
    from mntui.core.messages import Denied

    words = [word for word in arguments if not word.startswith("-")]
    denied = Denied("usage", str(error).rstrip("."), f"mntui {words[0]} --help" if words else "mntui --help")
    report(Session(around, json="--json" in arguments), denied)
    return WRONG_USAGE
