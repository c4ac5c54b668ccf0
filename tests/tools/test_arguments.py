from mntui.tools.arguments import check_arguments
from mntui.tools.base import BUILTIN


def test_right_arguments_pass():
    assert check_arguments(BUILTIN["files.read"], {"path": "a"}) is None
    tables = {"a": "x.csv", "b": {"path": "y.csv", "columns": {"id": "Nr"}, "types": {"id": "integer"}}}
    assert check_arguments(BUILTIN["sql.query"], {"query": "select 1", "tables": tables, "params": {"n": 1}}) is None


def test_missing_extra_and_mistyped_arguments_are_told():
    assert "path" in (check_arguments(BUILTIN["files.read"], {}) or "")
    assert "mode" in (check_arguments(BUILTIN["files.read"], {"path": "a", "mode": "r"}) or "")
    assert check_arguments(BUILTIN["files.write"], {"path": "a", "text": {"a": 1}}) is not None
    assert (
        check_arguments(BUILTIN["sql.query"].parameters, {"query": "x", "tables": {"t": {"columns": {}}}}) is not None
    )
