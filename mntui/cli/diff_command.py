"""Declares `mntui diff`: two runs. (Two versions of a blueprint: `mntui blueprint diff`.)"""

from typing import Annotated

import typer

from mntui.cli.completing import runs
from mntui.cli.options import Home, Json, example, perform


def declare(app: typer.Typer) -> None:
    app.command(epilog=example("mntui diff invoice-7f3k invoice-k2m8"))(diff)


def diff(
    context: typer.Context,
    first: Annotated[str, typer.Argument(metavar="RUN", help="A run: its name or id.", autocompletion=runs)],
    second: Annotated[str, typer.Argument(metavar="RUN", help="The run to compare with it.", autocompletion=runs)],
    json: Json = False,
    home: Home = None,
) -> None:
    """Tell what the second of two runs did otherwise, step by step, and what both cost.

    Exits 0 where nothing differs, else 1; time, cost and models alone are no difference.
    """
    from mntui.cli import run_diff

    perform(context, run_diff.diff(first, second), json=json, home=home)
