"""Each guard of the far tools switched off, in a copy of the package, turns a named test red.

Only tests that call the tools in their own process can be named here: a tool host imports the installed package.
"""

from pathlib import Path

import pytest

from tests.test_planted import Planted, run_with

TOOLS = "tests/tools"
PLANTED = (
    Planted(
        "any address may be reached",
        "tools/addresses.py",
        "if not _closed(address, networks)]",
        "if address]",
        f"{TOOLS}/test_addresses.py -k whatever_is_not_public",
    ),
    Planted(
        "the name is connected to, not the address that was checked",
        "tools/web.py",
        "host=address, port=target.port",
        "host=target.host, port=target.port",
        f"{TOOLS}/test_web.py -k changes_its_answer",
    ),
    Planted(
        "a redirect is followed wherever it leads",
        "tools/web.py",
        '    if denied:\n        raise refused("Denied", denied)\n    target',
        "    target",
        f"{TOOLS}/test_web.py -k is_refused_at_its_hop",
    ),
    Planted(
        "an answer may be of any size",
        "tools/web_answer.py",
        "if len(body) > most_bytes:",
        "if len(body) > most_bytes * 100:",
        f"{TOOLS}/test_web.py -k too_large",
    ),
    Planted(
        "a request goes without its key",
        "tools/web.py",
        'headers["Idempotency-Key"] = job.effect_key',
        'headers["X-Key"] = job.effect_key',
        f"{TOOLS}/test_web.py -k carries_the_effect_key",
    ),
    Planted(
        "only a program's name is compared",
        "tools/bounds.py",
        "command[: len(words)] == words",
        "command[:1] == words[:1]",
        f"{TOOLS}/test_bounds.py -k begins_with",
    ),
    Planted(
        "what a program left behind lives on",
        "tools/limits.py",
        "                os.kill(pid, signal.SIGKILL)\n",
        "                os.kill(pid, 0)\n",
        f"{TOOLS}/test_limits.py -k left_its_group",
    ),
    Planted(
        "a DuckDB file doesn't remember what happened",
        "tools/sql.py",
        "if happened is not None:",
        "if happened == ():",
        f"{TOOLS}/test_databases.py -k made_once",
    ),
    Planted(
        "a SQLite file notes what happened before it happens",
        "tools/sqlite.py",
        '    connection.execute("BEGIN IMMEDIATE")\n',
        "",
        f"{TOOLS}/test_databases.py -k inside_the_transaction",
    ),
    Planted(
        "a mail whose answer was lost counts as not sent",
        "tools/mail.py",
        'raise ToolFailure("LostConnection", message, retryable=True)',
        'raise ToolFailure("LostConnection", message, retryable=True, not_sent=True)',
        f"{TOOLS}/test_mail.py -k leaves_it_open",
    ),
    Planted(
        "a process that runs share gets the variables of one",
        "tools/pool.py",
        "given = call.env if foreign else {}",
        "given = call.env",
        f"{TOOLS}/test_pool.py -k sees_no_variable",
    ),
)


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.name)
def test_a_guard_that_is_switched_off_turns_its_test_red(bug: Planted, tmp_path: Path) -> None:
    outcome = run_with(bug, tmp_path)
    assert outcome.returncode == 1, f"{bug.red} stayed green with the guard off:\n{outcome.stdout[-2000:]}"
    assert " failed" in outcome.stdout, outcome.stdout[-2000:]
