"""Facts as a Parquet file that any reader opens, with types."""

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from mntui.tools.parquet import COLUMNS, ParquetFailed, write_parquet

ROWS = [
    {"run": "a-1", "seq": 2, "happened_at": 1_800_000_000_000_001, "kind": "ModelAnswered", "cost_micros": 12},
    {"run": "a-1", "seq": 1, "happened_at": 1_800_000_000_000_000, "kind": "RunStarted", "event": '{"ä": "x"}'},
]


def test_rows_come_back_in_order_with_their_types(tmp_path: Path) -> None:
    file = tmp_path / "it's a file.parquet"
    assert write_parquet(file, ROWS) == 2
    with duckdb.connect() as reader:
        told = reader.execute("SELECT seq, happened_at, kind, cost_micros, event FROM read_parquet(?)", [str(file)])
        at = dt.datetime(2027, 1, 15, 8, 0)  # noqa: DTZ001 - the file's instants are in UTC, without a zone
        assert told.fetchall() == [
            (1, at, "RunStarted", None, '{"ä": "x"}'),
            (2, at + dt.timedelta(microseconds=1), "ModelAnswered", 12, None),
        ]
        columns = reader.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(file)]).fetchall()
    assert {name: kind for name, kind, *_ in columns} == {**COLUMNS, "happened_at": "TIMESTAMP"}


def test_a_run_without_facts_is_a_file_with_columns(tmp_path: Path) -> None:
    assert write_parquet(tmp_path / "empty.parquet", []) == 0
    assert (tmp_path / "empty.parquet").stat().st_size > 0


def test_a_place_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ParquetFailed) as caught:
        write_parquet(tmp_path / "none" / "x.parquet", ROWS)
    assert "\n" not in str(caught.value)
