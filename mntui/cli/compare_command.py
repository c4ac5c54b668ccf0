"""Declares `mntui compare`: a finished run on other models, reckoned from its journal or really asked again."""

from typing import Annotated

import typer

from mntui.cli.options import Home, Json, RunName, example, perform


def declare(app: typer.Typer) -> None:
    app.command(epilog=example("mntui compare invoice-7f3k --models gpt-5.4-mini,claude-sonnet-5-5,nemotron3:33b"))(
        compare
    )


def compare(
    context: typer.Context,
    run: RunName,
    models: Annotated[
        str, typer.Option("--models", metavar="A,B,C", help="The models to compare with: PROVIDER/NAME, or NAME.")
    ],
    rerun: Annotated[
        bool, typer.Option("--rerun", help="Really ask the models, with tools' results and answers from the journal.")
    ] = False,
    budget: Annotated[str, typer.Option("--budget", metavar="USD", help="The most that each rerun may cost.")] = "",
    json: Json = False,
    home: Home = None,
) -> None:
    """Tell what a finished run would have cost on other models. Without --rerun nothing is called."""
    if rerun:
        from mntui.cli import rerun as reruns

        perform(context, reruns.rerun(run, models, budget), json=json, home=home)
    from mntui.cli import compare as body

    perform(context, body.compare(run, models), json=json, home=home)
