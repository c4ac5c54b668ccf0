"""Declares the commands that start runs and look at them."""

from typing import Annotated

import typer

from mntui.cli.completing import runs as known
from mntui.cli.options import STYLE, BlueprintName, Home, Json, OptionalStep, RunName, example, perform

Yes = Annotated[bool, typer.Option("--yes", help="Ask nobody: for scripts.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell which runs it would be.")]


def declare(app: typer.Typer) -> None:
    app.command(epilog=example("mntui run invoice-reconcile -i today=2026-03-31 --budget 0.50"))(run)
    app.add_typer(_runs_app(), name="runs")
    app.command(epilog=example("mntui show invoice-7f3k 'each[3]/draft' --sees"))(show)
    app.command(epilog=example("mntui watch invoice-7f3k"))(watch)
    app.command(epilog=example("mntui events invoice-7f3k --after 120 --json"))(events)
    app.command(epilog=example("mntui why invoice-7f3k"))(why)


def _runs_app() -> typer.Typer:
    app = typer.Typer(**STYLE)
    app.callback(invoke_without_command=True, epilog=example("mntui runs --status waiting"))(runs)
    app.command(epilog=example("mntui runs delete invoice-7f3k"))(delete)
    app.command(epilog=example("mntui runs prune --older-than 30d --keep 100 --dry-run"))(prune)
    return app


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
    """List runs, the newest first. `delete` and `prune` remove some that have ended."""
    if context.invoked_subcommand is not None:
        if status or blueprint or json or home:
            raise typer.BadParameter(f"options stand behind `{context.invoked_subcommand}`")
        return
    from mntui.cli import inspect

    perform(context, inspect.runs(status, blueprint, limit), json=json, home=home)


def delete(
    context: typer.Context,
    run: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="Ended runs, by whole name or id.", autocompletion=known)
    ],
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
    home: Home = None,
) -> None:
    """Delete runs for good: their facts, their large values, their folders."""
    from mntui.cli import deleting

    perform(context, deleting.delete(run, deleting.Manner(yes, dry_run)), json=json, home=home)


def prune(
    context: typer.Context,
    older_than: Annotated[str, typer.Option("--older-than", metavar="T", help="Ended so long ago, such as 30d.")] = "",
    status: Annotated[str, typer.Option("--status", metavar="S", help="succeeded, failed or cancelled.")] = "",
    keep: Annotated[int | None, typer.Option("--keep", metavar="N", min=0, help="Leave the newest N of them.")] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    json: Json = False,
    home: Home = None,
) -> None:
    """Delete all runs that have ended and fit, for good; asks first. What is under way is never deleted."""
    from mntui.cli import deleting

    manner = deleting.Manner(yes, dry_run)
    perform(context, deleting.prune(older_than, status, keep, manner), json=json, home=home)


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
