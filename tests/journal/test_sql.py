"""One SELECT over every run: what it may ask, and what it can't do however it is put."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from mntui.core.messages import AskSql, Denied, SqlRows
from mntui.crash import no_crash
from mntui.journal.remembered import LogJournal
from mntui.journal.sql import Limits, SqlRefused, ask, is_damage
from mntui.journal.store_file import IndexFile
from tests.journal.test_store import commit, lives, turns

QUICK = Limits(seconds=0.3)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexFile]:
    made = IndexFile.make(tmp_path_factory.mktemp("sql") / "index.duckdb", no_crash)
    with closing(made):
        yield made


def answer(file: IndexFile, query: str, limits: Limits = QUICK) -> SqlRows:
    with file.cursor() as cursor:
        return ask(cursor, query, limits)


def refusal(file: IndexFile, query: str, limits: Limits = QUICK) -> SqlRefused:
    with pytest.raises(SqlRefused) as caught:
        answer(file, query, limits)
    return caught.value


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1",
        "select 1 -- and a remark; with a semicolon",
        "WITH a AS (SELECT 1 AS n) SELECT n FROM a",
        "FROM runs",
        "SELECT * FROM main.runs JOIN steps USING (run_id)",
        "VALUES (1, 'a')",
        "SELECT n FROM range(3) t(n)",
        "SELECT unnest([1, 2])",
        "DESCRIBE runs",
        "SHOW TABLES",
        "SELECT column_name FROM duckdb_columns() WHERE table_name = 'spend'",
        "SELECT body->>'$.tool', list_transform([1], lambda x: x + 1) FROM events",
        "SELECT status, count(*) OVER (PARTITION BY status) FROM runs QUALIFY row_number() OVER () < 3",
    ],
)
def test_any_one_select_is_answered(file: IndexFile, query: str) -> None:
    answer(file, query)


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM facts",
        "INSERT INTO facts SELECT * FROM facts RETURNING *",
        "UPDATE run_states SET status = 'succeeded'",
        "DROP TABLE facts",
        "CREATE TABLE mine (n INTEGER)",
        "CREATE TEMP MACRO f() AS 1",
        "ATTACH '/tmp/other.duckdb'",
        "DETACH index",
        "USE other",
        "COPY facts TO '/tmp/facts.csv'",
        "COPY (SELECT 1) TO '/dev/stdout'",
        "EXPORT DATABASE '/tmp/all'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA database_list",
        "SET threads = 64",
        "SET memory_limit = '100GB'",
        "RESET ALL",
        "CALL checkpoint()",
        "CHECKPOINT",
        "VACUUM",
        "BEGIN",
        "COMMIT",
        "PREPARE p AS DELETE FROM facts",
        "EXECUTE p",
        "EXPLAIN ANALYZE SELECT 1",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE facts",
        "COMMIT; DELETE FROM facts",
        "WITH new AS (INSERT INTO about VALUES ('x') RETURNING *) SELECT * FROM new",
        "WITH gone AS (DELETE FROM facts RETURNING *) SELECT * FROM gone",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT (SELECT content FROM read_blob('/etc/passwd'))",
        "SELECT * FROM '/etc/passwd'",
        'SELECT * FROM "/etc/passwd.csv"',
        "SELECT * FROM 'https://example.org/a.parquet'",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM query('DELETE FROM facts')",
        "SELECT * FROM query_table('facts')",
        "SELECT * FROM json_execute_serialized_sql('{}')",
        "SELECT * FROM force_checkpoint()",
        "SELECT * FROM enable_logging()",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM pandas_scan(1)",
        "SELECT current_setting('temp_directory')",
        "SELECT write_log('x')",
        "SELECT nextval('s')",
        "",
        ";",
        "nonsense",
        "SELECT * FROM nowhere",
        "SELECT 1 / 'a'",
        "SELECT " + "(" * 2000 + "1" + ")" * 2000,
    ],
)
def test_whatever_would_change_or_reach_something_is_refused(file: IndexFile, query: str) -> None:
    assert refusal(file, query).message


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000000) c",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
        "SELECT sum(sqrt(a.range)) FROM range(100000000000) a",
        "SELECT max(a.range || b.range) FROM range(100000) a, range(100000) b",
    ],
)
def test_a_query_without_end_is_stopped(file: IndexFile, query: str) -> None:
    assert refusal(file, query).code == "sql_timeout"


def test_a_query_that_wants_all_memory_is_stopped(file: IndexFile) -> None:
    found = refusal(file, "SELECT list(a.range) FROM range(100000000) a", Limits(seconds=20))
    assert found.code in {"sql_memory", "sql_timeout"}


def test_rows_end_at_the_limit_and_say_so(file: IndexFile) -> None:
    whole = answer(file, "FROM range(10)", Limits(rows=10))
    assert (len(whole.rows), whole.truncated) == (10, False)
    cut = answer(file, "FROM range(11)", Limits(rows=10))
    assert (len(cut.rows), cut.truncated) == (10, True)
    large = answer(file, "SELECT repeat('x', 1000) FROM range(1000)", Limits(bytes_of_rows=100_000))
    assert large.truncated
    assert 90 < len(large.rows) < 100


def test_values_are_json_and_no_digit_is_lost(file: IndexFile) -> None:
    found = answer(file, "SELECT 1.5::DECIMAL(18, 6), 2::HUGEINT << 80, NULL, DATE '2026-11-22', [1, 2], {'a': true}")
    assert found.rows == ((1.5, str(2 << 80), None, "2026-11-22", [1, 2], {"a": True}),)


def test_a_query_leaves_nothing_behind(file: IndexFile) -> None:
    tables = answer(file, "SELECT count(*) FROM duckdb_tables()")
    for query in ("CREATE TABLE mine (n INTEGER)", "SELECT 1"):
        try:
            answer(file, query)
        except SqlRefused:
            continue
    assert answer(file, "SELECT count(*) FROM duckdb_tables()") == tables


@pytest.mark.parametrize("error", [duckdb.IOException, duckdb.FatalException, duckdb.InternalException, duckdb.Error])
def test_errors_of_the_file_are_told_from_errors_of_a_query(error: type[duckdb.Error]) -> None:
    assert is_damage(error("broken"))
    assert not is_damage(duckdb.BinderException("no such column"))


async def test_the_journal_answers_and_refuses_as_a_value(tmp_path: Path) -> None:
    of = lives(2)
    with closing(LogJournal(tmp_path)) as journal:
        await commit(journal, turns(of))
        found = await journal.sql(AskSql("SELECT run FROM runs ORDER BY run"))
        assert found == SqlRows(("run",), (("bench-1",), ("bench-2",)))
        cut = await journal.sql(AskSql("SELECT run FROM runs ORDER BY run", limit=1))
        assert cut == SqlRows(("run",), (("bench-1",),), truncated=True)
        refused = await journal.sql(AskSql("DELETE FROM facts"))
        assert isinstance(refused, Denied)
        assert refused.code == "sql_not_select"


async def test_a_query_at_work_does_not_keep_the_journal_from_closing(tmp_path: Path) -> None:
    endless = "SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000000) c"
    with closing(LogJournal(tmp_path)) as journal:
        await journal.sql(AskSql("SELECT 1"))
        asked = asyncio.create_task(journal.sql(AskSql(endless)))
        while not journal._asking:
            await asyncio.sleep(0.001)
    assert isinstance(await asked, Denied)
