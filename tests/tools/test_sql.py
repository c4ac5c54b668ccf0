import duckdb
import pytest

from mntui.tools.base import Grants, ToolCall, ToolFailure
from mntui.tools.limits_sql import Limits
from mntui.tools.rules import path_pattern
from mntui.tools.sql import operate, query


@pytest.fixture
def box(tmp_path):
    (tmp_path / "box").mkdir()
    (tmp_path / "home/runs/r").mkdir(parents=True)
    return tmp_path / "box"


def job(box, text, tables=None, params=None):
    grants = Grants(
        folder=str(box.parent / "home/runs/r"),
        home=str(box.parent / "home"),
        blueprint=str(box.parent / "blueprint"),
        allow={"tables": (path_pattern("{{ b }}/**", lambda _: str(box), "/nowhere"),)},
    )
    arguments = {"query": text, "tables": tables or {}, "params": params or {}}
    return ToolCall("call", "sql.query", arguments, "key", grants, 10.0)


def ask(box, text, tables=None, params=None):
    return operate(job(box, text, tables, params))


def refusal(box, text, tables=None, params=None, limits=None):
    with pytest.raises(ToolFailure) as caught:
        query(job(box, text, tables, params), limits or Limits())
    assert caught.value.not_sent
    assert not caught.value.retryable
    return caught.value


def invoices(box):
    path = box / "rechnungen.csv"
    path.write_text("Rechnungsnr;Betrag;Datum\n007;12.50;2026-01-05\n8;0.10;2026-02-01\n9;;\n")
    return str(path)


def test_csv_columns_are_text_so_leading_zeros_stay(box):
    found = ask(box, "select * from t order by Rechnungsnr", {"t": invoices(box)})
    assert found == {
        "columns": ["Rechnungsnr", "Betrag", "Datum"],
        "rows": [
            {"Rechnungsnr": "007", "Betrag": "12.50", "Datum": "2026-01-05"},
            {"Rechnungsnr": "8", "Betrag": "0.10", "Datum": "2026-02-01"},
            {"Rechnungsnr": "9", "Betrag": None, "Datum": None},
        ],
        "count": 3,
    }


def test_columns_renames_and_types_make_money_exact(box):
    table = {
        "path": invoices(box),
        "columns": {"id": "Rechnungsnr", "amount": "Betrag"},
        "types": {"amount": "decimal(18,2)", "Datum": "date"},
    }
    found = ask(box, "select sum(amount) as total, min(Datum) as first, count(id) as n from i", {"i": table})
    assert found["rows"] == [{"total": 12.6, "first": "2026-01-05", "n": 3}]


def test_a_missing_column_is_told_with_the_file_the_columns_and_the_nearest_name(box):
    failure = refusal(box, "select 1", {"i": {"path": invoices(box), "columns": {"id": "Rechnungs-Nr"}}})
    assert failure.kind == "NoColumn"
    assert "rechnungen.csv has no column 'Rechnungs-Nr'; nearest is 'Rechnungsnr'" in failure.message
    assert "'Betrag', 'Datum'" in failure.message


def test_a_rename_onto_a_column_that_exists_is_refused(box):
    failure = refusal(box, "select 1", {"i": {"path": invoices(box), "columns": {"betrag": "Datum"}}})
    assert "already has a column 'betrag'" in failure.message


def test_a_type_for_a_column_that_is_not_there_is_refused(box):
    failure = refusal(box, "select 1", {"i": {"path": invoices(box), "types": {"sum": "integer"}}})
    assert "`types` names 'sum'" in failure.message


def test_an_unknown_type_is_refused_and_never_reaches_sql(box):
    failure = refusal(box, "select 1", {"i": {"path": invoices(box), "types": {"Betrag": "int); drop table x; --"}}})
    assert "is no type" in failure.message


def test_json_keeps_numbers_and_leaves_dates_as_text(box):
    path = box / "a.json"
    path.write_text('[{"id": "007", "n": 3, "x": 1.5, "day": "2026-01-05", "in": {"DATE": 1}, "on": ["2026-01-05"]}]')
    found = ask(box, "select * from t", {"t": str(path)})
    row = {"id": "007", "n": 3, "x": 1.5, "day": "2026-01-05", "in": {"DATE": 1}, "on": ["2026-01-05"]}
    assert found["rows"] == [row]


