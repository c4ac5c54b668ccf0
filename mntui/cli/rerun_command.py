"""Declares `mntui rerun`."""

from typing import Annotated

import typer

from mntui.cli.options import Home, Json, RunName, example, perform


def declare(app: typer.Typer) -> None:
    app.command(epilog=example("mntui rerun invoice-7f3k --model fast=ollama/qwen3:4b -i today=2026-04-30"))(rerun)


def rerun(
    context: typer.Context,
    run: RunName,
    inputs: Annotated[
        list[str] | None,
        typer.Option("-i", "--input", metavar="NAME=VALUE", help="Another value for an input; @FILE for its text."),
    ] = None,
    models: Annotated[
        list[str] | None, typer.Option("--model", metavar="[ROLE=]MODEL", help="Another model, of a role or of all.")
    ] = None,
    today: Annotated[
        bool, typer.Option("--today", help="The blueprint as it is now, not the version that the run is pinned to.")
    ] = False,
    budget: Annotated[str, typer.Option("--budget", metavar="USD", help="The most that this run may cost.")] = "",
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="Copy the run's files there when it ends.")] = "",
    detach: Annotated[bool, typer.Option("--detach", help="Return as soon as the run is durable.")] = False,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Return when only people, signals or time can move it.")
    ] = False,
    json: Json = False,
    home: Home = None,
) -> None:
    """Start a new run from a run's inputs. Models and tools are called again, effects with new keys."""
    from mntui.cli import run_again
    from mntui.cli.run_command import Asked

    asked = Asked("", tuple(inputs or ()), "", tuple(models or ()), budget, out, detach, no_wait)
    perform(context, run_again.rerun(run_again.Again(run, asked, today)), json=json, home=home)
