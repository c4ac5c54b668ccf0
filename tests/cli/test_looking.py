"""Looking at runs: runs, show, why, events, watch."""

import asyncio
import io

import pytest

from mntui.cli.finding import opened
from mntui.cli.following import follow
from mntui.engines.base import EngineGone
from mntui.tools.base import ToolFailure

TWO = """
models: {fast: {max_tokens: 50}}
tools: {read: {use: files.read}}
agents: {w: {role: executor, model: fast, instructions: "Say it.", tools: [read]}}
steps:
  say: {agent: w, with: {text: "You owe 20 CHF."}}
  each: {for_each: "{{ [1, 2] }}", steps: {one: {set: {v: "{{ item }}"}}}}
  ok: {approve: "Send it?", show: {text: "{{ say.text }}"}}
success: {fine: "each.failed == 0"}
"""
FAILS = (
    "tools: {read: {use: files.read}}\nrecovery: {on_failure: pause}\nsteps: {r: {tool: read, with: {path: a.txt}}}\n"
)


def failing(_call):
    raise ToolFailure("Gone", "there is no such file")


def test_runs_are_listed_newest_first_and_filtered(shell):
    assert "mntui run BLUEPRINT" in shell("runs").out
    first, second = shell.started(TWO), shell.started(TWO)
    rows = shell("runs", "--json").json
    assert [row["run"] for row in rows] == [second, first]
    assert rows[0]["waiting_for"] == ["approval"]
    assert [row["run"] for row in shell("runs", "--limit", "1", "--json").json] == [second]
    assert shell("runs", "--status", "failed", "--json").json == []
    assert shell("runs", "--status", "asleep").code == 2
    assert "◆ waiting" in shell("runs").out


def test_show_answers_the_nine_questions_within_80_columns(shell):
    run = shell.started(TWO)
    text = shell("show", run).out
    for number, question in enumerate(
        (
            "current state",
            "step is active",
            "tools are allowed",
            "already committed",
            "failed",
            "be retried",
            "needs approval",
            "each agent see",
            "success mean",
        ),
        1,
    ):
        assert any(line.startswith(f"{number} ") and question in line for line in text.splitlines()), question
    prose = [line for line in text.splitlines() if "mntui approve" not in line and not line.startswith("folder")]
    assert max(map(len, prose)) <= 80


def test_a_run_is_found_by_a_unique_beginning_and_by_its_id(shell):
    run = shell.started(TWO)
    by_id = shell("show", shell("runs", "--json").json[0]["id"], "--json").json
    assert by_id["run"] == shell("show", run[:-1], "--json").json["run"] == run


def test_an_unknown_run_is_refused_with_the_nearest_name(shell):
    run = shell.started(TWO)
    told = shell("show", f"{run}x", "--json")
    assert (told.code, told.json["error"]["code"]) == (3, "unknown_run")
    assert run in told.json["error"]["remedy"]


def test_a_beginning_of_several_runs_is_refused(shell):
    shell.started(TWO)
    shell.started(TWO)
    told = shell("show", "bench", "--json")
    assert (told.code, told.json["error"]["code"]) == (3, "ambiguous_run")


def test_a_step_is_shown_with_inputs_calls_output_and_cost(shell):
    run = shell.started(TWO)
    step = shell("show", run, "say", "--json").json
    assert step["arguments"] == {"text": "You owe 20 CHF."}
    assert [call["call"] for call in step["calls"]] == ["1.0"]
    text = shell("show", run, "say").out
    for part in ("inputs", "calls", "output", "cost", "builtin/extractive"):
        assert part in text


def test_a_step_is_found_by_its_path_or_its_unique_last_part(shell):
    run = shell.started(TWO)
    assert shell("show", run, "each[1]/one", "--json").json["output"] == {"v": 2}
    told = shell("show", run, "one", "--json")
    assert told.json["error"]["code"] == "ambiguous_step"
    told = shell("show", run, "sey", "--json")
    assert "Did you mean say?" in told.json["error"]["remedy"]


def test_what_an_agent_sees_is_told_with_its_tokens(shell):
    run = shell.started(TWO)
    sees = shell("show", run, "say", "--sees", "--json").json
    assert [message["role"] for message in sees["messages"]][:2] == ["system", "user"]
    assert sees["tokens"] > 0
    assert "You owe 20 CHF." in shell("show", run, "say", "--sees").out
    assert shell("show", run, "each", "--sees").code == 3
    assert shell("show", run, "--sees").code == 2


