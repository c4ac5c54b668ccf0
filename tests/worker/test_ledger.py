"""The ledger of many random runs equals, to the micro-dollar, what their servers' own logs come to.

The recount shares nothing with the code: it reads what the stub was asked and what it sent, and reckons in fractions.
Calls = steps = runs = days, by the views that people ask. `MNTUI_SWEEP=full` makes it 1,000 runs.
"""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from sizes import sized

from mntui.core.decide import Now
from mntui.core.messages import AskSql, SqlRows
from mntui.journal.remembered import LogJournal
from mntui.worker.clock import system_clock
from tests.models.stub_server import Answer, Asked, Stub, stubbed
from tests.worker.wired import Wired

RUNS = sized(20, 1000)
AT_ONCE = 10
LEAP_MICROS = 9 * 3600 * 1_000_000
PRICES = {
    "custom/cloud": {"input": 0.37, "output": 2.93, "cached": 0.041},
    "ollama/priced:1b": {"input": 0.11, "output": 0.23},
}
BLUEPRINT = """
inputs: {tag: {type: string}}
models: {cloud: {}, local: {}, priced: {}}
agents:
  c: {role: executor, model: cloud, instructions: "I am c"}
  l: {role: executor, model: local, instructions: "I am l"}
  p: {role: executor, model: priced, instructions: "I am p"}
steps:
  one: {agent: c, with: {of: "<{{ inputs.tag }}:one>"}}
  two: {agent: l, with: {of: "<{{ inputs.tag }}:two>", read: "{{ one.text }}"}}
  three: {agent: p, with: {of: "<{{ inputs.tag }}:three>"}}
  list: {set: {of: [a, b, c]}}
  each:
    for_each: "{{ list.of }}"
    on_failure: continue
    steps: {say: {agent: c, with: {of: "<{{ inputs.tag }}:each[{{ index }}]/say>"}}}
  same: {agent: c, with: {of: "<shared:same>"}, cache: true, needs: [one]}
recovery: {retry: {maximum_attempts: 3, initial_interval: 1ms, maximum_interval: 2ms}, on_failure: fail}
"""


@dataclass
class Log:
    """What a server was asked and what it sent: by run, step, model and day, in micro-dollars."""

    clock: Callable[[], Now]
    tries: Counter[str] = field(default_factory=Counter)
    rows: list[tuple[str, str, str, str, int]] = field(default_factory=list)

    def choose(self, asked: Asked) -> Answer:
        """A random answer, or a failure; the third try of a call is mostly a good one."""
        found = re.search(r"<([^:>]+):([^>]+)>", str(asked.body["messages"][-1]["content"]))
        assert found is not None
        run, step = found.groups()
        self.tries[found[0]] += 1
        tries = self.tries[found[0]]
        # Drawn by the call alone, so that the order in which calls come changes nothing.
        answer = drawn(random.Random(f"{found[0]} {tries}"), asked, tries)
        bill = micros(asked, answer)
        day = datetime.fromtimestamp(self.clock().at / 1e6, UTC).date().isoformat()
        self.rows.append((run, step, str(asked.body["model"]), day, bill))
        return answer


def drawn(draw: random.Random, asked: Asked, tries: int) -> Answer:
    luck = draw.random() + (0.4 if tries == 3 else 0)
    if luck < 0.1:
        return Answer(status=draw.choice([500, 503]), error="oops")
    if luck < 0.2:
        return Answer(status=429, error="slow", headers={"Retry-After": "0"})
    text = "word " * draw.randint(8, 40)  # more than four parts, so that a cut stream has no end
    if luck < 0.3 and "small" not in asked.body["model"]:
        return Answer(text=text, parts=draw.randint(2, 4), polite=True)
    read = draw.randint(300, 4500)
    wrote = draw.randint(1, 900)
    took = {name: draw.randint(1, 4_000_000_000) for name in ("load", "prompt_eval", "eval", "total")}
    cached, thought = draw.randint(0, read), draw.randint(0, wrote)
    return Answer(text=text, read=read, wrote=wrote, cached=cached, thought=thought, durations=took)


