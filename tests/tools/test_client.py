import asyncio
import os
import signal
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mntui.tools.base import ToolFailure
from mntui.tools.client import HostSettings, ToolHost, no_crash

TOOLS = """
import os, sys, time, subprocess
from pathlib import Path

class NotSent(Exception): pass
class Unprintable(Exception):
    def __str__(self): raise ValueError("no")

print("imported")
seen = []

def send(to: str, *, idempotency_key: str) -> dict:
    seen.append(to)
    return {"to": to, "key": idempotency_key, "seen": len(seen)}

def send_reconcile(to: str, *, idempotency_key: str):
    return {"key": idempotency_key} if to == "known" else None

def raises(name: str, message: str = "no"):
    raise {**globals(), **__builtins__}[name](message)

def leave():
    sys.exit(3)

def chatter():
    print("a" * 100_000)
    os.write(1, b"\\x00\\x00\\x00\\x05hello")
    subprocess.run(["echo", "from a child"], check=True)
    return {"input": sys.stdin.read(), "argv": sys.argv[0]}

def returns(what: str):
    return {"set": {1}, "nan": float("nan"), "none": None, "text": "x"}[what]

def surroundings():
    return {"cwd": os.getcwd(), "environ": dict(os.environ), "path": sys.path, "core": os.getsid(0) == os.getpid()}

def look(where: Path):
    return {"type": type(where).__name__, "text": where.read_text()}

async def later(x: int):
    return {"x": x}

def wait_for(name: str):
    Path(name + ".began").touch()
    while not Path(name).exists():
        time.sleep(0.005)
    return "done"

def children(name: str):
    script = "import os, time; os.fork(); os.fork(); time.sleep(1000)"
    subprocess.Popen([sys.executable, "-c", script])
    if os.fork() == 0:
        time.sleep(1000)
    Path(name).touch()
    time.sleep(1000)

def die():
    os.kill(os.getpid(), 9)
"""


@pytest.fixture
def code(world):
    return world.tools(TOOLS)


@asynccontextmanager
async def hosting(world, crash=no_crash, crash_at="", env=None, folder=None):
    environ = {"PATH": os.environ["PATH"], **(env or {})}
    settings = HostSettings(str(folder or world.folder), environ, world.root / "host.log", crash_at=crash_at)
    host = ToolHost(settings, crash)
    try:
        yield host
    finally:
        await host.aclose()


async def until(condition):
    while not condition():
        await asyncio.sleep(0.005)


async def failing(awaitable):
    with pytest.raises(ToolFailure) as caught:
        await awaitable
    return caught.value


