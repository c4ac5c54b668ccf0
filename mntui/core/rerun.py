"""A frozen rerun: a run whose model calls are made again, on other models, and nothing else.

Its plan is the one of the run that it is made of, but that it waits for nothing: no timer, no deadline of an approval,
and a failure holds its own branch only, so that every other one is seen to its end. What a person or a tool did then is
taken from that run's journal, by the step and the arguments; what it doesn't hold ends that branch and says so.
"""

from dataclasses import replace
from typing import Final

from mntui.core.decide import standing
from mntui.core.plan import ApproveWork, Plan, StepPlan, WaitWork
from mntui.core.run import Run

NOT_RECORDED: Final = "not_recorded"
"""The kind of the problem with which a branch ends whose next call the journal doesn't hold."""


def frozen_plan(plan: Plan) -> Plan:
    """The plan without its waits. A model answers for itself: nobody takes over, no answer comes from a cache.

    Unhandled failures hold their branch instead of ending the run; a budget that is reached stops it.
    """
    return replace(
        plan,
        models={role: replace(each, fallback=(), escalate=None) for role, each in plan.models.items()},
        steps={path: _frozen(step) for path, step in plan.steps.items()},
        budget=replace(plan.budget, on_reach="stop"),
        on_failure="pause",
    )


def _frozen(step: StepPlan) -> StepPlan:
    on_failure = "pause" if step.on_failure in {"fail", "compensate"} else step.on_failure
    held = replace(step, on_failure=on_failure, cache=False)
    match step.work:
        case WaitWork(signal=None) as work:
            return replace(held, work=replace(work, duration="0s", at=None))
        case ApproveWork() as work:
            return replace(held, work=replace(work, expires_seconds=None))
        case _:
            return held


def is_over(run: Run) -> bool:
    """Whether nothing can come of a rerun any more: what is left waits for what the journal doesn't hold."""
    where = standing(run)
    return where.status == "waiting" and set(where.waiting_for) <= {"failure", "signal", "question"}
