"""Declares `mntui eval`."""

from typing import Annotated

import typer

from mntui.cli.options import Home, Json, RunName, example, perform


def declare(app: typer.Typer) -> None:
    app.command("eval", epilog=example("mntui eval invoice-7f3k 'draft.text | length' --at 'each[3]/send'"))(evaluate)


def evaluate(
    context: typer.Context,
    run: RunName,
    expression: Annotated[str, typer.Argument(metavar="EXPR", help="An expression, as in a blueprint's `if`.")],
    at: Annotated[
        str, typer.Option("--at", metavar="STEP", help="See what this step sees: its path, or its last part.")
    ] = "",
    json: Json = False,
    home: Home = None,
) -> None:
    """Tell what an expression gives on a run's state, and its type. Nothing is called and nothing changes."""
    from mntui.cli import evaluating

    perform(context, evaluating.evaluate(run, expression, at), json=json, home=home)