def test_a_declared_json_decimal_is_added_without_a_float(box):
    path = box / "a.jsonl"
    path.write_text('{"x": 0.1}\n{"x": 0.2}\n')
    found = ask(box, "select sum(x) as s from t", {"t": {"path": str(path), "types": {"x": "decimal(18,2)"}}})
    assert found["rows"] == [{"s": 0.3}]


def test_parquet_and_gzip_and_tsv_are_read(box):
    duckdb.connect().execute(f"copy (select 7 as n, date '2026-01-05' as d) to '{box}/a.parquet'").close()
    duckdb.connect().execute(f"copy (select 8 as n) to '{box}/b.csv.gz' (header)").close()
    (box / "c.tsv").write_text("n\tm\n9\t'x'\n")
    tables = {name: f"{box}/{file}" for name, file in {"a": "a.parquet", "b": "b.csv.gz", "c": "c.tsv"}.items()}
    found = ask(box, "select a.n, a.d, b.n as bn, c.m from a, b, c", tables)
    assert found["rows"] == [{"n": 7, "d": "2026-01-05", "bn": "8", "m": "'x'"}]


def test_two_files_of_the_same_size_are_told_apart(box):
    for number in (1, 2, 3):
        (box / f"{number}.csv").write_text(f"a\n{number}\n")
        duckdb.connect().execute(f"copy (select {number} as n) to '{box}/{number}.parquet'").close()
    tables = {f"t{number}": f"{box}/{number}.csv" for number in (1, 2, 3)}
    tables |= {f"p{number}": f"{box}/{number}.parquet" for number in (1, 2, 3)}
    found = ask(
        box,
        "select * from (values (1)) v(o), t1, t2, t3, p1, p2, p3".replace(
            "*", "t1.a as a1, t2.a as a2, t3.a as a3, p1.n as n1, p2.n as n2, p3.n as n3"
        ),
        tables,
    )
    assert found["rows"] == [{"a1": "1", "a2": "2", "a3": "3", "n1": 1, "n2": 2, "n3": 3}]


def test_parameters_are_values_and_never_sql(box):
    found = ask(box, "select $a as a, $b as b", params={"a": "'; drop table t", "b": 3})
    assert found["rows"] == [{"a": "'; drop table t", "b": 3}]


def test_several_ctes_make_one_query(box):
    assert ask(box, "with a as (select 1 as x), b as (select x + 1 as y from a) select y from b")["rows"] == [{"y": 2}]


def test_an_empty_result_names_its_columns(box):
    assert ask(box, "select 1 as x where false") == {"columns": ["x"], "rows": [], "count": 0}


def test_a_path_that_no_rule_covers_is_refused(box):
    failure = refusal(box, "select 1", {"t": "/etc/passwd.csv"})
    assert failure.kind == "Denied"


def test_a_link_to_a_closed_file_is_refused(box):
    secret = box.parent / "secret.csv"
    secret.write_text("a\n1\n")
    (box / "link.csv").symlink_to(secret)
    assert refusal(box, "select * from t", {"t": f"{box}/link.csv"}).kind == "Denied"


def test_a_name_with_wildcards_is_one_file(box):
    invoices(box)
    assert refusal(box, "select * from t", {"t": f"{box}/*.csv"}).kind == "Missing"


@pytest.mark.parametrize(
    "hostile",
    [
        "ATTACH '/tmp/mntui-x.db' AS x",
        "COPY t TO '/tmp/mntui-x.csv'",
        "INSTALL httpfs",
        "LOAD json",
        "PRAGMA database_list",
        "SET threads = 8",
        "CALL pragma_version()",
        "EXPLAIN SELECT 1",
        "CREATE TABLE x AS SELECT 1",
        "INSERT INTO t VALUES ('1')",
        "WITH a AS (SELECT 1) INSERT INTO t SELECT '1'",
        "IMPORT DATABASE '/tmp'",
        "EXPORT DATABASE '/tmp/mntui-x'",
        "SELECT 1; SELECT 2",
        "SELECT 1; ATTACH '/tmp/mntui-x.db' AS x",
        "",
        "-- nothing",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd.csv'",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/dev/fd/0')",
        "SELECT * FROM glob('/**')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM query('COPY t TO ''/tmp/mntui-x.csv''')",
        "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')",
        "SELECT * FROM duckdb_secrets()",
        "SELECT getenv('HOME')",
        "SELECT * FROM limits",
        "SELECT * FROM job",
        "SELECT",
    ],
)
def test_a_query_can_only_select_from_its_own_tables(box, hostile):
    assert refusal(box, hostile, {"t": invoices(box)}).kind == "SqlError"
    assert not list(box.parent.glob("mntui-x*"))


