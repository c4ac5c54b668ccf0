"""The views say what the fold of the facts says: compared row by row over random lives."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sizes import sized
from test_properties import PLANS

from mntui.core.evolve import replay
from mntui.core.rows import row_of
from mntui.core.run import Run, new_run
from mntui.core.values import Problem
from mntui.crash import no_crash
from mntui.journal.folding import run_before
from mntui.journal.store_file import IndexFile
from mntui.journal.store_folds import Folds
from mntui.journal.store_rows import Rows
from mntui.wire.codec import encode
from tests.journal.lives import Life, batches

NUMBERS = count(1)


class Views:
    """An index that is told of lives."""

    def __init__(self, path: Path) -> None:
        self.file = IndexFile.make(path, no_crash)
        self.last = 0
        self.plans: dict[str, str] = {}
        self.folds = Folds(lambda fact: run_before(fact, PLANS[self.plans[fact.run]]), self.history)
        self.facts: dict[str, list[Any]] = {}
        self.names: dict[str, str] = {}

    def history(self, run_id: str) -> Run:
        return replay(new_run(run_id, PLANS[self.plans[run_id]]), self.facts[run_id])

    def tell(self, life: Life, draw: Any) -> None:
        """Everything of a life that wasn't told yet."""
        self.plans[life.run_id] = life.plan
        known = self.facts.get(life.run_id, [])
        fresh = life.facts[len(known) :]
        self.facts[life.run_id] = life.facts
        for batch in batches(fresh, draw):
            self.last += 1
            rows = Rows(self.names)
            rows.add(self.last, batch, encode(batch))
            self.folds.follow(batch.facts)
            changes = self.folds.changes() if draw(st.booleans()) else []
            self.file.add(rows, changes)
            self.folds.written(changes)
        changes = self.folds.changes()
        self.file.add(Rows(self.names), changes)
        self.folds.written(changes)

    def rows(self, view: str, run_id: str) -> list[dict[str, Any]]:
        with self.file.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {view} WHERE run_id = ?", [run_id])
            names = [column[0] for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Views]:
    made = Views(tmp_path_factory.mktemp("views") / "index.duckdb")
    yield made
    made.file.close()


