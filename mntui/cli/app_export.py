"""Declares the commands that take a run elsewhere, and prove it there."""

from typing import Annotated

import typer

from mntui.cli.options import Home, Json, RunName, example, perform


def declare(app: typer.Typer) -> None:
    app.command(epilog=example("mntui export invoice-7f3k --to md --out report.md"))(export)
    app.command(epilog=example("mntui replay invoice-7f3k.bundle"))(replay)


def export(
    context: typer.Context,
    run: RunName,
    to: Annotated[str, typer.Option("--to", metavar="json|md|parquet|otel|bundle", help="What it becomes.")],
    out: Annotated[
        str, typer.Option("--out", metavar="FILE", help="The file (else RUN and an ending, here); - is stdout.")
    ] = "",
    endpoint: Annotated[
        str, typer.Option("--endpoint", metavar="URL", help="Send spans to this OTLP endpoint (only --to otel).")
    ] = "",
    json: Json = False,
    home: Home = None,
) -> None:
    """Write a run to a file. A bundle can be replayed on another machine. Nothing in it is redacted yet."""
    from mntui.cli import export as body

    perform(context, body.export(run, body.Wanted(to, out, endpoint)), json=json, home=home)


def replay(
    context: typer.Context,
    run: Annotated[str, typer.Argument(metavar="RUN|FILE", help="A run, or the file of a bundle.")],
    json: Json = False,
    home: Home = None,
) -> None:
    """Prove a journal or a bundle. Every fact is folded by today's rules; no model or tool is called."""
    from mntui.cli import replay as body

    perform(context, body.replay(run), json=json, home=home)