def test_an_endless_query_is_stopped(box):
    endless = "select count(*) from range(10000000) a, range(10000000) b where a.range * b.range % 7 = 3"
    assert refusal(box, endless, limits=Limits(seconds=0.2)).kind == "SqlTimeout"
    recursive = "with recursive r as (select 1 as x union all select x + 1 from r) select max(x) as m from r"
    assert refusal(box, recursive, limits=Limits(seconds=0.2)).kind == "SqlTimeout"


def test_a_query_that_needs_too_much_memory_is_stopped(box):
    hungry = "select count(distinct range) as n from range(100000000)"
    assert "Out of Memory" in refusal(box, hungry, limits=Limits(memory="32MB")).message


def test_too_many_rows_are_refused_rather_than_cut_off(box):
    assert ask(box, "select * from range(10000)")["count"] == 10_000
    assert refusal(box, "select * from range(10001)").kind == "TooLarge"


def test_too_large_a_file_is_refused(box):
    assert refusal(box, "select 1", {"t": invoices(box)}, limits=Limits(file_bytes=10)).kind == "TooLarge"


def test_two_columns_of_one_name_are_refused(box):
    assert "name one with AS" in refusal(box, "select 1 as a, 2 as a").message


def test_a_broken_file_is_told_by_its_name(box):
    (box / "a.json").write_text("{not json")
    failure = refusal(box, "select * from t", {"t": f"{box}/a.json"})
    assert failure.kind == "BadTable"
    assert "a.json" in failure.message
    assert "/dev/fd" not in failure.message


def test_a_file_of_another_kind_is_refused(box):
    (box / "a.xlsx").write_text("x")
    assert "is no table" in refusal(box, "select 1", {"t": f"{box}/a.xlsx"}).message


def rows(box, text):
    (box / "x.csv").write_bytes(text)
    return [tuple(row.values()) for row in ask(box, "select * from x", {"x": f"{box}/x.csv"})["rows"]]


def broken(box, text):
    (box / "x.csv").write_bytes(text)
    return refusal(box, "select * from x", {"x": f"{box}/x.csv"})


def test_the_header_decides_on_the_delimiter_and_no_line_is_dropped(box):
    assert rows(box, b"a;b\n1,5;2,5\n") == [("1,5", "2,5")]
    assert rows(box, b"a,b\n#1,2\n3,4\n") == [("#1", "2"), ("3", "4")]
    assert rows(box, b'"a;b;c",d\n1,2\n') == [("1", "2")]
    assert rows(box, b'"a\nb",d\n1,2\n') == [("1", "2")]
    assert rows(box, b"\xef\xbb\xbfa;b\r\n1;2\r\n") == [("1", "2")]
    assert rows(box, b"a,b\n") == []
    assert rows(box, b"a,\n1,2") == [("1", "2")]
    assert rows(box, b'a\n"x ""y"", \'z\'"\n') == [("x \"y\", 'z'",)]


def test_a_line_with_other_columns_than_the_header_is_told_by_its_number(box):
    assert "Line: 3" in broken(box, b"a,b\n1,2\n3\n4,5\n").message
    assert "Line: 3" in broken(box, b"a,b\n1,2\n3,4,5\n").message


def test_files_that_are_no_csv_are_refused(box):
    assert broken(box, b"").kind == "BadTable"
    assert broken(box, b"a,A\n1,2\n").kind == "BadTable"
    assert broken(box, "M\u00fcller,b\n1,2\n".encode("latin-1")).kind == "NotText"
    assert broken(box, "a,b\nM\u00fcller,2\n".encode("latin-1")).kind == "NotText"
    (box / "x.csv.gz").write_bytes(b"no gzip")
    assert refusal(box, "select 1", {"x": f"{box}/x.csv.gz"}).kind == "BadTable"
