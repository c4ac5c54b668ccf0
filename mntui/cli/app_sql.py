"""Declares `mntui sql`: one SELECT over every run."""

from typing import Annotated

import typer

from mntui.cli.options import Home, Json, example, perform


def declare(app: typer.Typer) -> None:
    app.command(epilog=example('mntui sql "SELECT model, sum(cost_usd) FROM spend GROUP BY 1" --format csv'))(sql)


def sql(
    context: typer.Context,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="One SELECT; it can change nothing.")],
    file: Annotated[str, typer.Option("--db", metavar="FILE", help="Ask this DuckDB file, not the runs.")] = "",
    form: Annotated[str, typer.Option("--format", metavar="F", help="table, csv or json.")] = "table",
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, max=10_000, help="At most so many rows.")] = 1000,
    json: Json = False,
    home: Home = None,
) -> None:
    """Ask about every run. Tables: runs, steps, model_calls, tool_calls, approvals, spend, spans, events."""
    from mntui.cli import sql_commands

    perform(context, sql_commands.sql(query, file, "json" if json else form, limit), json=json, home=home)
