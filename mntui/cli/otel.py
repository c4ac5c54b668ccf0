"""Spans through OpenTelemetry's own SDK: to an endpoint that a person names, or as a file in the form of OTLP's JSON.

The only home of opentelemetry, an optional extra: whoever imports this file finds out whether it is installed.
Deliberately absent: a tracer of a running process. A run's spans are read off its journal, whenever that is.
"""

import base64
import json
import logging
from collections.abc import Sequence
from contextlib import closing
from urllib.parse import urlsplit, urlunsplit

from google.protobuf.json_format import MessageToDict
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from mntui import __version__
from mntui.core.export_spans import Span, trace_id
from mntui.core.run import Run
from mntui.core.values import Json

NANOS = 1000
SENDING_SECONDS = 10.0
TRACES = "/v1/traces"
SPANS_A_REQUEST = 512

_STATUS = {"": StatusCode.UNSET, "ok": StatusCode.OK, "error": StatusCode.ERROR}


class NotSent(ConnectionError):
    """The endpoint didn't take the spans; what the library said of it."""


def sdk_spans(run: Run, found: Sequence[Span]) -> list[ReadableSpan]:
    """The spans as the SDK's own, under one resource: mntui, its version."""
    resource = Resource({"service.name": "mntui", "service.version": __version__})
    scope = InstrumentationScope("mntui", __version__)
    return [_sdk_span(run, span, resource, scope) for span in found]


def _sdk_span(run: Run, span: Span, resource: Resource, scope: InstrumentationScope) -> ReadableSpan:
    return ReadableSpan(
        span.name,
        context=_context(run, span.id),
        parent=None if span.parent is None else _context(run, span.parent),
        resource=resource,
        attributes=dict(span.attributes),
        events=[Event(each.name, dict(each.attributes), each.at * NANOS) for each in span.events],
        kind=SpanKind.CLIENT if span.client else SpanKind.INTERNAL,
        status=Status(_STATUS[span.status], span.message or None),
        start_time=span.started_at * NANOS,
        end_time=span.ended_at * NANOS,
        instrumentation_scope=scope,
    )


def _context(run: Run, number: int) -> SpanContext:
    return SpanContext(trace_id(run.id), number, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


# To an endpoint


def send(made: Sequence[ReadableSpan], endpoint: str) -> str:
    """Send them over OTLP/HTTP; gives the URL that took them. Raises NotSent.

    OTEL_EXPORTER_OTLP_HEADERS and the certificates' variables count, as the library reads them.
    """
    where = url_of(endpoint)
    with _Listening() as said, closing(_Exporter(where)) as exporter:
        for first in range(0, len(made), SPANS_A_REQUEST):
            if exporter.export(made[first : first + SPANS_A_REQUEST]) is not SpanExportResult.SUCCESS:
                raise NotSent("; ".join(dict.fromkeys(said)) or "it gave no reason")
    return where


class _Exporter(OTLPSpanExporter):
    def __init__(self, where: str) -> None:
        super().__init__(endpoint=where, timeout=SENDING_SECONDS)

    def close(self) -> None:
        self.shutdown()  # type: ignore[no-untyped-call]


def url_of(endpoint: str) -> str:
    """The signal's own URL: an endpoint without a path gets the one that OTLP names. Raises NotSent."""
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise NotSent("an endpoint is a URL that begins with http:// or https://")
    return urlunsplit(parts._replace(path=parts.path if parts.path.strip("/") else TRACES))


class _Listening(logging.Handler):
    """What the library logs while it works, instead of on the person's screen: it is why something failed."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said: list[str] = []
        self._logger = logging.getLogger("opentelemetry")
        self._propagated = self._logger.propagate

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(record.getMessage().partition("\n")[0])

    def __enter__(self) -> list[str]:
        self._logger.addHandler(self)
        self._logger.propagate = False
        return self._said

    def __exit__(self, *_error: object) -> None:
        self._logger.removeHandler(self)
        self._logger.propagate = self._propagated


# As a file


def otlp_json(made: Sequence[ReadableSpan]) -> bytes:
    """OTLP's JSON: protobuf's own mapping, but for ids in hex and enums as numbers, as its specification says."""
    message = MessageToDict(encode_spans(made), use_integers_for_enums=True)
    return json.dumps(_with_hex_ids(message), ensure_ascii=False, indent=1).encode() + b"\n"


def _with_hex_ids(value: Json) -> Json:
    if isinstance(value, list):
        return [_with_hex_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    ids = {"traceId", "spanId", "parentSpanId"}
    return {key: base64.b64decode(item).hex() if key in ids else _with_hex_ids(item) for key, item in value.items()}
