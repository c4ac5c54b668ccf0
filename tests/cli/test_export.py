"""A run taken elsewhere: as a document, a page, a table, a trace, a bundle; and what is said where it can't be."""

import hashlib
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import duckdb
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from mntui.wire.bundle import read_bundle

WORK = """
models: {fast: {max_tokens: 50}}
tools: {post: {use: files.write}}
agents: {w: {role: executor, model: fast, instructions: "Say it."}}
steps:
  say: {agent: w, with: {text: "You owe 20 CHF."}}
  each: {for_each: "{{ [1, 2] }}", steps: {one: {tool: post, with: {path: "{{ item }}.txt", text: "x"}}}}
  long: {set: {text: "LONG"}}
outputs: {text: "{{ long.text }}"}
""".replace("LONG", "a long text " * 600)
ASKS = "steps: {ok: {approve: 'Send it?', show: {n: 1}}}"


@pytest.fixture
def run(shell: Any) -> str:
    return str(shell.started(WORK))


def exported(shell: Any, run: str, to: str) -> Any:
    told = shell("export", run, "--to", to, "--json")
    assert told.code == 0, told
    data = (shell.folder / told.json["file"]).read_bytes()
    assert (told.json["bytes"], told.json["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    return data


def test_json_is_one_document_with_answers_facts_and_large_values(shell, run):
    document = json.loads(exported(shell, run, "json"))
    assert document["state"]["status"] == "succeeded"
    assert [fact["id"] for fact in document["facts"]] == list(range(1, len(document["facts"]) + 1))
    assert document["outputs"]["ref"] == "payload"
    assert document["payloads"][document["outputs"]["digest"]]["text"].startswith("a long text")
    assert document["state_digest"] == shell("replay", run, "--json").json["state_digest"]


def test_a_page_is_markdown_with_the_outputs_whole(shell, run):
    text = exported(shell, run, "md").decode()
    assert text.startswith(f"# {run}\n")
    assert "a long text " * 500 in text
    assert shell("export", run, "--to", "md", "--out", "-").out == text


def test_a_table_has_a_row_a_fact_with_money_and_sentences(shell, run):
    exported(shell, run, "parquet")
    with duckdb.connect() as reader:
        rows = reader.execute(
            "SELECT seq, kind, path, model, tool, input_tokens > 0, sentence, event->>'$.kind' = kind "
            "FROM read_parquet(?)",
            [str(shell.folder / f"{run}.parquet")],
        ).fetchall()
    facts = shell("events", run, "--json").json
    assert [row[0] for row in rows] == [fact["id"] for fact in facts]
    assert all(row[7] for row in rows)
    assert any(row[1:6] == ("ModelAnswered", "say", None, None, True) for row in rows)
    assert {row[4] for row in rows} == {None, "post"}


def test_spans_as_a_file_are_otlp_json_with_ids_in_hex(shell, run):
    document = json.loads(exported(shell, run, "otel"))
    (resource,) = document["resourceSpans"]
    spans = resource["scopeSpans"][0]["spans"]
    run_id = shell("runs", "--json").json[0]["id"]
    assert {span["traceId"] for span in spans} == {run_id.replace("-", "")}
    by_id = {span["spanId"]: span for span in spans}
    assert all(len(span["spanId"]) == 16 for span in spans)
    (root,) = (span for span in spans if "parentSpanId" not in span)
    assert root["name"] == "invoke_workflow bench"
    chat = next(span for span in spans if span["name"].startswith("chat "))
    assert by_id[chat["parentSpanId"]]["name"] == "invoke_agent w"
    assert (chat["kind"], chat["status"]["code"]) == (3, 1)
    attributes = {each["key"]: each["value"] for each in chat["attributes"]}
    assert attributes["gen_ai.request.model"] == {"stringValue": "builtin/extractive"}
    assert int(attributes["gen_ai.usage.input_tokens"]["intValue"]) > 0
    assert int(root["startTimeUnixNano"]) <= int(chat["startTimeUnixNano"]) <= int(root["endTimeUnixNano"])


@pytest.fixture
def collector() -> Iterator[HTTPServer]:
    """An OTLP endpoint on this machine: takes protobuf, answers with `status`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            self.server.taken.append((self.path, self.headers["content-type"], body))
            self.send_response(self.server.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_words):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.taken, server.status = [], 200
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def url(server: HTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}"


def test_spans_go_to_the_endpoint_that_is_named(shell, run, collector):
    told = shell("export", run, "--to", "otel", "--endpoint", url(collector), "--json")
    assert (told.code, told.json["file"], told.json["endpoint"]) == (0, None, f"{url(collector)}/v1/traces")
    ((path, kind, body),) = collector.taken
    assert (path, kind) == ("/v1/traces", "application/x-protobuf")
    request = ExportTraceServiceRequest()
    request.ParseFromString(body)
    (scope,) = request.resource_spans[0].scope_spans
    assert len(scope.spans) == told.json["spans"]
    names = [span.name for span in scope.spans]
    assert names.count("execute_tool post") == 2
    assert not (shell.folder / f"{run}.otlp.json").exists()


def test_an_endpoint_that_refuses_is_told_with_its_reason(shell, run, collector):
    collector.status = 404
    told = shell("export", run, "--to", "otel", "--endpoint", url(collector), "--json")
    assert (told.code, told.json["error"]["code"]) == (1, "unreachable_endpoint")
    assert "404" in told.json["error"]["message"]
    assert told.err == ""


def test_an_endpoint_that_is_no_url_is_told(shell, run):
    told = shell("export", run, "--to", "otel", "--endpoint", "localhost:4318", "--json")
    assert (told.code, told.json["error"]["code"]) == (1, "unreachable_endpoint")


def test_without_the_extra_the_command_that_installs_it_is_told(shell, run, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "opentelemetry" or name == "mntui.cli.otel"]:
        monkeypatch.delitem(sys.modules, name)
    import mntui.cli

    monkeypatch.delattr(mntui.cli, "otel", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    told = shell("export", run, "--to", "otel", "--json")
    assert (told.code, told.json["error"]["code"]) == (3, "missing_extra")
    assert "pip install 'opentelemetry-sdk" in told.json["error"]["remedy"]


def test_a_bundle_is_the_same_each_time_and_holds_every_large_value(shell, run):
    data = exported(shell, run, "bundle")
    assert exported(shell, run, "bundle") == data
    bundle = read_bundle(data)
    assert bundle.run == run
    assert any("blueprint.yaml" in value for value in bundle.payloads.values() if isinstance(value, dict))


def test_a_run_that_goes_on_is_exported_as_far_as_it_has_come(shell):
    run = shell.started(ASKS)
    told = shell("export", run, "--to", "md", "--out", "page.md")
    assert "as far as it has come" in told.out
    assert "**waiting** for an approval" in (shell.folder / "page.md").read_text()


@pytest.mark.parametrize(
    "words",
    [
        ("--to", "pdf"),
        ("--to", "json", "--endpoint", "http://x"),
        ("--to", "parquet", "--out", "-"),
        ("--to", "md", "--out", "-", "--json"),
    ],
    ids=" ".join,
)
def test_what_makes_no_sense_is_wrong_usage(shell, words):
    assert shell("export", "any", *words).code == 2


@pytest.mark.parametrize("to", ["json", "parquet", "otel"])
def test_a_place_that_cannot_be_written_is_refused_and_nothing_is_left(shell, run, to):
    told = shell("export", run, "--to", to, "--out", "none/x", "--json")
    assert (told.code, told.json["error"]["code"]) == (3, "unwritable")
    (shell.folder / "taken").mkdir()
    assert shell("export", run, "--to", to, "--out", "taken").code == 3
    assert [path.name for path in shell.folder.iterdir() if path.name.startswith(".")] == []


def test_an_unknown_run_is_refused(shell):
    assert shell("export", "nobody", "--to", "md").code == 3
