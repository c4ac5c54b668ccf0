"""Declares the commands that steer a run."""

from typing import Annotated

import typer

from mntui.cli.options import Home, Json, OptionalStep, RunName, StepName, WhyGiven, example, perform


def declare(app: typer.Typer) -> None:
    app.command(epilog=example("""mntui signal invoice-7f3k paid '{"amount": 120}'"""))(signal)
    app.command(epilog=example("mntui pause invoice-7f3k"))(pause)
    app.command(epilog=example("mntui resume invoice-7f3k"))(resume)
    app.command(epilog=example("mntui cancel invoice-7f3k --reason 'started by mistake'"))(cancel)
    app.command(epilog=example("mntui terminate invoice-7f3k"))(terminate)
    app.command(epilog=example("mntui retry invoice-7f3k send"))(retry)
    app.command(epilog=example("""mntui skip invoice-7f3k send --output '{"sent": true}' --reason 'sent by hand'"""))(
        skip
    )


def signal(
    context: typer.Context,
    run: RunName,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The signal's name.")],
    payload: Annotated[str, typer.Argument(metavar="[JSON]", help="What it carries, as JSON.")] = "",
    json: Json = False,
    home: Home = None,
) -> None:
    """Send a signal to a run. It is kept until a step waits for it."""
    from mntui.cli import control

    perform(context, control.signal(run, name, payload), json=json, home=home)


def pause(context: typer.Context, run: RunName, json: Json = False, home: Home = None) -> None:
    """Begin nothing more; what is in flight ends."""
    from mntui.cli import control

    perform(context, control.pause(run), json=json, home=home)


def resume(context: typer.Context, run: RunName, json: Json = False, home: Home = None) -> None:
    """Go on after a pause."""
    from mntui.cli import control

    perform(context, control.resume(run), json=json, home=home)


def cancel(context: typer.Context, run: RunName, reason: WhyGiven = "", json: Json = False, home: Home = None) -> None:
    """End a run; effects in flight are let end first."""
    from mntui.cli import control

    perform(context, control.cancel(run, reason), json=json, home=home)


def terminate(
    context: typer.Context, run: RunName, reason: WhyGiven = "", json: Json = False, home: Home = None
) -> None:
    """End a run at once, whatever is in flight."""
    from mntui.cli import control

    perform(context, control.terminate(run, reason), json=json, home=home)


def retry(context: typer.Context, run: RunName, step: OptionalStep = "", json: Json = False, home: Home = None) -> None:
    """Do again what failed. One step, or all that stopped the run; what was finished is kept."""
    from mntui.cli import control

    perform(context, control.retry(run, step), json=json, home=home)


def skip(
    context: typer.Context,
    run: RunName,
    step: StepName,
    output: Annotated[str, typer.Option("--output", metavar="JSON", help="The output to go on with.")],
    reason: WhyGiven,
    json: Json = False,
    home: Home = None,
) -> None:
    """Go on without a step. It is stuck; you give its output."""
    from mntui.cli import control

    perform(context, control.skip(run, step, output, reason), json=json, home=home)