def micros(asked: Asked, answer: Answer) -> int:
    """What an answer costs, reckoned anew from what was sent."""
    if answer.status != 200:
        return 0
    model = asked.body["model"]
    if model == "small:1b":
        assert answer.durations is not None
        seconds = Fraction(sum(answer.durations[name] for name in ("load", "prompt_eval", "eval")) // 1000, 1_000_000)
        energy = seconds * 100 / 3_600_000 * Fraction(3, 10)
        hardware = seconds * 1500 / (4 * 365 * 24 * 3600 * Fraction(1, 5))
        return whole(energy) + whole(hardware)
    price = PRICES["custom/cloud" if model == "cloud" else f"ollama/{model}"]
    read, wrote, cached = answer.read or 0, answer.wrote or 0, answer.cached if model == "cloud" else 0
    if answer.parts is not None:
        # A stream without an end: a quarter of the characters, as every estimate says.
        read = sum(-(-len(message["content"]) // 4) for message in asked.body["messages"])
        wrote, cached = -(-len(answer.text[: 8 * answer.parts]) // 4), 0
    dear = (read - cached) * money(price["input"]) + cached * money(price.get("cached", 0))
    return whole((dear + wrote * money(price["output"])) / 1_000_000)


def money(dollars: float) -> Fraction:
    return Fraction(Decimal(str(dollars)))


def whole(dollars: Fraction) -> int:
    """Micro-dollars, half a one rounded up."""
    return int((dollars * 1_000_000 * 2 + 1) // 2)


class Leaping:
    """The machine's clock, from noon on, that leaps between batches of runs."""

    def __init__(self) -> None:
        self._now = system_clock()
        day = 24 * 3600 * 1_000_000
        self.ahead = day // 2 - self._now().at % day

    def __call__(self) -> Now:
        now = self._now()
        return Now(now.at + self.ahead, now.boot, now.elapsed + self.ahead + 2 * LEAP_MICROS)


@pytest.mark.timeout(sized(300, 7200))
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # litellm's own
async def test_calls_steps_runs_and_days_come_to_what_the_servers_logged(tmp_path: Path) -> None:
    clock = Leaping()
    log = Log(clock)
    async with stubbed() as stub:
        stub.models["priced:1b"] = stub.models["small:1b"]
        stub.choose = log.choose
        journal = LogJournal(tmp_path / "journal")
        names = await _lived(tmp_path, stub, journal, clock)
    assert_equal(log, names, names.pop(""))


async def _lived(home: Path, stub: Stub, journal: LogJournal, clock: Leaping) -> dict[str, Any]:
    """All runs, some at once. Returns their names by tag, and under "" what the views say."""
    models = {"cloud": "custom/cloud", "local": "ollama/small:1b", "priced": "ollama/priced:1b"}
    names: dict[str, Any] = {}
    async with Wired(home, stub, prices=PRICES, journal=journal, clock=clock) as wired:

        async def live(tag: str) -> None:
            names[tag] = await wired.begun(BLUEPRINT, tag=tag, **models)
            run, _ = await wired.followed(names[tag])
            assert run.ended

        await live("r0")
        for first in range(1, RUNS, AT_ONCE):
            clock.ahead += LEAP_MICROS
            await asyncio.gather(*(live(f"r{number}") for number in range(first, min(first + AT_ONCE, RUNS))))
        names[""] = {name: await _asked(journal, query) for name, query in QUERIES.items()}
    return names


QUERIES = {
    "calls": "select run, step, sum(cost_usd) from model_calls where cost_usd <> 0 group by all",
    "spend": "select run, step, sum(cost_usd) from spend where cost_usd <> 0 group by all",
    "steps": "select run, step, cost_usd from steps where cost_usd <> 0",
    "runs": "select run, cost_usd from runs",
    "models": "select model, sum(cost_usd) from spend where cost_usd <> 0 group by all",
    "days": "select happened_at::date::varchar, sum(cost_usd) from spend group by all",
    "unknown": "select count(*) from spend where not cost_known",
    "cached": "select count(*) from spend where cause = 'cache'",
}


async def _asked(journal: LogJournal, query: str) -> list[list[Any]]:
    reply = await journal.sql(AskSql(query, 1_000_000))
    assert isinstance(reply, SqlRows), reply
    return [list(row) for row in reply.rows]


def assert_equal(log: Log, names: dict[str, str], views: dict[str, list[list[Any]]]) -> None:
    # Whoever asked first for what all share paid for it; the others read it from the cache.
    shared = sum(bill for run, _, _, _, bill in log.rows if run == "shared")
    by_step: Counter[tuple[str, str]] = Counter()
    for run, step, _, _, bill in log.rows:
        if run != "shared":
            by_step[names[run], step] += bill
    for view in ("calls", "spend", "steps"):
        found = {(run, step): exact(cost) for run, step, cost in views[view]}
        assert sum(cost for (_, step), cost in found.items() if step == "same") == shared, view
        own = {key: cost for key, cost in found.items() if key[1] != "same"}
        assert own == {key: bill for key, bill in by_step.items() if bill}, view
    total = sum(bill for *_, bill in log.rows)
    assert sum(exact(cost) for _, cost in views["runs"]) == total > 0
    assert {day: exact(cost) for day, cost in views["days"] if exact(cost)} == _summed(log, 3)
    assert {model.partition("/")[2]: exact(cost) for model, cost in views["models"]} == _summed(log, 2)
    assert len(_summed(log, 3)) > 1
    assert views["unknown"] == [[0]]
    assert views["cached"][0][0] > 0


def _summed(log: Log, column: int) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for row in log.rows:
        sums[str(row[column])] += row[4]
    return {key: cost for key, cost in sums.items() if cost}


def exact(cost: Any) -> int:
    """A view's dollars as micro-dollars; a fraction of one would be an error."""
    amount = Decimal(str(cost)) * 1_000_000
    assert amount == int(amount)
    return int(amount)
