"""Declares `mntui cost`: what was spent, by model, step, day or blueprint, and how long the budget lasts."""

from typing import Annotated

import typer

from mntui.cli.completing import runs
from mntui.cli.options import Home, Json, example, perform


def declare(app: typer.Typer) -> None:
    app.command(epilog=example("mntui cost --by day"))(cost)


def cost(
    context: typer.Context,
    run: Annotated[
        str, typer.Argument(metavar="[RUN]", help="Only this run; else all of them.", autocompletion=runs)
    ] = "",
    by: Annotated[str, typer.Option("--by", metavar="KEY", help="model, step, day or blueprint.")] = "model",
    json: Json = False,
    home: Home = None,
) -> None:
    """Tell what model calls cost: measured and estimated apart, unknown never as free. Days are UTC."""
    from mntui.cli import cost as body

    perform(context, body.cost(run, by), json=json, home=home)
