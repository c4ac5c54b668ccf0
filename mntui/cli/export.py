"""`mntui export`: a run as a document, a page, a table, a trace or a bundle. Everything comes through the engine."""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from mntui import __version__
from mntui.cli import documents
from mntui.cli.codes import DONE, FAILED
from mntui.cli.exits import Body, Refusal, refuse, wrong_usage
from mntui.cli.fetching import fetched
from mntui.cli.finding import folded, opened
from mntui.cli.output import Session, plain
from mntui.core.events import Fact
from mntui.core.export_markdown import markdown
from mntui.core.export_spans import spans
from mntui.core.frozen import frozen
from mntui.core.messages import Denied, Opened
from mntui.core.nine import nine
from mntui.core.references import references
from mntui.core.run import Run
from mntui.core.state_digest import state_digest
from mntui.core.telling import tell
from mntui.core.values import Json
from mntui.engines.base import Engine
from mntui.wire.bundle import bundle_bytes

ENDINGS: Final[Mapping[str, str]] = {
    "json": ".json",
    "md": ".md",
    "parquet": ".parquet",
    "otel": ".otlp.json",
    "bundle": ".bundle",
}
STDOUT: Final = "-"


@frozen
class Wanted:
    """What a person typed: the kind, the file ("" for its own name here, - for stdout), an OTLP endpoint."""

    to: str
    out: str = ""
    endpoint: str = ""


@frozen
class Taken:
    """A run as it was read, once, for whatever it becomes."""

    first: Opened
    run: Run
    payloads: Mapping[str, Json]


def export(wanted_run: str, wanted: Wanted) -> Body:
    async def body(session: Session) -> int:
        _check(wanted, as_document=session.json)
        async with session.engine() as engine:
            first = await opened(engine, wanted_run)
            taken = Taken(first, folded(first), await _payloads(engine, first.facts))
        if wanted.to == "otel":
            return _otel(session, wanted, taken)
        if wanted.to == "parquet":
            return _told(session, wanted, taken, _parquet(session, wanted, taken))
        return _written(session, wanted, taken, _RENDERED[wanted.to](taken))

    return body


def _check(wanted: Wanted, *, as_document: bool) -> None:
    if wanted.to not in ENDINGS:
        raise wrong_usage(f"a run can't become {wanted.to}", f"--to is one of {', '.join(ENDINGS)}.")
    if wanted.endpoint and wanted.to != "otel":
        raise wrong_usage("--endpoint is where spans are sent", "Write --to otel, or leave it out.")
    if wanted.out == STDOUT and as_document:
        raise wrong_usage("--json tells about the file, so it can't go to stdout as well", "Leave one of them out.")
    if wanted.out == STDOUT and wanted.to == "parquet":
        raise wrong_usage("Parquet isn't text", "Name a file: --out FILE.")


async def _payloads(engine: Engine, facts: tuple[Fact, ...]) -> dict[str, Json]:
    refs = {ref.digest: ref for fact in facts for ref in references(fact.event)}
    return {digest: await fetched(engine, ref) for digest, ref in refs.items()}


# What a run becomes


def _json(taken: Taken) -> bytes:
    """The nine answers, every fact and every large value, as one document."""
    run = taken.run
    document = {
        "mntui": __version__,
        "state_digest": state_digest(run),
        **documents.nine_document(run, nine(run)),
        "facts": [documents.fact_document(fact, run.name) for fact in taken.first.facts],
        "payloads": taken.payloads,
    }
    return json.dumps(plain(document), ensure_ascii=False, indent=2).encode() + b"\n"


def _md(taken: Taken) -> bytes:
    outputs = taken.run.outputs
    whole = taken.payloads.get(getattr(outputs, "digest", ""), outputs)
    return markdown(taken.run, taken.first.facts, whole).encode()


def _bundle(taken: Taken) -> bytes:
    run = taken.run
    return bundle_bytes(run.id, run.name, taken.first.facts, taken.payloads, __version__, state_digest(run))


_RENDERED: Final[Mapping[str, Callable[[Taken], bytes]]] = {"json": _json, "md": _md, "bundle": _bundle}


