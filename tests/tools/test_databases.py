"""Named DuckDB and SQLite files: read, changed once, killed between commit and answer."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace

import duckdb
import pytest

from mntui.tools.base import Grants, Pattern, ToolCall, ToolFailure
from mntui.tools.client import HostSettings, ToolHost
from mntui.tools.databases import EFFECTS, check_same, databases_of, opened_as
from mntui.tools.limits_sql import Limits
from mntui.tools.sql import operate, query

KINDS = ("shop.duckdb", "shop.sqlite")


@pytest.fixture(params=KINDS)
def shop(world, request):
    path = world.box / request.param
    with opened(path) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER, what VARCHAR)")
        connection.execute("INSERT INTO orders VALUES (1, 'tea'), (2, 'cake')")
        connection.commit()
    return path


class opened:  # noqa: N801 - reads as a function
    """A connection of the test's own, closed in the end."""

    def __init__(self, path):
        self.connection = (sqlite3 if path.suffix == ".sqlite" else duckdb).connect(str(path))

    def __enter__(self):
        return self.connection

    def __exit__(self, *_):
        self.connection.close()


def rows_of(path, text="SELECT id, what FROM orders ORDER BY id"):
    with opened(path) as connection:
        return [tuple(row) for row in connection.execute(text).fetchall()]


def job(world, text, databases, *, writes=False, key="key", **more):
    rule = (Pattern(str(world.box), "**"),)
    allow = {"databases": rule, "tables": rule, **({"writes": rule} if writes else {})}
    grants = Grants(str(world.folder), str(world.home), str(world.blueprint), allow)
    named = {name: str(path) for name, path in databases.items()}
    return ToolCall("call", "sql.query", {"query": text, "databases": named, **more}, key, grants, 20.0)


def ask(world, text, databases, **more):
    return operate(job(world, text, databases, **more))


def failing(*args, **more):
    with pytest.raises(ToolFailure) as caught:
        ask(*args, **more)
    return caught.value


def test_a_named_file_is_read_with_parameters(world, shop):
    found = ask(world, "SELECT what FROM shop.orders WHERE id = $id", {"shop": shop}, params={"id": 2})
    assert found == {"columns": ["what"], "rows": [{"what": "cake"}], "count": 1}


def test_two_files_are_asked_together(world, shop):
    other = world.box / f"other{shop.suffix}"
    with opened(other) as connection:
        connection.execute("CREATE TABLE prices (id INTEGER, price INTEGER)")
        connection.execute("INSERT INTO prices VALUES (1, 4)")
        connection.commit()
    text = "SELECT o.what, p.price FROM shop.orders o JOIN other.prices p USING (id)"
    assert ask(world, text, {"shop": shop, "other": other})["rows"] == [{"what": "tea", "price": 4}]


def test_a_duckdb_file_is_joined_with_a_csv_and_a_sqlite_file_is_not(world):
    (world.box / "p.csv").write_text("id;price\n1;4\n")
    for name in KINDS:
        with opened(world.box / name) as connection:
            connection.execute("CREATE TABLE orders (id INTEGER)")
            connection.execute("INSERT INTO orders VALUES (1)")
            connection.commit()
    text, tables = "SELECT price FROM d.orders o JOIN p ON p.id = o.id::VARCHAR", {"p": str(world.box / "p.csv")}
    assert ask(world, text, {"d": world.box / "shop.duckdb"}, tables=tables)["rows"] == [{"price": "4"}]
    assert "DuckDB" in failing(world, "SELECT 1", {"d": world.box / "shop.sqlite"}, tables=tables).message
    both = {"a": world.box / "shop.sqlite", "b": world.box / "shop.duckdb"}
    assert "not both" in failing(world, "SELECT 1", both).message


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO shop.orders VALUES (3, 'x')",
        "DELETE FROM shop.orders",
        "DROP TABLE shop.orders",
        "CREATE TABLE shop.x (a INTEGER)",
        "WITH a AS (SELECT 1) UPDATE shop.orders SET id = 9",
    ],
)
def test_without_a_rule_for_writes_nothing_is_changed(world, shop, text):
    failure = failing(world, text, {"shop": shop})
    assert failure.kind in ("Denied", "SqlError")
    assert (failure.not_sent, rows_of(shop)) == (True, [(1, "tea"), (2, "cake")])


