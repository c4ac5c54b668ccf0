"""Declares `mntui db …`: keeping the journal and its index."""

from typing import Annotated

import typer

from mntui.cli.options import STYLE, Home, Json, example, perform


def build() -> typer.Typer:
    app = typer.Typer(help="The journal of all runs, and the index behind it.", no_args_is_help=True, **STYLE)
    app.command(epilog=example("mntui db check"))(check)
    app.command(epilog=example("mntui db backup ~/backups/mntui-november"))(backup)
    app.command(epilog=example("mntui db rebuild"))(rebuild)
    app.command(epilog=example("mntui db prune"))(prune)
    return app


def check(context: typer.Context, json: Json = False, home: Home = None) -> None:
    """Read everything, and tell whether the log is sound and the index says what the facts say."""
    from mntui.cli import db_commands

    perform(context, db_commands.check(), json=json, home=home)


def backup(
    context: typer.Context,
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="A folder that isn't there yet, or is empty.")],
    json: Json = False,
    home: Home = None,
) -> None:
    """Copy the journal while runs go on. The copy is put back as HOME/journal, on this or another machine."""
    from mntui.cli import db_commands

    perform(context, db_commands.backup(folder), json=json, home=home)


def rebuild(
    context: typer.Context,
    accept: Annotated[
        bool, typer.Option("--accept-loss", help="Go on without what is damaged and can't be put back.")
    ] = False,
    json: Json = False,
    home: Home = None,
) -> None:
    """Build the index again from the journal; runs go on meanwhile."""
    from mntui.cli import db_commands

    perform(context, db_commands.accept_loss() if accept else db_commands.rebuild(), json=json, home=home)


def prune(context: typer.Context, json: Json = False, home: Home = None) -> None:
    """Free room: what deleted runs and damage left behind goes, the log is packed. No run goes."""
    from mntui.cli import db_commands

    perform(context, db_commands.prune(), json=json, home=home)
