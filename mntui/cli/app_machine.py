"""Declares the commands that look at this home and this machine: its settings, and what ails it."""

import typer

from mntui.cli.options import Home, Json, example, perform


def declare(app: typer.Typer) -> None:
    app.command(epilog=example("mntui config"))(config)
    app.command(epilog=example("mntui doctor --json"))(doctor)


def config(context: typer.Context, json: Json = False, home: Home = None) -> None:
    """Show the settings in force and check config.toml."""
    from mntui.cli import settings_in_force

    perform(context, settings_in_force.config(), json=json, home=home)


def doctor(context: typer.Context, json: Json = False, home: Home = None) -> None:
    """Look at everything that runs depend on, each with a remedy. Nothing is started or mended."""
    from mntui.cli import doctor as body

    perform(context, body.doctor(), json=json, home=home)
