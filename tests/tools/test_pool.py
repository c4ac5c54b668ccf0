import asyncio
import os
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mntui.tools.base import Grants, Pattern, ToolFailure
from mntui.tools.pool import HostPool, PoolSettings

TOOLS = """
import os

def who(): return {"pid": os.getpid(), "environ": dict(os.environ)}

def escape():
    "A grandchild in a session of its own, and no end."
    import time
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            open("escaped.part", "w").write(str(os.getpid()))
            os.rename("escaped.part", "escaped")
            time.sleep(600)
        os._exit(0)
    time.sleep(600)
"""


@asynccontextmanager
async def pooling(idle_seconds=60.0, log=None, environ=None):
    pool = HostPool(PoolSettings({"SECRET": "s", **(environ or os.environ)}, log, idle_seconds))
    try:
        yield pool
    finally:
        await pool.aclose()


async def failing(awaitable):
    with pytest.raises(ToolFailure) as caught:
        await awaitable
    return caught.value


async def test_every_builtin_tool_works_through_its_process(world):
    (world.box / "a.csv").write_text("n;x\n1;2.50\n2;0.10\n")
    async with pooling() as pool:
        path = f"{world.box}/a.csv"
        assert await pool.call(world.call("files.list", path=str(world.box))) == {"files": [path]}
        assert (await pool.call(world.call("files.read", path=path)))["text"].startswith("n;x")
        written = await pool.call(world.call("files.write", path="out/b.txt", text="hello"))
        assert Path(written["path"]).read_text() == "hello"
        arguments = {"path": "spam.log", "text": "x\n"}
        intent = await pool.call(world.call("files.append", "prepare", **arguments))
        appended = await pool.call(world.call("files.append", intent=intent, **arguments))
        assert await pool.call(world.call("files.append", "reconcile", intent=intent, **arguments)) == appended
        assert (world.folder / "spam.log").read_text() == "x\n"
        table = {"path": path, "types": {"x": "decimal(18,2)"}}
        found = await pool.call(
            world.call(
                "sql.query", grants=world.grants("tables"), query="select sum(x) as s from t", tables={"t": table}
            )
        )
        assert found == {"columns": ["s"], "rows": [{"s": 2.6}], "count": 1}
        assert len(pool.pids()) == 2


async def test_escapes_are_refused_in_the_process_too(world):
    (world.box / "link").symlink_to("/etc/passwd")
    async with pooling() as pool:
        for path in ("/etc/passwd", "../../../etc/passwd", f"{world.box}/link", f"{world.home}/journal"):
            failure = await failing(pool.call(world.call("files.read", path=path)))
            assert (failure.kind, failure.not_sent) == ("Denied", True)
            failure = await failing(pool.call(world.call("sql.query", query="select 1", tables={"t": path})))
            assert failure.kind == "Denied"


async def test_listed_values_are_held_against_their_rules(world):
    grants = type(world.grants())(
        str(world.folder), str(world.home), str(world.blueprint), {"text": (Pattern("", "ok*"),)}
    )
    async with pooling() as pool:
        await pool.call(world.call("files.write", grants=grants, path="a", text="ok then"))
        failure = await failing(pool.call(world.call("files.write", grants=grants, path="a", text="no")))
        assert (failure.kind, failure.not_sent) == ("Denied", True)


async def test_a_query_that_eats_memory_fails_and_the_process_lives(world):
    async with pooling() as pool:
        failure = await failing(pool.call(world.call("sql.query", query="select length(repeat('a', 4000000000)) as n")))
        assert failure.kind == "SqlError"
        assert (await pool.call(world.call("sql.query", query="select 1 as n")))["count"] == 1


async def test_an_endless_query_ends_with_its_timeout(world):
    endless = "select count(*) from range(10000000) a, range(10000000) b where a.range * b.range % 7 = 3"
    async with pooling() as pool:
        failure = await failing(pool.call(world.call("sql.query", query=endless, seconds=1.0)))
        assert (failure.kind, failure.retryable) == ("TimeoutError", True)


async def test_a_process_is_shared_only_by_the_same_run_code_and_environment(world):
    code = world.tools(TOOLS)
    other = world.root / "other.py"
    other.write_text(TOOLS + "# other\n")
    async with pooling() as pool:

        async def pid(**changes):
            return (await pool.call(world.call("python.who", **{"code": code, **changes})))["pid"]

        first = await pid()
        assert await pid() == first
        others = [await pid(env={"A": "1"}), await pid(code=str(other))]
        grants = type(world.grants())(str(world.box), str(world.home), str(world.blueprint), {})
        others.append(await pid(grants=grants))
        assert len({first, *others}) == 4


async def test_a_tool_sees_harmless_variables_and_the_named_ones(world):
    async with pooling() as pool:
        call = world.call("python.who", code=world.tools(TOOLS), env={"TOKEN": "t"})
        environ = (await pool.call(call))["environ"]
    assert environ["TOKEN"] == "t"
    assert environ["HOME"] == str(world.folder)
    assert "SECRET" not in environ
    assert set(environ) <= {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "HOME", "TOKEN"}


async def test_an_idle_process_is_ended_and_a_busy_one_is_not(world):
    async with pooling(idle_seconds=0.05) as pool:
        await pool.call(world.call("files.list", path="."))
        while pool.pids():
            await asyncio.sleep(0.005)
        assert await pool.call(world.call("files.list", path=".")) == {"files": []}


async def test_a_tools_file_that_is_gone_was_not_sent(world):
    async with pooling() as pool:
        failure = await failing(pool.call(world.call("python.who", code="/nowhere/tools.py")))
        assert (failure.kind, failure.not_sent) == ("Missing", True)


async def test_what_tools_print_is_logged_by_process(world):
    async with pooling(log=world.root) as pool:
        await pool.call(world.call("files.list", path="."))
    assert (world.root / "tools-files.log").exists()


async def test_a_process_that_runs_share_sees_no_variable_of_one_of_them(world):
    call = world.call("files.list", path=str(world.box), env={"TOKEN": "t"})
    async with pooling() as pool:
        await pool.call(call)
        (pid,) = pool.pids()
        assert b"TOKEN" not in Path(f"/proc/{pid}/environ").read_bytes()


async def test_each_program_has_a_process_of_its_own_that_ends_with_it(world):
    grants = world.grants("folder")
    allow = {**grants.allow, "programs": (Pattern("", "echo"),)}
    grants = Grants(grants.folder, grants.home, grants.blueprint, allow)
    async with pooling() as pool:
        calls = [pool.call(world.call("shell.run", grants=grants, command=["echo", str(n)])) for n in range(3)]
        assert [found["stdout"] for found in await asyncio.gather(*calls)] == ["0\n", "1\n", "2\n"]
        assert pool.pids() == ()


async def test_what_left_the_process_group_ends_with_the_time_of_its_call(world):
    async with pooling() as pool:
        call = world.call("python.escape", code=world.tools(TOOLS), seconds=3.0)
        assert (await failing(pool.call(call))).kind == "TimeoutError"
        pid = int((world.folder / "escaped").read_text())
        for _ in range(1000):
            try:
                if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                    break
            except FileNotFoundError:
                break
            await asyncio.sleep(0.005)
        else:
            pytest.fail("it lives on")