def test_why_tells_what_blocks_since_when_and_the_command(shell):
    run = shell.started(TWO)
    (blocker,) = shell("why", run, "--json").json["blockers"]
    assert (blocker["kind"], blocker["step"]) == ("approval", "ok")
    assert blocker["command"] in shell("why", run).out


def test_why_of_a_failed_step_names_the_retry_and_the_retry_works(shell):
    shell.world.handlers["read"] = failing
    told = shell("run", shell.blueprint(FAILS))
    run = shell("runs", "--json").json[0]["run"]
    assert told.code == 5
    assert f"$ mntui retry {run} r" in told.out
    assert "there is no such file" in shell("why", run).out
    del shell.world.handlers["read"]
    assert shell("retry", run, "r").code == 0
    assert shell("watch", run).code == 0


def test_why_of_a_paused_run_says_since_when(shell):
    run = shell.started(TWO)
    shell("pause", run)
    paused = shell("why", run, "--json").json["blockers"][-1]
    assert paused["kind"] == "paused"
    assert paused["since"] is not None


def test_events_are_the_facts_in_order_and_can_begin_later(shell):
    run = shell.started(TWO)
    facts = shell("events", run, "--json").json
    assert [fact["id"] for fact in facts] == list(range(1, len(facts) + 1))
    assert shell("events", run, "--after", "5", "--json").json == facts[5:]
    assert len(shell("events", run).out.splitlines()) == len(facts)


def test_watch_prints_one_line_a_fact_and_ends_with_the_run(shell):
    told = shell("run", shell.blueprint("steps: {s: {set: {a: 1}}}"), "--json")
    watched = shell("watch", told.json["run"])
    assert watched.code == 0
    assert watched.out.splitlines()[-1].endswith("the run has succeeded")
    lines = shell("watch", told.json["run"], "--json").lines
    assert [line["kind"] for line in lines] == ["RunStarted", "StepStarted", "StepSucceeded", "RunEnded"]


def test_watch_tells_who_decided(shell):
    run = shell.started("steps: {ok: {approve: 'Send it?'}}")
    shell("reject", f"{run}.1", "--reason", "no")
    assert "was rejected: no (by ada)" in shell("watch", run).out


class Flaky:
    """An engine whose worker goes away after every fact but keeps its journal."""

    def __init__(self, first, deaths):
        self.first, self.deaths, self.asked = first, deaths, []

    async def watch(self, run, after=0):
        self.asked.append(after)
        facts = tuple(fact for fact in self.first.facts if fact.seq > after)
        keep = 1 if self.deaths else len(facts)
        yield self.first.__class__(self.first.id, self.first.run, self.first.plan, facts[:keep])
        if self.deaths:
            self.deaths -= 1
            raise EngineGone("gone", "start it")


async def followed(shell, deaths):
    run = await asyncio.to_thread(shell.started, "steps: {s: {set: {a: 1}}}")
    async with shell.open(None) as worker:
        flaky = Flaky(await opened(worker, run), deaths)
    notices = []
    seqs = [seen.run.seq async for seen in follow(flaky, run, notices.append)]
    return flaky, notices, seqs


async def test_a_watch_goes_on_where_it_was_when_the_worker_comes_back(shell):
    flaky, notices, seqs = await followed(shell, 2)
    assert flaky.asked == [0, 1, 2]
    assert seqs == [1, 2, 4]
    assert len(notices) == 2


async def test_a_worker_that_never_comes_back_is_told(shell):
    class Dead:
        async def watch(self, _run, _after=0):
            raise EngineGone("gone", "start it")
            yield

    with pytest.raises(EngineGone):
        async for _ in follow(Dead(), "x", lambda _: None):
            pass


def test_nothing_that_is_printed_in_ascii_mode_needs_more(shell):
    run = shell.started("steps: {ok: {approve: 'Send it?'}}")
    around = shell.around(io.StringIO(), io.StringIO(), io.StringIO())
    from mntui.cli.output import Session

    assert Session(around).status("waiting") == "\x1b[33m◆ waiting\x1b[0m"
    around.environment["MNTUI_ASCII"] = "1"
    assert Session(around).status("waiting") == "\x1b[33m? waiting\x1b[0m"
    assert run
