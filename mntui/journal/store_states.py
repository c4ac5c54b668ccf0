"""Rows that hold folds: a run as it stands, and those of its steps that have changed."""

from collections.abc import Iterator
from typing import Any

from mntui.core.events import Stored
from mntui.core.rows import row_of
from mntui.core.run import Node, Run
from mntui.core.step_paths import scope_of
from mntui.core.values import Ref

Row = tuple[Any, ...]


def run_row(run: Run) -> Row:
    """In the order of the columns of `run_states`."""
    row, spend = row_of(run), run.spend
    return (
        run.id,
        run.seq,
        run.name,
        run.blueprint,
        run.version,
        run.digest,
        run.folder,
        row.status,
        ",".join(row.waiting_for),
        row.success,
        row.steps_ended,
        row.steps,
        spend.micros,
        spend.unknown_calls,
        spend.estimated_calls,
        spend.calls,
        spend.input_tokens,
        spend.output_tokens,
        run.budget_micros,
        run.budget_tokens,
        run.started_at,
        run.ended_at,
        run.problem.kind if run.problem is not None else None,
        run.problem.message if run.problem is not None else None,
        run.problem_path or None,
        list(run.asks),
        _digest(run.outputs),
    )


def step_rows(before: Run | None, after: Run) -> Iterator[Row]:
    """One row for each step and item that isn't what it was before."""
    old = before.nodes if before is not None else {}
    for path, node in after.nodes.items():
        if old.get(path) is not node:
            yield _step_row(after, node)


def _step_row(run: Run, node: Node) -> Row:
    problem, spend = node.problem, node.spend
    return (
        run.id,
        run.seq,
        run.name,
        node.path,
        scope_of(node.path),
        node.status,
        node.generation,
        sum(call.attempt for call in node.calls.values() if call.started_at),
        node.started_at,
        node.ended_at,
        node.why or node.given or None,
        problem.kind if problem is not None else None,
        problem.message if problem is not None else None,
        node.item_count,
        node.failed_items,
        spend.micros,
        spend.unknown_calls,
        spend.calls,
        spend.input_tokens,
        spend.output_tokens,
        _digest(node.arguments),
        _digest(node.output),
    )


def _digest(value: Stored) -> str | None:
    return value.digest if isinstance(value, Ref) else None
