"""Small questions about a run's steps that several rules ask."""

from mntui.core.plan import StepPlan
from mntui.core.run import Run
from mntui.core.step_paths import plan_path


def step_of(run: Run, path: str) -> StepPlan:
    """The plan of a step; an item has its container's."""
    return run.plan.steps[plan_path(path)]


def next_ask(run: Run) -> str:
    """The speakable id of the next thing that a person is asked: `invoice-7f3k.2`."""
    return f"{run.name}.{run.ask_count + 1}"
