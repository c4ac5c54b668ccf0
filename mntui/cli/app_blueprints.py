"""Declares `mntui blueprint …`."""

from typing import Annotated

import typer

from mntui.cli.options import STYLE, BlueprintName, Home, Json, example, perform


def build() -> typer.Typer:
    app = typer.Typer(help="Find blueprints, check them, see what they may do.", no_args_is_help=True, **STYLE)
    app.command("list", epilog=example("mntui blueprint list"))(listed)
    app.command(epilog=example("mntui blueprint check ./support-triage"))(check)
    app.command(epilog=example("mntui blueprint graph support-triage"))(graph)
    app.command(epilog=example("mntui blueprint schema > blueprint.schema.json"))(schema)
    app.command(epilog=example("mntui blueprint trust ./support-triage"))(trust)
    app.command(epilog=example("mntui blueprint diff support-triage@1.1.0 ./support-triage"))(diff)
    return app


def listed(context: typer.Context, json: Json = False, home: Home = None) -> None:
    """List the blueprints that have a name here."""
    from mntui.cli import blueprints

    perform(context, blueprints.listed(), json=json, home=home)


def check(context: typer.Context, blueprint: BlueprintName, json: Json = False, home: Home = None) -> None:
    """Name every problem at its line, all at once. Nothing is executed."""
    from mntui.cli import blueprints

    perform(context, blueprints.check(blueprint), json=json, home=home)


def graph(context: typer.Context, blueprint: BlueprintName, json: Json = False, home: Home = None) -> None:
    """Print the steps in order, what each needs, and where routers lead."""
    from mntui.cli import blueprints

    perform(context, blueprints.graph(blueprint), json=json, home=home)


def schema(context: typer.Context, json: Json = False, home: Home = None) -> None:
    """Print the JSON Schema of blueprint.yaml, for editors."""
    from mntui.cli import blueprints

    perform(context, blueprints.schema(), json=json, home=home)


def trust(
    context: typer.Context,
    blueprint: BlueprintName,
    key: Annotated[
        str, typer.Option("--key", metavar="KEY", help="The key of what you read; needed without a terminal.")
    ] = "",
    json: Json = False,
    home: Home = None,
) -> None:
    """Show what a blueprint may do, and let it run."""
    from mntui.cli import blueprints

    perform(context, blueprints.trusting(blueprint, key), json=json, home=home)


def diff(
    context: typer.Context,
    before: Annotated[
        str, typer.Argument(metavar="A", help="A folder, a file, a name, or what a run keeps: see below.")
    ],
    after: Annotated[str, typer.Argument(metavar="B", help="The same; it is told what B is, seen from A.")],
    json: Json = False,
    home: Home = None,
) -> None:
    """Tell what changed between two versions, by steps; first what the second may do more.

    NAME@DIGEST, NAME@VERSION and NAME@RUN are versions that runs of this home keep. Exits 0 where nothing differs, else
    1.
    """
    from mntui.cli import blueprint_diff

    perform(context, blueprint_diff.diff(before, after), json=json, home=home)
