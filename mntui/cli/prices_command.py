"""`mntui prices MODEL`: what a model costs, by which table, and that nobody knows where nobody does."""

from typing import Annotated

import typer

from mntui.cli.options import Home, Json, example, perform


def declare(app: typer.Typer) -> None:
    app.command(epilog=example("mntui prices openai/gpt-5.4-mini"))(prices)


def prices(
    context: typer.Context,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model's name: PROVIDER/NAME.")],
    json: Json = False,
    home: Home = None,
) -> None:
    """Tell what a model costs, and by which table. Your own prices stand in config.toml."""
    from mntui.cli import prices_text

    perform(context, prices_text.prices(model), json=json, home=home)
