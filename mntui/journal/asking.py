"""One SELECT of a named database file, in a process of its own: `mntui sql --db FILE`.

Started as `python -m mntui.journal.asking FILE`, with {"query", "limit"} as JSON on standard input; it answers with
{"columns", "rows", "truncated"} or {"error": [code, message, remedy]} on standard output. The file is opened for
reading only, under the same settings and limits as the index.
"""

import json
import sys
from pathlib import Path

import duckdb

from mntui.core.values import Json
from mntui.journal.sql import Limits, SqlRefused, ask
from mntui.journal.store_schema import connect_to_read


def answer(path: Path, query: str, limit: int) -> Json:
    try:
        with connect_to_read(path) as connection:
            found = ask(connection, query, Limits(rows=limit))
    except SqlRefused as refused:
        return {"error": [refused.code, refused.message, refused.remedy]}
    except duckdb.Error as error:
        remedy = "another program may hold it; the runs of the home themselves are asked without --db"
        return {"error": ["unreadable_db", str(error), remedy]}
    return {"columns": found.columns, "rows": found.rows, "truncated": found.truncated}


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump(answer(Path(sys.argv[1]), asked["query"], asked["limit"]), sys.stdout)