def alive_in_group(group):
    """Processes of a group that aren't zombies."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[2]) == group and fields[0] != "Z":
                found.append(int(entry.name))
    return found


async def test_a_function_is_called_with_its_arguments_and_the_key(world, code):
    async with hosting(world) as host:
        assert await host.call(world.call("python.send", code=code, key="k1", to="a")) == {
            "to": "a",
            "key": "k1",
            "seen": 1,
        }
        assert (await host.call(world.call("python.send", code=code, key="k2", to="b")))["seen"] == 2


async def test_reconcile_says_what_happened_or_null(world, code):
    async with hosting(world) as host:
        known = world.call("python.send", "reconcile", code=code, key="k1", to="known")
        assert await host.call(known) == {"key": "k1"}
        assert await host.call(world.call("python.send", "reconcile", code=code, to="x")) is None
        failure = await failing(host.call(world.call("python.leave", "reconcile", code=code)))
        assert failure.kind == "UnknownTool"
        assert await host.call(world.call("python.send", "prepare", code=code, to="x")) is None


@pytest.mark.parametrize(
    ("name", "kind", "retryable", "not_sent"),
    [
        ("NotSent", "NotSent", True, True),
        ("ConnectionError", "ConnectionError", True, False),
        ("ConnectionResetError", "ConnectionResetError", True, False),
        ("TimeoutError", "TimeoutError", True, False),
        ("FileNotFoundError", "FileNotFoundError", True, False),
        ("ValueError", "ValueError", False, False),
        ("KeyboardInterrupt", "KeyboardInterrupt", False, False),
    ],
)
async def test_what_a_function_raises_is_told_as_data(world, code, name, kind, retryable, not_sent):
    async with hosting(world) as host:
        failure = await failing(host.call(world.call("python.raises", code=code, name=name)))
        told = (failure.kind, failure.message, failure.retryable, failure.not_sent)
        assert told == (kind, "no", retryable, not_sent)


async def test_nothing_that_a_function_raises_ends_the_host(world, code):
    async with hosting(world) as host:
        assert (await failing(host.call(world.call("python.leave", code=code)))).kind == "SystemExit"
        failure = await failing(host.call(world.call("python.raises", code=code, name="Unprintable")))
        assert failure.message == "(can't be told: ValueError)"
        failure = await failing(host.call(world.call("python.raises", code=code, name="ValueError", message="\ud800")))
        assert failure.message == "?"
        assert (await host.call(world.call("python.send", code=code, to="a")))["seen"] == 1


async def test_prints_go_to_the_log_and_never_into_the_answers(world, code):
    async with hosting(world) as host:
        found = await host.call(world.call("python.chatter", code=code))
        assert found["input"] == ""
    log = (world.root / "host.log").read_bytes()
    assert b"a" * 100_000 in log
    assert b"from a child" in log
    assert b"hello" in log


async def test_a_result_that_is_no_json_is_a_failure_after_the_fact(world, code):
    async with hosting(world) as host:
        for what in ("set", "nan"):
            failure = await failing(host.call(world.call("python.returns", code=code, what=what)))
            assert (failure.kind, failure.retryable, failure.not_sent) == ("BadResult", False, False)
        assert await host.call(world.call("python.returns", code=code, what="none")) is None
        assert await host.call(world.call("python.returns", code=code, what="text")) == "x"


async def test_a_function_sees_its_folder_and_the_named_variables_only(world, code):
    (world.folder / "json.py").write_text("raise SystemExit('code from a run')")
    (world.folder / "sitecustomize.py").write_text("raise SystemExit('code from a run')")
    user = world.folder / f".local/lib/python{os.sys.version_info[0]}.{os.sys.version_info[1]}/site-packages"
    user.mkdir(parents=True)
    (user / "x.pth").write_text("import os; os._exit(3)\n")
    env = {"SMTP_PASSWORD": "s", "HOME": str(world.folder), "PYTHONPATH": str(world.folder)}
    async with hosting(world, env=env) as host:
        found = await host.call(world.call("python.surroundings", code=code))
    assert found["cwd"] == str(world.folder)
    extra = {name: value for name, value in found["environ"].items() if name not in ("PATH", "LC_CTYPE")}
    assert extra == env
    assert str(world.folder) not in found["path"]
    assert found["path"][-1] == str(world.blueprint)
    assert found["core"]
    assert not (world.blueprint / "__pycache__").exists()


async def test_a_path_parameter_is_held_against_the_rules(world, code):
    (world.box / "a").write_text("a")
    async with hosting(world) as host:
        allowed = world.call("python.look", code=code, grants=world.grants("where"), where=f"{world.box}/a")
        assert await host.call(allowed) == {"type": "PosixPath", "text": "a"}
        failure = await failing(host.call(world.call("python.look", code=code, where="/etc/passwd")))
        assert (failure.kind, failure.not_sent) == ("Denied", True)


async def test_a_coroutine_function_is_awaited(world, code):
    async with hosting(world) as host:
        assert await host.call(world.call("python.later", code=code, x=1)) == {"x": 1}


async def test_a_file_that_cannot_be_imported_was_not_sent(world):
    async with hosting(world) as host:
        for text, kind in (("import nothing_like_this", "ModuleNotFoundError"), ("def f(:", "SyntaxError")):
            (world.blueprint / f"{kind}.py").write_text(text)
            tools = text + "\ndef f(): pass\n"
            (world.blueprint / f"{kind}.py").write_text(tools)
            failure = await failing(host.call(world.call("python.f", code=f"{world.blueprint}/{kind}.py")))
            assert (failure.kind, failure.retryable, failure.not_sent) == (kind, False, True)


async def test_only_functions_written_in_the_file_are_tools(world, code):
    async with hosting(world) as host:
        for name in ("seen", "Path", "_hidden", "send_reconcile", "nothing", "__import__"):
            failure = await failing(host.call(world.call(f"python.{name}", code=code)))
            assert (failure.kind, failure.not_sent) == ("UnknownTool", True)
        assert (await failing(host.call(world.call("shell.walk")))).kind == "UnknownTool"


async def test_calls_run_beside_each_other(world, code):
    async with hosting(world) as host:
        slow = asyncio.create_task(host.call(world.call("python.wait_for", code=code, name="go")))
        await until((world.folder / "go.began").exists)
        assert (await host.call(world.call("python.send", code=code, to="a")))["to"] == "a"
        assert host.calls_in_flight == 1
        (world.folder / "go").touch()
        assert await slow == "done"


async def test_a_slow_call_is_killed_and_the_others_there_are_lost(world, code):
    async with hosting(world) as host:
        other = asyncio.create_task(host.call(world.call("python.wait_for", code=code, name="go")))
        await until((world.folder / "go.began").exists)
        slow = await failing(host.call(world.call("python.wait_for", code=code, name="never", seconds=0.2)))
        assert (slow.kind, slow.retryable, slow.not_sent) == ("TimeoutError", True, False)
        assert "took longer than 0.2 s" in slow.message
        lost = await failing(other)
        assert (lost.kind, lost.retryable, lost.not_sent) == ("LostConnection", True, False)
        assert (await host.call(world.call("python.send", code=code, to="a")))["seen"] == 1


async def test_a_timeout_kills_every_child(world, code):
    async with hosting(world) as host:
        call = asyncio.create_task(host.call(world.call("python.children", code=code, name="born", seconds=60)))
        await until((world.folder / "born").exists)
        group = host.pid
        await until(lambda: len(alive_in_group(group)) >= 6)
        await host.aclose()
        assert (await failing(call)).kind == "LostConnection"
        await until(lambda: not alive_in_group(group))


async def test_children_that_hold_the_connection_do_not_hide_a_death(world, code):
    async with hosting(world) as host:
        call = asyncio.create_task(host.call(world.call("python.children", code=code, name="born")))
        await until((world.folder / "born").exists)
        group = host.pid
        os.kill(group, signal.SIGKILL)
        assert (await failing(call)).kind == "LostConnection"
        await until(lambda: not alive_in_group(group))


async def test_a_host_that_died_is_started_again(world, code):
    async with hosting(world) as host:
        failure = await failing(host.call(world.call("python.die", code=code)))
        assert (failure.kind, failure.retryable, failure.not_sent) == ("LostConnection", True, False)
        assert (await host.call(world.call("python.send", code=code, to="a")))["seen"] == 1
        first = host.pid
        os.kill(first, signal.SIGKILL)
        await until(lambda: host.pid is None)
        assert (await host.call(world.call("python.send", code=code, to="a")))["seen"] == 1
        assert host.pid != first


async def test_a_cancelled_caller_lets_its_call_end(world, code):
    async with hosting(world) as host:
        call = asyncio.create_task(host.call(world.call("python.wait_for", code=code, name="go")))
        await until((world.folder / "go.began").exists)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert host.calls_in_flight == 1
        (world.folder / "go").touch()
        await until(lambda: host.calls_in_flight == 0)
        assert host.pid is not None


async def test_the_host_dies_with_its_worker(world, code):
    async with hosting(world) as host:
        call = asyncio.create_task(host.call(world.call("python.children", code=code, name="born")))
        await until((world.folder / "born").exists)
        group = host.pid
        host._process.writer.close()  # What the system does to a worker's sockets when it is killed.
        await until(lambda: not alive_in_group(group))
        assert (await failing(call)).kind == "LostConnection"


async def test_crash_points_of_the_worker_are_passed_in_order(world, code):
    passed = []
    async with hosting(world, passed.append) as host:
        await host.call(world.call("python.send", code=code, to="a"))
        await failing(host.call(world.call("python.leave", code=code)))
    assert passed == ["tool.before_send", "tool.after_send", "tool.after_reply"] * 2


@pytest.mark.parametrize(("point", "written"), [("before_call:2", False), ("after_call:2", True)])
async def test_crash_points_of_the_host_strike_once(world, point, written):
    async with hosting(world, crash_at=point, folder="/") as host:
        await host.call(world.call("files.write", path="a", text="1"))
        lost = await failing(host.call(world.call("files.write", path="b", text="2")))
        assert lost.kind == "LostConnection"
        assert (world.folder / "b").exists() == written
        for name in ("b", "c", "d"):
            await host.call(world.call("files.write", path=name, text="2"))
        assert (world.folder / "d").read_text() == "2"


async def test_a_host_that_cannot_start_was_not_sent(world):
    async with hosting(world, folder=world.root / "nowhere") as host:
        failure = await failing(host.call(world.call("files.list", path=".")))
        assert (failure.kind, failure.retryable, failure.not_sent) == ("HostFailed", True, True)


async def test_arguments_that_are_no_json_were_not_sent(world, code):
    async with hosting(world) as host:
        failure = await failing(host.call(world.call("python.send", code=code, to={1})))
        assert (failure.kind, failure.not_sent) == ("BadArguments", True)


async def test_large_arguments_and_results_travel(world):
    text = "ä\n" * 2_000_000
    async with hosting(world, folder="/") as host:
        await asyncio.gather(
            *(host.call(world.call("files.write", path=f"{number}", text=text)) for number in range(3))
        )
        found = await host.call(world.call("files.read", path="2"))
    assert found["text"] == text
