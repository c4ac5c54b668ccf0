"""Declares `mntui demo`: a recorded run, played in the app with nothing set up."""

from typing import Annotated

import typer

from mntui.cli.options import Home, Json, example, perform


def declare(app: typer.Typer) -> None:
    app.command(epilog=example("mntui demo invoice-reconcile"))(demo)


def demo(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Which recording; --json lists them.")] = "",
    json: Json = False,
    home: Home = None,
) -> None:
    """Play a recorded run in the app. Nothing is set up, called or decided; your own runs aren't touched."""
    from mntui.cli import demo as body

    perform(context, body.demo(name), json=json, home=home)
