"""A replay says what it found: the same state, or the fact and the line where it stops being so."""

import json
from typing import Any

import pytest

from mntui.wire.bundle import BEGINNING, line_of

ASKS = "steps:\n  n: {set: {n: 1}}\n  ok: {approve: 'Send it?', show: {n: 1}, needs: [n]}\n"


@pytest.fixture
def run(shell: Any) -> str:
    name = str(shell.started(ASKS))
    ask = shell("approvals", "--json").json[0]
    assert shell("approve", ask["id"], "--digest", ask["digest"]).code == 0
    return name


def bundled(shell: Any, run: str) -> Any:
    shell("export", run, "--to", "bundle", "--out", "it.bundle")
    return shell.folder / "it.bundle"


def forged(path: Any, change: Any) -> None:
    """A bundle with other bodies and a chain made anew."""
    written, prev = [], BEGINNING
    for index, line in enumerate(map(json.loads, path.read_bytes().splitlines())):
        change(line["kind"], line["body"])
        text, prev = line_of(index, line["kind"], line["body"], prev)
        written.append(text)
    path.write_bytes(b"".join(written))


def test_a_run_of_this_home_folds_and_each_fact_follows(shell, run):
    told = shell("replay", run, "--json").json
    assert (told["source"], told["same"], told["recorded_digest"]) == ("journal", True, None)
    assert f"{told['facts']} facts, state digest {told['state_digest']}" in shell("replay", run).out


def test_a_bundle_folds_to_the_state_that_it_recorded_without_any_worker(shell, run):
    path = bundled(shell, run)
    shell.open = None
    told = shell("replay", str(path), "--json")
    assert (told.code, told.json["same"], told.json["source"]) == (0, True, "bundle")
    assert told.json["state_digest"] == told.json["recorded_digest"]
    assert "same as recorded" in shell("replay", "it.bundle").out


def test_a_changed_byte_is_named_by_its_line(shell, run):
    path = bundled(shell, run)
    data = bytearray(path.read_bytes())
    place = data.index(b'"StepSucceeded"') + 3
    data[place] ^= 1
    path.write_bytes(data)
    line = data[:place].count(b"\n") + 1
    told = shell("replay", "it.bundle", "--json")
    assert (told.code, told.json["error"]["code"], told.json["error"]["line"]) == (3, "broken_bundle", line)
    text = shell("replay", "it.bundle").err
    assert f"line {line}: its content doesn't fit its hash (a fact was changed)" in text
    assert max(map(len, text.splitlines())) < 400


def test_a_fact_that_could_not_follow_is_named_though_the_chain_is_whole(shell, run):
    def change(kind, body):
        if kind == "fact" and body["event"]["kind"] == "ApprovalGranted":
            body["event"]["values"] = {"n": 2}
            body["event"]["edited"] = ["n"]

    path = bundled(shell, run)
    forged(path, change)
    told = shell("replay", "it.bundle", "--json")
    assert (told.code, told.json["same"]) == (1, False)
    assert told.json["divergence"]["kind"] == "ApprovalGranted"
    assert f"diverges at event {told.json['divergence']['seq']} (ApprovalGranted)" in shell("replay", "it.bundle").out


def test_another_state_than_recorded_is_told(shell, run):
    def change(kind, body):
        if kind == "trailer":
            body["state"] = "0" * 64

    path = bundled(shell, run)
    forged(path, change)
    told = shell("replay", "it.bundle")
    assert told.code == 1
    assert "not as recorded by mntui" in told.out


def test_a_file_that_is_not_there_or_is_no_bundle_is_refused(shell):
    (shell.folder / "x.bundle").write_text("no bundle")
    assert shell("replay", "x.bundle", "--json").json["error"]["code"] == "broken_bundle"
    assert shell("replay", "y.bundle", "--json").json["error"]["code"] == "missing_file"
    assert shell("replay", "nobody", "--json").json["error"]["code"] == "unknown_run"
