"""Declares `mntui worker …`, and what this machine offers: tools and models."""

from typing import Annotated

import typer

from mntui.cli.options import STYLE, Home, Json, example, perform


def declare(app: typer.Typer) -> None:
    app.command(epilog=example("mntui tools files.append"))(tools)
    app.command(epilog=example("mntui models"))(models)


def build() -> typer.Typer:
    app = typer.Typer(
        help="The background process that does the work.",
        no_args_is_help=True,
        **STYLE,
    )
    app.command(epilog=example("mntui worker start"))(start)
    app.command(epilog=example("mntui worker stop"))(stop)
    app.command(epilog=example("mntui worker status --json"))(status)
    app.command(epilog=example("mntui worker run"))(run)
    return app


def tools(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="One tool, such as files.read.")] = "",
    json: Json = False,
    home: Home = None,
) -> None:
    """List the builtin tools. With a name: its parameters and its result."""
    from mntui.cli import offers

    perform(context, offers.tools(name), json=json, home=home)


def models(
    context: typer.Context,
    words: Annotated[list[str] | None, typer.Argument(metavar="[pull NAME]", help="Let Ollama fetch one.")] = None,
    json: Json = False,
    home: Home = None,
) -> None:
    """List the models that can be used here, and why others can't. With `pull NAME`: fetch a local one."""
    from mntui.cli import models_command

    perform(context, models_command.models(words or []), json=json, home=home)


def start(context: typer.Context, json: Json = False, home: Home = None) -> None:
    """Start the worker, if none runs."""
    from mntui.cli import worker_commands

    perform(context, worker_commands.start(), json=json, home=home)


def stop(context: typer.Context, json: Json = False, home: Home = None) -> None:
    """Stop the worker; its runs go on when it is started again."""
    from mntui.cli import worker_commands

    perform(context, worker_commands.stop(), json=json, home=home)


def status(context: typer.Context, json: Json = False, home: Home = None) -> None:
    """Tell whether a worker runs, without starting one."""
    from mntui.cli import worker_commands

    perform(context, worker_commands.status(), json=json, home=home)


def run(context: typer.Context, json: Json = False, home: Home = None) -> None:
    """Be the worker, in this terminal."""
    from mntui.cli import worker_commands

    perform(context, worker_commands.run(), json=json, home=home)
