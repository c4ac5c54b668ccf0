"""Declares the commands by which a person answers what waits for them."""

from typing import Annotated

import typer

from mntui.cli.options import AskId, Home, Json, WhyGiven, example, perform


def declare(app: typer.Typer) -> None:
    app.command(epilog=example("mntui approvals --json"))(approvals)
    app.command(epilog=example("mntui approve invoice-7f3k.2 --digest 9f2c… --set body='Dear Ms Roth'"))(approve)
    app.command(epilog=example("mntui reject invoice-7f3k.2 --reason 'wrong customer'"))(reject)
    app.command(epilog=example("""mntui respond invoice-7f3k.3 '{"raise_usd": 1}'"""))(respond)
    app.command(epilog=example("""mntui settle invoice-7f3k.4 happened --result '{"id": 17}'"""))(settle)


def approvals(context: typer.Context, json: Json = False, home: Home = None) -> None:
    """Show all that waits for you. Approvals, questions, budgets that were reached, effects in doubt."""
    from mntui.cli import answers

    perform(context, answers.approvals(), json=json, home=home)


def approve(
    context: typer.Context,
    id: AskId,  # noqa: A002 - the word of the command line
    digest: Annotated[
        str, typer.Option("--digest", metavar="D", help="The digest of what you read; needed without a terminal.")
    ] = "",
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change a value that may be edited.")
    ] = None,
    json: Json = False,
    home: Home = None,
) -> None:
    """Let exactly what was shown happen. In a terminal it is shown again and asked for."""
    from mntui.cli import answers

    perform(context, answers.approve(id, digest, list(changes or ())), json=json, home=home)


def reject(
    context: typer.Context,
    id: AskId,  # noqa: A002 - the word of the command line
    reason: WhyGiven,
    digest: Annotated[str, typer.Option("--digest", metavar="D", help="The digest of what you read.")] = "",
    json: Json = False,
    home: Home = None,
) -> None:
    """Refuse what waits for approval."""
    from mntui.cli import answers

    perform(context, answers.reject(id, reason, digest), json=json, home=home)


def respond(
    context: typer.Context,
    id: AskId,  # noqa: A002 - the word of the command line
    value: Annotated[str, typer.Argument(metavar="JSON", help="The answer as JSON.")],
    json: Json = False,
    home: Home = None,
) -> None:
    """Answer a question or a budget. A budget is answered by '{"raise_usd": 1}' or '"stop"'."""
    from mntui.cli import answers

    perform(context, answers.respond(id, value), json=json, home=home)


def settle(
    context: typer.Context,
    id: AskId,  # noqa: A002 - the word of the command line
    resolution: Annotated[str, typer.Argument(metavar="happened|not-happened|abandon", help="What became of it.")],
    result: Annotated[
        str, typer.Option("--result", metavar="JSON", help="The output of an effect that happened.")
    ] = "",
    json: Json = False,
    home: Home = None,
) -> None:
    """Say what became of an effect in doubt."""
    from mntui.cli import answers

    perform(context, answers.settle(id, resolution, result), json=json, home=home)
