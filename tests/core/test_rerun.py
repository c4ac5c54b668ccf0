"""The plan of a frozen rerun: it waits for nothing, nobody takes over, and a failure holds its branch only."""

from bench import Bench, plan_of

from mntui.core.rerun import frozen_plan, is_over

WORK = """
models: {fast: {escalate: strong}, strong: {}}
tools: {pay: {use: python.pay, effect: keyed}}
agents: {writer: {role: executor, model: fast, instructions: "Say it."}}
budget: {usd: 1, on_reach: ask}
steps:
  hours: {wait: {for: 2h}}
  draft: {agent: writer, with: {}, on_failure: fail}
  ok: {approve: "Send?", expires: 1h, on_expiry: fail, needs: [draft]}
  pay: {tool: pay, with: {}, on_failure: continue}
"""


def test_it_is_the_plan_without_its_waits_and_without_anybody_who_takes_over() -> None:
    plan = frozen_plan(plan_of(WORK))
    assert plan.steps["ok"].work.expires_seconds is None  # type: ignore[union-attr]
    assert {step.on_failure for step in plan.steps.values()} == {None, "pause", "continue"}
    assert (plan.on_failure, plan.budget.on_reach) == ("pause", "stop")
    assert {role.escalate for role in plan.models.values()} == {None}


def test_it_is_over_when_only_what_failed_is_left() -> None:
    bench = Bench("", plan=frozen_plan(plan_of(WORK)))
    bench.later(1)
    assert bench.status("hours") == "succeeded"
    assert not is_over(bench.run)
    bench.fails("pay")
    bench.model_fails("draft#1.0", "permanent", retryable=False)
    assert bench.status("draft") == "failed"
    assert is_over(bench.run)
