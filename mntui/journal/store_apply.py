"""From encoded batches to rows, and back to the very bytes: the index reads JSON itself, outside the interpreter's lock.

What the rows give back is compared with what came in, in the same transaction; a batch that would come back with other
bytes (a number spelled differently, a field of a newer version) is kept as it was besides. So any batch can be put back
into a damaged log, where a checksum judges it byte for byte.
"""

import json
from collections.abc import Sequence
from typing import Final

import duckdb

INCOMING: Final = "CREATE TEMP TABLE incoming (batch BIGINT, data VARCHAR)"

_WORDS: Final = (
    *("kind", "path", "call", "ask", "name", "status", "tool", "use", "effect", "effect_key", "digest", "model"),
    *("prompt", "finish", "violation"),
)
_TOKENS: Final = ("input_tokens", "cached_tokens", "written_tokens", "thinking_tokens", "output_tokens")
_NUMBERS: Final = ("attempt", "reserved_micros", "reserved_tokens", "milliseconds")

_SHAPE: Final = json.dumps(
    {
        **{"run": "VARCHAR", "seq": "BIGINT", "at": "BIGINT", "actor": "VARCHAR", "version": "INTEGER"},
        **{"taint": ["VARCHAR"], "generation": "INTEGER"},
        "event": {
            **dict.fromkeys(_WORDS, "VARCHAR"),
            **dict.fromkeys(_NUMBERS, "BIGINT"),
            "reconciled": "BOOLEAN",
            "usage": {**dict.fromkeys(_TOKENS, "BIGINT"), "estimated": "BOOLEAN"},
            "cost": {"micros": "BIGINT", "estimated": "BOOLEAN", "table": "VARCHAR"},
            "problem": {"kind": "VARCHAR", "message": "VARCHAR"},
        },
    }
)

_EVENTS: Final = f"""
INSERT INTO events BY NAME
WITH whole AS (SELECT batch, json_transform(data, '{{"facts": ["JSON"]}}').facts AS facts FROM incoming),
each_fact AS (SELECT batch, unnest(facts) AS fact, generate_subscripts(facts, 1) AS place FROM whole),
parsed AS MATERIALIZED (SELECT batch, place, fact->'$.event' AS body, json_transform(fact, '{_SHAPE}') AS f FROM each_fact)
SELECT batch, place, f.run AS run_id, f.seq AS seq, make_timestamp(f.at) AS happened_at, f.actor AS actor,
  f.version AS version, f.taint AS taint, f.generation AS generation,
  {", ".join(f"f.event.{name} AS {name}" for name in (*_WORDS, *_NUMBERS, "reconciled"))},
  {", ".join(f"f.event.usage.{name} AS {name}" for name in _TOKENS)}, f.event.usage.estimated AS usage_estimated,
  f.event.cost.micros AS cost_micros, f.event.cost.estimated AS cost_estimated, f.event.cost.table AS price_table,
  f.event.problem.kind AS problem_kind, f.event.problem.message AS problem, body
FROM parsed
"""  # noqa: S608 - only names of our own are put together

_PAYLOADS: Final = """
INSERT INTO payloads BY NAME
WITH whole AS (SELECT batch, data->'$.payloads' AS found FROM incoming),
each_key AS (SELECT batch, found, unnest(json_keys(found)) AS digest, generate_subscripts(json_keys(found), 1) AS place
  FROM whole WHERE found <> '{}')
SELECT digest, batch, place, json_extract(found, '$."' || digest || '"') AS value FROM each_key
"""

_TEXTS: Final = """
SELECT batch, '{"facts":[' || string_agg(
    '{"run":' || to_json(run_id) || ',"seq":' || seq || ',"at":' || epoch_us(happened_at) || ',"actor":'
    || to_json(actor) || ',"event":' || body || ',"version":' || version || ',"taint":' || to_json(taint)
    || ',"generation":' || generation || '}', ',' ORDER BY place)
  || '],"payloads":{' || coalesce((SELECT string_agg('"' || digest || '":' || value, ',' ORDER BY p.place)
    FROM payloads p WHERE p.batch = e.batch), '') || '}}' AS data
FROM events e WHERE batch BETWEEN $first AND $last GROUP BY batch
"""

_KEPT: Final = f"""
INSERT INTO kept SELECT i.batch, i.data FROM incoming i LEFT JOIN ({_TEXTS}) t USING (batch)
WHERE t.data IS DISTINCT FROM i.data
"""  # noqa: S608 - only texts of our own are put together

_RESTORE: Final = f"""
SELECT data FROM kept WHERE batch BETWEEN $first AND $last
UNION ALL SELECT data FROM ({_TEXTS}) WHERE batch NOT IN (SELECT batch FROM kept)
"""  # noqa: S608 - only texts of our own are put together


def apply(cursor: duckdb.DuckDBPyConnection, batches: Sequence[tuple[int, bytes]]) -> tuple[tuple[str, int], ...]:
    """Add batches within the open transaction. Gives each run that they touch with each batch. Raises duckdb.Error."""
    fill(cursor, batches)
    cursor.execute(_EVENTS)
    if any(not data.endswith(b'"payloads":{}}') for _, data in batches):
        cursor.execute(_PAYLOADS)
    bounds = {"first": batches[0][0], "last": batches[-1][0]}
    cursor.execute(_KEPT, bounds)
    touched = cursor.execute("SELECT DISTINCT run_id, batch FROM events WHERE batch BETWEEN $first AND $last", bounds)
    return tuple(touched.fetchall())


def keep(cursor: duckdb.DuckDBPyConnection, batch: tuple[int, bytes]) -> None:
    """Take a batch as it is, without rows of its own: the database can't read it. Raises duckdb.Error."""
    fill(cursor, [batch])
    cursor.execute("INSERT INTO kept FROM incoming")


def fill(cursor: duckdb.DuckDBPyConnection, batches: Sequence[tuple[int, bytes]]) -> None:
    cursor.execute("TRUNCATE incoming")
    appender = cursor.appender("incoming")
    appender.append_rows([(number, data.decode()) for number, data in batches])
    appender.flush()


def restored(cursor: duckdb.DuckDBPyConnection, batch: int) -> bytes | None:
    """A batch as it was written, or None. Raises duckdb.Error."""
    row = cursor.execute(_RESTORE, {"first": batch, "last": batch}).fetchone()
    return str(row[0]).encode() if row is not None else None
