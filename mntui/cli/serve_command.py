"""Declares `mntui serve`: the same app in a browser of this machine."""

from typing import Annotated

import typer

from mntui.cli.options import Home, Json, example, perform


def declare(app: typer.Typer) -> None:
    app.command(epilog=example("mntui serve --port 8080"))(serve)


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option("--host", metavar="HOST", help="This machine, under which name.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535, help="0 takes a free one.")] = 8000,
    json: Json = False,
    home: Home = None,
) -> None:
    """Show the app in a browser of this machine. It has no password, so no other machine can reach it."""
    from mntui.cli import serve as body

    perform(context, body.serve(host, port), json=json, home=home)
