import fcntl
import hashlib
import os

import pytest

from mntui.tools.append import TAIL_BYTES
from mntui.tools.base import ToolFailure
from mntui.tools.files import operate

TEXT = "spam: ä\n"
DATA = TEXT.encode()


@pytest.fixture
def log(world):
    return world.folder / "spam.log"


def prepared(world):
    return operate(world.call("files.append", "prepare", path="spam.log", text=TEXT))


def append(world, intent):
    return operate(world.call("files.append", path="spam.log", text=TEXT, intent=intent))


def reconcile(world, intent):
    return operate(world.call("files.append", "reconcile", path="spam.log", text=TEXT, intent=intent))


def test_text_is_added_at_the_end_and_the_digest_is_that_of_the_text(world, log):
    log.write_text("old\n")
    found = append(world, prepared(world))
    assert log.read_text() == "old\n" + TEXT
    assert found == {"path": str(log), "digest": hashlib.sha256(DATA).hexdigest()}


def test_a_missing_file_and_its_folder_are_made(world):
    call = world.call("files.append", path="logs/a.log", text="x")
    intent = operate(world.call("files.append", "prepare", path="logs/a.log", text="x"))
    assert intent["offset"] == 0
    assert not (world.folder / "logs").exists()
    operate(call)
    assert (world.folder / "logs/a.log").read_text() == "x"


@pytest.mark.parametrize("old", [None, b"", b"old\n", b"x" * (TAIL_BYTES + 5)])
@pytest.mark.parametrize("arrived", range(len(DATA) + 1))
def test_after_every_partial_state_reconcile_and_call_leave_the_text_once(world, log, old, arrived):
    if old is not None:
        log.write_bytes(old)
    intent = prepared(world)
    if old is not None or arrived:
        log.write_bytes((old or b"") + DATA[:arrived])
    found = reconcile(world, intent)
    assert (found is not None) == (arrived == len(DATA))
    if found is None:
        assert not log.exists() or log.read_bytes() == (old or b"")
        found = append(world, intent)
    assert found["digest"] == hashlib.sha256(DATA).hexdigest()
    assert log.read_bytes() == (old or b"") + DATA


@pytest.mark.parametrize("arrived", range(len(DATA) + 1))
def test_a_second_call_with_the_same_intent_completes_the_first(world, log, arrived):
    log.write_bytes(b"old\n")
    intent = prepared(world)
    log.write_bytes(b"old\n" + DATA[:arrived])
    append(world, intent)
    assert log.read_bytes() == b"old\n" + DATA


def test_text_that_others_wrote_behind_it_stays(world, log):
    intent = prepared(world)
    append(world, intent)
    with log.open("a") as file:
        file.write("others\n")
    assert reconcile(world, intent) is not None
    append(world, intent)
    assert log.read_text() == TEXT + "others\n"


def test_a_file_that_others_changed_before_the_call_is_not_touched_and_said_so(world, log):
    log.write_text("old\n")
    intent = prepared(world)
    log.write_text("old\nothers\n")
    with pytest.raises(ToolFailure) as caught:
        append(world, intent)
    assert (caught.value.kind, caught.value.retryable, caught.value.not_sent) == ("Changed", True, True)
    assert log.read_text() == "old\nothers\n"


@pytest.mark.parametrize("now", [b"old\nothers, longer\n", b"other\n", b"ol", b"", None])
def test_where_the_file_cannot_tell_reconcile_is_in_doubt(world, log, now):
    log.write_bytes(b"old\n")
    intent = prepared(world)
    log.unlink()
    if now is not None:
        log.write_bytes(now)
    with pytest.raises(ToolFailure) as caught:
        reconcile(world, intent)
    assert (caught.value.kind, caught.value.retryable, caught.value.not_sent) == ("InDoubt", False, False)


def test_an_intent_of_another_file_is_in_doubt(world, log):
    intent = {**prepared(world), "path": "/elsewhere"}
    with pytest.raises(ToolFailure, match="changed by somebody else"):
        reconcile(world, intent)


def test_without_an_intent_reconcile_is_in_doubt(world):
    with pytest.raises(ToolFailure) as caught:
        reconcile(world, None)
    assert caught.value.kind == "InDoubt"


def test_a_late_attempt_that_still_writes_keeps_others_out(world, log):
    log.write_text("old\n")
    intent = prepared(world)
    with log.open("a") as late:
        fcntl.flock(late, fcntl.LOCK_EX)
        with pytest.raises(ToolFailure) as caught:
            append(world, intent)
    assert (caught.value.kind, caught.value.retryable, caught.value.not_sent) == ("Busy", True, True)


def test_appending_is_held_against_the_rules_when_it_is_prepared(world):
    with pytest.raises(ToolFailure) as caught:
        operate(world.call("files.append", "prepare", path="/etc/motd", text="x"))
    assert caught.value.kind == "Denied"
    os.mkfifo(world.folder / "pipe")
    with pytest.raises(ToolFailure) as caught:
        operate(world.call("files.append", path="pipe", text="x"))
    assert caught.value.kind == "NotAFile"