def test_a_change_is_made_once_however_often_the_call_comes(world, shop):
    text = "INSERT INTO shop.orders VALUES (3, $what)"
    for _ in range(3):
        result = ask(world, text, {"shop": shop}, writes=True, params={"what": "pie"})
        assert result == {"columns": [], "rows": [], "count": 1}
    assert rows_of(shop) == [(1, "tea"), (2, "cake"), (3, "pie")]
    ask(world, text, {"shop": shop}, writes=True, params={"what": "pie"}, key="another")
    assert len(rows_of(shop)) == 4
    assert [row[0] for row in rows_of(shop, f"SELECT effect_key FROM {EFFECTS} ORDER BY 1")] == ["another", "key"]


def test_what_a_change_returns_is_returned_again(world, shop):
    text = "UPDATE shop.orders SET id = id + 1 RETURNING id"
    first = ask(world, text, {"shop": shop}, writes=True)
    assert sorted(row["id"] for row in first["rows"]) == [2, 3]
    assert ask(world, text, {"shop": shop}, writes=True) == first
    assert rows_of(shop) == [(2, "tea"), (3, "cake")]


def test_tables_are_made_changed_and_dropped_and_a_new_file_is_made(world, shop):
    new = world.box / f"new{shop.suffix}"
    for number, text in enumerate(
        (
            "CREATE TABLE new.a (id INTEGER)",
            "ALTER TABLE new.a ADD COLUMN b INTEGER",
            "ALTER TABLE new.a RENAME TO c",
            "INSERT INTO new.c VALUES (1, 2)",
            "CREATE TABLE new.d AS SELECT * FROM new.c",
            "DROP TABLE new.c",
        )
    ):
        ask(world, text, {"new": new}, writes=True, key=str(number))
    assert rows_of(new, "SELECT * FROM d") == [(1, 2)]


@pytest.mark.parametrize(
    "text",
    [
        f"DELETE FROM shop.{EFFECTS}",
        f'DELETE FROM shop."{EFFECTS.upper()}"',
        "ATTACH '/tmp/x.db' AS x",
        "PRAGMA shop.writable_schema = 1",
        "COPY shop.orders TO '/tmp/leak.csv'",
        "VACUUM",
        "INSERT INTO shop.orders SELECT 1, content FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT load_extension('/tmp/x.so')",
        "INSERT INTO shop.orders VALUES (9, 'a'); DELETE FROM shop.orders",
        "BEGIN",
        "COMMIT",
        "INSTALL httpfs",
        "SET enable_external_access = true",
    ],
)
def test_what_leads_out_of_the_file_or_around_its_effects_is_refused(world, shop, text):
    failure = failing(world, text, {"shop": shop}, writes=True)
    assert failure.kind in ("Denied", "SqlError")
    assert (failure.not_sent, rows_of(shop)) == (True, [(1, "tea"), (2, "cake")])


def test_a_change_that_fails_or_gives_too_much_leaves_nothing(world, shop):
    assert failing(world, "INSERT INTO shop.orders SELECT 1/0 FROM nowhere", {"shop": shop}, writes=True).not_sent
    many = job(world, "UPDATE shop.orders SET id = id + 1 RETURNING id", {"shop": shop}, writes=True)
    with pytest.raises(ToolFailure) as caught:
        query(many, Limits(rows=1))
    assert (caught.value.kind, caught.value.not_sent) == ("TooLarge", True)
    assert rows_of(shop) == [(1, "tea"), (2, "cake")]


def test_paths_are_held_against_the_rules_and_links_are_refused(world, shop):
    away = world.root / f"away{shop.suffix}"
    shop.rename(away)
    assert failing(world, "SELECT 1", {"shop": away}).kind == "Denied"
    shop.symlink_to(away)
    assert failing(world, "SELECT 1", {"shop": shop}).kind == "Denied"
    assert failing(world, "SELECT 1", {"shop": world.box / f"none{shop.suffix}"}).kind == "Missing"
    assert failing(world, "SELECT 1", {"shop": world.box / "x.txt"}).kind == "BadDatabase"
    assert failing(world, "SELECT 1", {"main": shop}).kind == "SqlError"