@given(name=st.sampled_from(sorted(PLANS)), data=st.data())
@settings(
    max_examples=sized(12, 1500),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_at_any_moment_of_any_life_the_views_say_what_the_fold_says(views: Views, name: str, data: Any) -> None:
    life = Life(name, next(NUMBERS))
    for _ in range(data.draw(st.integers(1, 3))):
        life.goes_on(data.draw, data.draw(st.integers(0, 15)))
        views.tell(life, data.draw)
        check(views, life.run)
    life.ends()
    views.tell(life, data.draw)
    check(views, life.run)


def check(views: Views, run: Run) -> None:
    check_run(views.rows("runs", run.id), run)
    check_steps(views.rows("steps", run.id), run)
    check_spend(views.rows("spend", run.id), run)
    check_approvals(views.rows("approvals", run.id), run)
    check_calls([*views.rows("model_calls", run.id), *views.rows("tool_calls", run.id)], run)
    check_spans(views.rows("spans", run.id), run)
    events = views.rows("events", run.id)
    assert sorted(row["seq"] for row in events) == list(range(1, run.seq + 1))


def check_run(rows: list[dict[str, Any]], run: Run) -> None:
    (row,) = rows
    told = row_of(run)
    assert (row["run"], row["blueprint"], row["status"]) == (told.run, told.blueprint, told.status)
    assert (tuple(row["waiting_for"]), row["success"]) == (told.waiting_for, told.success)
    assert (row["steps"], row["steps_ended"]) == (told.steps, told.steps_ended)
    assert round(row["cost_usd"] * 1_000_000) == told.cost_micros
    assert row["cost_known"] == told.cost_known
    assert micros(row["started_at"]) == told.started_at
    assert micros(row["ended_at"]) == told.ended_at
    assert (row["calls"], row["input_tokens"], row["output_tokens"]) == spent(run)
    assert (row["problem_kind"], row["problem"]) == problem_of(run.problem)
    assert row["open_asks"] == list(run.asks)


def check_steps(rows: list[dict[str, Any]], run: Run) -> None:
    found = {row["step"]: row for row in rows}
    assert len(found) == len(rows)
    assert found.keys() == set(run.nodes)
    for path, node in run.nodes.items():
        row = found[path]
        assert (row["status"], row["generation"]) == (node.status, node.generation), path
        assert (micros(row["started_at"]), micros(row["ended_at"])) == (node.started_at, node.ended_at)
        assert (row["problem_kind"], row["problem"]) == problem_of(node.problem)
        assert round(row["cost_usd"] * 1_000_000) == node.spend.micros
        assert (row["calls"], row["input_tokens"], row["output_tokens"]) == spent(node)
        assert (row["items"], row["failed_items"]) == (node.item_count, node.failed_items)


def check_spend(rows: list[dict[str, Any]], run: Run) -> None:
    assert sum(round((row["cost_usd"] or 0) * 1_000_000) for row in rows) == run.spend.micros
    assert len(rows) == run.spend.calls
    assert sum(row["input_tokens"] for row in rows) == run.spend.input_tokens
    assert sum(row["output_tokens"] for row in rows) == run.spend.output_tokens
    assert sum(not row["cost_known"] for row in rows) == run.spend.unknown_calls
    assert sum(row["estimated"] for row in rows) == run.spend.estimated_calls
    for path, node in run.nodes.items():
        of_step = [row for row in rows if row["step"] == path]
        assert sum(round((row["cost_usd"] or 0) * 1_000_000) for row in of_step) == node.spend.micros


def check_approvals(rows: list[dict[str, Any]], run: Run) -> None:
    assert {row["ask"] for row in rows if row["status"] == "waiting"} == set(run.asks)
    words = {"approved with edits": "approved"}
    decided = {row["ask"]: row for row in rows if row["decided_at"] is not None and row["kind"] != "budget"}
    assert decided.keys() == set(run.decided)
    for ask, decision in run.decided.items():
        word = words.get(decision.what, decision.what).split(" ")[0]
        assert (decided[ask]["status"], decided[ask]["decided_by"]) == (word, decision.by)
        assert micros(decided[ask]["decided_at"]) == decision.at


def check_calls(rows: list[dict[str, Any]], run: Run) -> None:
    last = {}
    for row in sorted(rows, key=lambda row: row["seq"]):
        last[row["step"], row["call"]] = row
    for path, node in run.nodes.items():
        for call in node.calls.values():
            row = last.get((path, call.id))
            if not call.started_at:
                assert row is None
                continue
            assert row is not None
            match call.status:
                case "running":
                    assert row["status"] == "running", (row, call)
                case "succeeded":
                    assert row["status"] == "succeeded", (row, call)
                case "in_doubt":
                    assert row["status"] == "in doubt", (row, call)
                case "failed":
                    assert row["status"] in {"failed", "given up", "late", "lost", "found nothing"}, (row, call)
                case _:
                    assert row["status"] in {"failed", "lost", "found nothing", "given up", "late"}, (row, call)


def check_spans(rows: list[dict[str, Any]], run: Run) -> None:
    ids = {row["id"] for row in rows}
    assert len(ids) == len(rows)
    assert all(row["parent"] is None or row["parent"] in ids for row in rows)
    assert [row["id"] for row in rows if row["parent"] is None] == [run.id]


def micros(instant: Any) -> int | None:
    if instant is None:
        return None
    since = instant - type(instant)(1970, 1, 1)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def spent(holder: Any) -> tuple[int, int, int]:
    return holder.spend.calls, holder.spend.input_tokens, holder.spend.output_tokens


def problem_of(problem: Problem | None) -> tuple[str | None, str | None]:
    return (problem.kind, problem.message) if problem is not None else (None, None)
