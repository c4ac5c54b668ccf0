import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import mntui
from mntui.core.plan import ToolSpec
from mntui.tools.base import ToolFailure
from mntui.tools.host import check_rules, failure_of
from mntui.tools.protocol import Ask, ask_of, decode_answer, encode_ask, framed, read_frame


@pytest.fixture
def host(world):
    """A host as a person would start it, its stream, and its exit code when the stream is closed."""
    ours, theirs = socket.socketpair()
    environ = {**os.environ, "PYTHONPATH": str(Path(mntui.__file__).parent.parent)}
    command = [sys.executable, "-m", "mntui.tools.host"]
    process = subprocess.Popen(
        command, stdin=theirs.fileno(), stdout=theirs.fileno(), cwd=world.folder, env=environ, start_new_session=True
    )
    theirs.close()
    with ours, ours.makefile("rwb") as stream:
        yield stream
    assert process.wait(timeout=30) == -9


def answered(stream, ask):
    stream.write(framed(encode_ask(ask)))
    stream.flush()
    return decode_answer(read_frame(stream.read))


def test_it_says_ready_describes_answers_and_ends_with_its_stream(world, host):
    assert read_frame(host.read) == b'"ready"'
    code = world.tools("def send(to: str, *, idempotency_key: str): 'Sends.'\ndef send_reconcile(to: str): pass\n")
    ask = Ask(3, "describe", "", {}, "", world.grants(), None, code)
    answer = answered(host, ask)
    assert answer.number == 3
    [tool] = answer.result
    assert tool["spec"]["use"] == "python.send"
    assert tool["spec"]["about"] == "Sends."
    assert (tool["takes_key"], tool["reconciles"], tool["reconcile_takes_key"]) == (True, True, False)
    answer = answered(host, ask_of(4, world.call("files.write", path="a", text="x")))
    assert answer.result["path"] == str(world.folder / "a")
    assert answered(host, ask_of(5, world.call("files.read", path="/etc/passwd"))).failure.kind == "Denied"


def test_a_class_named_not_sent_means_that_nothing_was_sent_whatever_it_derives_from():
    class NotSent(ValueError):
        pass

    class Offline(NotSent):
        pass

    for error in (NotSent("no"), Offline("no")):
        failure = failure_of(error)
        assert (failure.kind, failure.retryable, failure.not_sent) == ("NotSent", True, True)


def test_an_error_without_a_text_is_told_by_its_name():
    assert failure_of(ValueError()).message == "ValueError"
    assert len(failure_of(ValueError("x" * 10_000)).message) == 4000


def test_every_path_of_a_path_parameter_is_checked(world):
    spec = ToolSpec("python.x", "", {}, {}, None, paths={"where": "read"})
    (world.box / "a").write_text("a")
    check_rules(spec, world.call("python.x", grants=world.grants("where"), where=[f"{world.box}/a"]))
    with pytest.raises(ToolFailure):
        check_rules(spec, world.call("python.x", grants=world.grants("where"), where=[f"{world.box}/a", "/etc/passwd"]))