def test_a_folder_that_was_swapped_for_a_link_to_another_is_noticed_after_opening(world, shop):
    """Between the check and the opening, as it would look to whoever opened it."""
    away = world.root / "away"
    away.mkdir()
    (away / shop.name).write_bytes(shop.read_bytes())
    (database,) = databases_of(job(world, "SELECT 1", {"shop": shop}))
    with opened_as(job(world, "SELECT 1", {}).grants, database) as path:
        check_same(database, path)
        world.box.rename(world.root / "gone")
        world.box.symlink_to(away)
        with pytest.raises(ToolFailure, match="was replaced"):
            check_same(database, path)


def test_a_sqlite_file_in_write_ahead_mode_is_read_and_changed_beside_another_program(world):
    path = world.box / "w.sqlite"
    with opened(path) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE t (n INTEGER)")
        other.commit()
        ask(world, "INSERT INTO w.t VALUES (1)", {"w": path}, writes=True)
        assert ask(world, "SELECT n FROM w.t", {"w": path})["rows"] == [{"n": 1}]
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ToolFailure) as caught:
            query(job(world, "INSERT INTO w.t VALUES (2)", {"w": path}, writes=True, key="b"), Limits(seconds=0.5))
    assert (caught.value.kind, caught.value.not_sent, caught.value.retryable) == ("Busy", True, True)


def test_a_query_without_end_is_stopped(world, shop):
    text = "WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a) SELECT count(*) FROM a"
    with pytest.raises(ToolFailure) as caught:
        query(job(world, text, {"shop": shop}), Limits(seconds=0.3))
    assert (caught.value.kind, caught.value.not_sent) == ("SqlTimeout", True)


def test_changes_beside_each_other_all_count(world, shop):
    failed = []

    def add(number):
        try:
            ask(world, f"INSERT INTO shop.orders VALUES ({number}, 'x')", {"shop": shop}, writes=True, key=str(number))
        except ToolFailure as failure:
            failed.append(failure)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(10, 16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert [row[0] for row in rows_of(shop)] == [1, 2, *range(10, 16)]


@pytest.mark.parametrize("point", ["before_call", "after_call"])
async def test_a_host_that_is_killed_around_the_commit_changes_it_once(world, shop, point):
    """`after_call` is between the commit and the answer: the caller can't know, and calls again with the same key."""
    host = ToolHost(HostSettings(str(world.folder), os.environ, crash_at=f"{point}:1"))
    call = job(world, "INSERT INTO shop.orders VALUES (3, 'pie') RETURNING id", {"shop": shop}, writes=True)
    with pytest.raises(ToolFailure) as caught:
        await host.call(call)
    assert (caught.value.kind, caught.value.not_sent) == ("LostConnection", False)
    assert len(rows_of(shop)) == (3 if point == "after_call" else 2)
    assert (await host.call(replace(call)))["rows"] == [{"id": 3}]
    await host.aclose()
    assert rows_of(shop) == [(1, "tea"), (2, "cake"), (3, "pie")]


IN_THE_MIDDLE = """
import json, os, signal, sys
from mntui.tools import sql, sqlite
from mntui.tools.protocol import decode_ask
def dies(*_):
    os.kill(os.getpid(), signal.SIGKILL)
for module in (sql, sqlite):
    module.kept_result = dies
sql.operate(decode_ask(sys.stdin.buffer.read()).as_call())
"""


def test_a_process_that_is_killed_inside_the_transaction_leaves_nothing(world, shop):
    from mntui.tools.protocol import ask_of, encode_ask

    call = job(world, "INSERT INTO shop.orders VALUES (3, 'pie')", {"shop": shop}, writes=True)
    done = subprocess.run([sys.executable, "-c", IN_THE_MIDDLE], input=encode_ask(ask_of(1, call)), check=False)
    assert done.returncode == -signal.SIGKILL
    assert rows_of(shop) == [(1, "tea"), (2, "cake")]
    assert json.dumps(operate(call))
    assert len(rows_of(shop)) == 3