def _parquet(session: Session, wanted: Wanted, taken: Taken) -> Path:
    from mntui.tools.parquet import ParquetFailed, write_parquet

    target = _target(session, wanted, taken.run)
    fresh = _fresh(target)
    try:
        write_parquet(fresh, [_row(taken.run, fact) for fact in taken.first.facts])
        fresh.replace(target)
    except (ParquetFailed, OSError) as error:
        fresh.unlink(missing_ok=True)
        raise _unwritable(target, error) from error
    return target


def _row(run: Run, fact: Fact) -> dict[str, Json]:
    event = fact.event
    told = tell(event)
    usage, cost, problem = (getattr(event, name, None) for name in ("usage", "cost", "problem"))
    named = {name: getattr(event, name, None) for name in ("call", "attempt", "model", "tool", "effect")}
    return {
        "run": run.name,
        "run_id": run.id,
        "blueprint": run.blueprint,
        "seq": fact.seq,
        "happened_at": fact.at,
        "kind": event.kind,
        "actor": fact.actor,
        "path": told.path,
        **named,
        "input_tokens": None if usage is None else usage.input_tokens,
        "output_tokens": None if usage is None else usage.output_tokens + usage.thinking_tokens,
        "cost_micros": None if cost is None else cost.micros,
        "milliseconds": getattr(event, "milliseconds", None),
        "problem": None if problem is None else problem.message,
        "sentence": told.sentence,
        "event": json.dumps(plain(event), ensure_ascii=False),
    }


def _otel(session: Session, wanted: Wanted, taken: Taken) -> int:
    try:
        from mntui.cli import otel
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("opentelemetry"):
            raise
        raise refuse(
            "missing_extra",
            "spans need OpenTelemetry's own library, which isn't installed",
            "python -m pip install 'opentelemetry-sdk>=1.45' 'opentelemetry-exporter-otlp-proto-http>=1.45'",
        ) from error
    made = otel.sdk_spans(taken.run, spans(taken.run, taken.first.facts))
    if wanted.endpoint:
        try:
            where = otel.send(made, wanted.endpoint)
        except otel.NotSent as error:
            remedy = "Look whether it listens and takes OTLP over HTTP (protobuf), for example http://127.0.0.1:4318"
            denied = Denied("unreachable_endpoint", f"{wanted.endpoint} didn't take the spans: {error}", remedy)
            raise Refusal(denied, FAILED) from error
        if not wanted.out:
            document = {"run": taken.run.name, "to": "otel", "file": None, "endpoint": where, "spans": len(made)}
            session.answer(
                {**document, "bytes": None, "sha256": None}, f"{len(made)} spans of {taken.run.name} went to {where}"
            )
            return DONE
    return _written(session, wanted, taken, otel.otlp_json(made))


# Where it goes


def _written(session: Session, wanted: Wanted, taken: Taken, data: bytes) -> int:
    if wanted.out == STDOUT:
        session.around.stdout.write(data.decode())
        session.around.stdout.flush()
        return DONE
    target = _target(session, wanted, taken.run)
    fresh = _fresh(target)
    try:
        fresh.write_bytes(data)
        fresh.replace(target)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise _unwritable(target, error) from error
    return _told(session, wanted, taken, target)


def _target(session: Session, wanted: Wanted, run: Run) -> Path:
    return session.around.cwd / Path(wanted.out or f"{run.name}{ENDINGS[wanted.to]}").expanduser()


def _fresh(target: Path) -> Path:
    """Beside the file: whoever looks sees the whole one or none."""
    return target.with_name(f".{target.name}.{os.getpid()}")


def _unwritable(target: Path, error: OSError) -> Refusal:
    return refuse("unwritable", f"{target} can't be written: {error.strerror or error}", "Name another: --out FILE.")


def _told(session: Session, wanted: Wanted, taken: Taken, target: Path) -> int:
    data = target.read_bytes()
    document = {
        "run": taken.run.name,
        "to": wanted.to,
        "file": str(target),
        "endpoint": None,
        "spans": None,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    going = "" if taken.run.ended else "; the run goes on, and this is as far as it has come"
    session.answer(document, f"{taken.run.name} is in {target} ({len(data):,} bytes{going})")
    return DONE
