import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mntui.core.events import Fact, RunPaused, StepSucceeded
from mntui.core.messages import (
    Accepted,
    AskStatus,
    Denied,
    Happened,
    Opened,
    Payload,
    Question,
    Reply,
    RunFilter,
    RunRow,
    Start,
    Started,
    Update,
)
from mntui.core.plan import Plan
from mntui.core.requests import Pause, Request
from mntui.settings import Settings
from mntui.wire.frames import FRAME_BYTES, HEADER, framed
from mntui.wire.protocol import (
    Answer,
    Closing,
    Denial,
    Drain,
    End,
    Failure,
    News,
    Ping,
    Pong,
    QueryFrame,
    Rows,
    RunsFrame,
    SendFrame,
    StartFrame,
    StopWatch,
    WatchFrame,
    Welcome,
    Why,
)
from mntui.worker.server import Server
from tests.worker.talking import Talker, greeted, talker

PLAN = Plan("p", "1", "", {}, {}, {}, {}, {}, {}, (), {}, {})
AS_ROOT = pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")


def fact(seq: int, size: int = 0) -> Fact:
    return Fact("r", seq, seq, "p", StepSucceeded("a", "x" * size) if size else RunPaused())


class Played:
    """An engine that plays one part per run name; `gate` holds back what waits for it."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.sent: list[str] = []
        self.pulled = 0
        self.left = asyncio.Event()

    async def start(self, start: Start) -> Started | Denied:
        if start.blueprint == "broken":
            raise RuntimeError("a planted bug")
        return Started("r", "id", "/") if start.blueprint == "known" else Denied("no", "no such thing", "look again")

    async def send(self, run: str, request: Request, actor: str) -> Accepted | Denied:
        await self.gate.wait()
        self.sent.append(run)
        return Accepted(run, 1)

    async def watch(self, run: str, after: int = 0) -> AsyncIterator[Update]:
        if run == "unknown":
            raise LookupError("there is no run 'unknown'")
        yield Opened("id", run, PLAN, (fact(1),) if after < 1 else ())
        if run == "broken":
            raise KeyError("a planted bug")
        try:
            while run == "flood":
                self.pulled += 1
                yield Happened((fact(self.pulled + 1, 100_000),))
            await self.gate.wait()
        finally:
            self.left.set()

    async def runs(self, wanted: RunFilter) -> tuple[RunRow, ...]:
        return ()

    async def query(self, question: Question) -> Reply | Denied:
        return Payload("x" * (FRAME_BYTES + 1))


class Scene:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.engine = Played()
        self.drains: list[Why] = []
        self.server = Server(self.engine, Welcome(1, "0.1.0", 17), self.drains.append)


@pytest.fixture
async def scene(settings: Settings) -> AsyncIterator[Scene]:
    settings.runtime.mkdir(mode=0o700)
    scene = Scene(settings.socket)
    await scene.server.open(scene.path)
    yield scene
    await scene.server.farewell("ended")
    scene.server.hang_up()


@asynccontextmanager
async def watching(scene: Scene, run: str) -> AsyncIterator[Talker]:
    async with greeted(scene.path) as client:
        await client.say(WatchFrame(1, run))
        assert isinstance(await client.hear(), News)
        yield client


async def still_serves(scene: Scene) -> bool:
    async with greeted(scene.path) as client:
        await client.say(Ping(9))
        return await client.hear() == Pong(9)


# What is asked is answered


async def test_the_worker_greets_and_answers_each_question_under_its_id(scene: Scene):
    async with talker(scene.path) as client:
        assert await client.greet() == Welcome(1, "0.1.0", 17)
        await client.say(StartFrame(1, Start("known", "/")), StartFrame(2, Start("other", "/")))
        assert await client.hear() == Answer(1, Started("r", "id", "/"))
        assert await client.hear() == Denial(2, Denied("no", "no such thing", "look again"))
        await client.say(RunsFrame(3, RunFilter()), Ping(4))
        assert {await client.hear(), await client.hear()} == {Answer(3, Rows(())), Pong(4)}


async def test_a_slow_answer_holds_up_no_other(scene: Scene):
    async with greeted(scene.path) as client:
        await client.say(SendFrame(1, "r", Pause(), "me"), StartFrame(2, Start("known", "/")))
        assert await client.hear() == Answer(2, Started("r", "id", "/"))
        scene.engine.gate.set()
        assert await client.hear() == Answer(1, Accepted("r", 1))


async def test_a_watch_is_streamed_to_its_end(scene: Scene):
    async with watching(scene, "r") as client:
        scene.engine.gate.set()
        assert await client.hear() == End(1)


async def test_a_watch_that_is_stopped_lets_go_of_its_run_and_the_connection_goes_on(scene: Scene):
    async with watching(scene, "r") as client:
        await client.say(StopWatch(1))
        assert await client.hear() == End(1)
        assert scene.engine.left.is_set()
        await client.say(Ping(2))
        assert await client.hear() == Pong(2)


async def test_a_client_that_leaves_stops_its_watches(scene: Scene):
    async with watching(scene, "r"):
        pass
    await asyncio.wait_for(scene.engine.left.wait(), 5)


async def test_what_a_client_asked_before_it_left_is_carried_out(scene: Scene):
    async with greeted(scene.path) as client:
        await client.say(SendFrame(1, "r", Pause(), "me"), Ping(2))
        assert await client.hear() == Pong(2)
    while scene.server.clients:
        await asyncio.sleep(0)
    scene.engine.gate.set()
    while not scene.engine.sent:
        await asyncio.sleep(0)


async def test_an_unknown_run_is_told_from_a_bug(scene: Scene):
    async with greeted(scene.path) as client:
        await client.say(WatchFrame(1, "unknown"))
        assert await client.hear() == Failure(1, "unknown_run", "there is no run 'unknown'", "mntui runs lists them")


# What goes wrong goes wrong for one client only


async def test_a_bug_is_logged_with_its_traceback_and_answered_and_the_worker_lives(
    scene: Scene, caplog: pytest.LogCaptureFixture
):
    async with greeted(scene.path) as client:
        await client.say(StartFrame(1, Start("broken", "/")))
        failure = await client.hear()
        assert isinstance(failure, Failure)
        assert (failure.id, failure.code) == (1, "internal")
        assert "worker.log" in failure.remedy
        await client.say(WatchFrame(2, "broken"))
        assert isinstance(await client.hear(), News)
        failed_watch = await client.hear()
        assert isinstance(failed_watch, Failure)
        assert (failed_watch.id, failed_watch.code) == (2, "internal")
    assert caplog.text.count("Traceback") == 2
    assert "a planted bug" in caplog.text
    assert await still_serves(scene)


async def test_an_answer_too_large_for_a_frame_is_a_failure_of_its_question_alone(scene: Scene):
    async with greeted(scene.path) as client:
        await client.say(QueryFrame(1, AskStatus()))
        failure = await client.hear()
        assert isinstance(failure, Failure)
        assert "a frame holds" in failure.message
        await client.say(Ping(2))
        assert await client.hear() == Pong(2)


@pytest.mark.parametrize(
    "garbage", [b"{", b"\xff\x00", b"[]", b'{"id":5,"op":"teleport"}', b'{"id":5,"op":"watch"}', b""]
)
async def test_a_frame_that_can_not_be_read_is_answered_and_the_conversation_goes_on(scene: Scene, garbage: bytes):
    async with greeted(scene.path) as client:
        await client.say_bytes(framed(garbage))
        failure = await client.hear()
        assert isinstance(failure, Failure)
        assert failure.code == "malformed"
        assert failure.id == (5 if b"id" in garbage else 0)
        await client.say(Ping(2))
        assert await client.hear() == Pong(2)


@pytest.mark.parametrize(
    "noise", [HEADER.pack(FRAME_BYTES + 1), b"GET / HTTP/1.1\r\nHost: worker\r\n\r\n", b"\xff" * 64]
)
async def test_what_is_no_frame_ends_the_conversation_with_a_sentence(scene: Scene, noise: bytes):
    async with greeted(scene.path) as client:
        await client.say_bytes(noise)
        failure = await client.hear()
        assert isinstance(failure, Failure)
        assert failure.code == "malformed"
        assert "the most is 16777216" in failure.message
        assert await client.hear() is None
    assert await still_serves(scene)


async def test_a_conversation_begins_with_hello(scene: Scene):
    async with talker(scene.path) as client:
        await client.say(Ping(1))
        failure = await client.hear()
        assert isinstance(failure, Failure)
        assert "hello" in failure.message
        assert await client.hear() is None


async def test_an_end_in_the_middle_of_a_frame_harms_nobody(scene: Scene):
    async with greeted(scene.path) as client:
        await client.say_bytes(HEADER.pack(100) + b"half")
    assert await still_serves(scene)


async def test_the_id_of_a_watch_is_not_used_twice(scene: Scene):
    async with watching(scene, "r") as client:
        await client.say(WatchFrame(1, "r"))
        failure = await client.hear()
        assert isinstance(failure, Failure)
        assert "that of a watch" in failure.message


async def test_a_client_with_too_many_open_questions_is_told_so(scene: Scene):
    async with greeted(scene.path) as client:
        await client.say(*(SendFrame(number, "r", Pause(), "me") for number in range(1, 1026)))
        failure = await client.hear()
        assert isinstance(failure, Failure)
        assert (failure.id, failure.code) == (1025, "too_many")


async def test_a_watcher_that_does_not_read_is_not_read_for_either(scene: Scene):
    async with greeted(scene.path) as client:
        await client.say(WatchFrame(1, "flood"))
        assert await still_serves(scene)
        before = -1
        while before != scene.engine.pulled:
            before = scene.engine.pulled
            assert await still_serves(scene)
        assert scene.engine.pulled < 50, "at most what the sockets' buffers hold was taken from the engine"
        seqs = []
        while len(seqs) < 100:
            frame = await client.hear()
            assert isinstance(frame, News)
            assert isinstance(frame.body, Opened | Happened)
            seqs += [each.seq for each in frame.body.facts]
        assert seqs == list(range(1, len(seqs) + 1))


# Who may come


async def test_the_socket_is_private_to_its_user(scene: Scene):
    assert stat.S_IMODE(scene.path.stat().st_mode) == 0o600


@AS_ROOT
async def test_a_process_of_another_user_is_refused(scene: Scene):
    for path, mode in ((scene.path, 0o666), (scene.path.parent, 0o711), (scene.path.parent.parent, 0o711)):
        path.chmod(mode)
    program = (
        "import os, socket, sys\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n"
        "print(s.makefile('rb').read())\n"
    )
    stranger = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, scene.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    said, errors = await asyncio.wait_for(stranger.communicate(), 30)
    assert stranger.returncode == 0, errors
    assert b"belongs to another user" in said


async def test_a_socket_that_a_dead_worker_left_is_replaced(scene: Scene, tmp_path: Path):
    left = scene.path.with_name("left.sock")
    left.touch()
    server = Server(scene.engine, Welcome(1, "0.1.0", 17), scene.drains.append)
    await server.open(left)
    async with greeted(left) as client:
        await client.say(Ping(1))
        assert await client.hear() == Pong(1)
    server.refuse()
    assert not left.exists()


# How it goes


async def test_a_request_to_drain_is_handed_on_with_its_reason(scene: Scene):
    async with greeted(scene.path) as client:
        await client.say(Drain("replaced"), Ping(1))
        assert await client.hear() == Pong(1)
    assert scene.drains == ["replaced"]


async def test_a_worker_that_goes_takes_nothing_more_and_still_says_that_it_is_there(scene: Scene):
    async with greeted(scene.path) as client:
        scene.server.refuse()
        await client.say(StartFrame(1, Start("known", "/")), Ping(2))
        failure = await client.hear()
        assert isinstance(failure, Failure)
        assert (failure.id, failure.code) == (1, "draining")
        assert await client.hear() == Pong(2)
    with pytest.raises(FileNotFoundError):
        await asyncio.open_unix_connection(scene.path)


async def test_the_last_word_comes_after_the_answers_to_what_was_taken(scene: Scene):
    async with watching(scene, "r") as client:
        await client.say(SendFrame(2, "r", Pause(), "me"), Ping(3))
        assert await client.hear() == Pong(3)
        going = asyncio.create_task(scene.server.farewell("stopped"))
        await asyncio.sleep(0)
        scene.engine.gate.set()
        heard = [await client.hear() for _ in range(3)]
        assert Answer(2, Accepted("r", 1)) in heard
        assert heard[-1] == Closing("stopped")
        await going
        scene.server.hang_up()
        assert await client.hear() is None


async def test_where_an_answer_is_still_owed_the_last_word_is_not_said(scene: Scene):
    async with greeted(scene.path) as client:
        await client.say(SendFrame(1, "r", Pause(), "me"), Ping(2))
        assert await client.hear() == Pong(2)
        await scene.server.farewell("ended")
        assert await client.hear() is None


async def test_a_client_that_does_not_read_holds_up_no_farewell(scene: Scene):
    async with greeted(scene.path) as client:
        await client.say(WatchFrame(1, "flood"))
        while scene.engine.pulled < 3:
            await asyncio.sleep(0)
        await asyncio.wait_for(scene.server.farewell("ended"), 10)
        scene.server.hang_up()
