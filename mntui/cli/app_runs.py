"""Declares the commands that start runs and look at them."""

from typing import Annotated

import typer

from mntui.cli.options import BlueprintName, Home, Json, OptionalStep, RunName, example, perform


def declare(app: typer.Typer) -> None:
    app.command(epilog=example("mntui run invoice-reconcile -i today=2026-03-31 --budget 0.50"))(run)
    app.command(epilog=example("mntui runs --status waiting"))(runs)
    app.command(epilog=example("mntui show invoice-7f3k 'each[3]/draft' --sees"))(show)
    app.command(epilog=example("mntui watch invoice-7f3k"))(watch)
    app.command(epilog=example("mntui events invoice-7f3k --after 120 --json"))(events)
    app.command(epilog=example("mntui why invoice-7f3k"))(why)


def run(
    context: typer.Context,
    blueprint: BlueprintName,
    inputs: Annotated[
        list[str] | None,
        typer.Option("-i", "--input", metavar="NAME=VALUE", help="An input; @FILE stands for a file's text."),
    ] = None,
    inputs_file: Annotated[str, typer.Option("--inputs", metavar="FILE", help="Inputs as JSON or YAML.")] = "",
    models: Annotated[
        list[str] | None, typer.Option("--model", metavar="[ROLE=]MODEL", help="The model of a role, or of all others.")
    ] = None,
    budget: Annotated[str, typer.Option("--budget", metavar="USD", help="The most that this run may cost.")] = "",
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="Copy the run's files there when it ends.")] = "",
    detach: Annotated[bool, typer.Option("--detach", help="Return as soon as the run is durable.")] = False,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Return when only people, signals or time can move it.")
    ] = False,
    json: Json = False,
    home: Home = None,
) -> None:
    """Start a run. In a terminal it is shown as it goes and its questions are asked; ctrl+c leaves it running."""
    from mntui.cli import run_command

    asked = run_command.Asked(
        blueprint, tuple(inputs or ()), inputs_file, tuple(models or ()), budget, out, detach, no_wait
    )
    perform(context, run_command.run(asked), json=json, home=home)


def runs(
    context: typer.Context,
    status: Annotated[str, typer.Option("--status", metavar="S", help="Only runs that are so, such as waiting.")] = "",
    blueprint: Annotated[str, typer.Option("--blueprint", metavar="B", help="Only runs of this blueprint.")] = "",
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="At most so many, the newest.")] = 20,
    json: Json = False,
    home: Home = None,
) -> None:
    """List runs, the newest first."""
    from mntui.cli import inspect

    perform(context, inspect.runs(status, blueprint, limit), json=json, home=home)


def show(
    context: typer.Context,
    run: RunName,
    step: OptionalStep = "",
    sees: Annotated[bool, typer.Option("--sees", help="Exactly what the step's agent sees, with its tokens.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Large values whole.")] = False,
    json: Json = False,
    home: Home = None,
) -> None:
    """Answer nine questions about a run, or show a step."""
    from mntui.cli import inspect

    perform(context, inspect.shown(run, step, sees=sees, full=full), json=json, home=home)


def watch(
    context: typer.Context,
    run: RunName,
    pulses: Annotated[bool, typer.Option("--pulses", help="The live text of models too.")] = False,
    json: Json = False,
    home: Home = None,
) -> None:
    """Print facts as they come. One plain line each; with --json one object a line."""
    from mntui.cli import stream

    perform(context, stream.watch(run, pulses=pulses), json=json, home=home)


def events(
    context: typer.Context,
    run: RunName,
    after: Annotated[int, typer.Option("--after", metavar="N", min=0, help="Only facts after this number.")] = 0,
    json: Json = False,
    home: Home = None,
) -> None:
    """Print the journal of a run so far."""
    from mntui.cli import stream

    perform(context, stream.events(run, after), json=json, home=home)


def why(context: typer.Context, run: RunName, json: Json = False, home: Home = None) -> None:
    """Tell what blocks a run, and what unblocks it."""
    from mntui.cli import inspect

    perform(context, inspect.explain(run), json=json, home=home)
