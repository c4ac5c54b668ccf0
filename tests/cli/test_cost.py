"""`mntui cost`: all runs by the index, one run by its facts, the same figures; unknown is never free."""

import io

import pytest

from mntui.cli.app import main
from mntui.journal.remembered import LogJournal

AGENTS = """
models: {fast: {}}
agents: {writer: {role: executor, model: fast, instructions: "Say it."}}
steps:
  each:
    for_each: "{{ ['one', 'two'] }}"
    steps: {draft: {agent: writer, with: {about: "{{ item }}"}}}
"""


@pytest.fixture
def ran(shell):
    """A home on the disk with two runs; each command opens the journal anew."""
    shell.setting.journal = LogJournal(shell.home / "journal")
    shell.names = [shell.started(AGENTS)]
    shell.setting.journal = LogJournal(shell.home / "journal")
    shell.names.append(shell.started(AGENTS))

    def ask(*words):
        shell.setting.journal = LogJournal(shell.home / "journal")
        return shell("cost", *words, "--json").json

    shell.ask = ask
    return shell


@pytest.mark.parametrize("by", ["model", "step", "day", "blueprint"])
def test_the_index_and_the_facts_of_the_runs_say_the_same(ran, by):
    whole = ran.ask("--by", by)["total"]
    each = [ran.ask(name, "--by", by)["total"] for name in ran.names]
    assert whole["calls"] == 4
    for figure in ("calls", "measured_micros", "estimated_micros", "unknown_calls", "input_tokens", "output_tokens"):
        assert whole[figure] == sum(one[figure] for one in each), figure


def test_fourteen_days_are_told_and_a_budget_of_the_day_with_what_is_left(ran):
    assert ran.ask()["budgets"] == []
    (ran.home / "config.toml").write_text("[budget]\nday_usd = 5\n[blueprints.bench]\nday_usd = 0.5\n")
    told = ran.ask()
    assert len(told["days"]) == 14
    assert told["days"][-1]["calls"] == 4
    assert {each["id"]: each["left_micros"] for each in told["budgets"]} == {"all runs": 5_000_000, "bench": 500_000}


def test_it_is_told_by_nothing_else(shell):
    assert shell("cost", "--by", "moon", "--json").code == 2


def test_for_people_it_is_a_table(ran):
    ran.setting.journal = LogJournal(ran.home / "journal")
    out = io.StringIO()
    assert main(["cost"], ran.around(io.StringIO(), out, io.StringIO())) == 0
    assert "builtin/extractive" in out.getvalue()
    assert "14 days" in out.getvalue()
