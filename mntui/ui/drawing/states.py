"""The state of a drawn step: its own, or what the steps it stands for add up to."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mntui.core.frozen import frozen
from mntui.core.run import ENDED, Node, Run, StepStatus
from mntui.core.step_paths import ancestors, child_path, is_item, item_path, plan_path, scope_of


class State(NamedTuple):
    """`done` of `of` are counts of what it stands for (`of` is 0 for a single step). Inside it, `failed` have failed
    and `waiting` wait for a person. `blocks` while nobody goes on after its failure.
    """

    status: StepStatus = "pending"
    done: int = 0
    of: int = 0
    failed: int = 0
    waiting: int = 0
    blocks: bool = False


NOT_YET = State()


@frozen
class Inside:
    """How many things inside a container or item need a person, by its path: asks, and failures held."""

    asks: Mapping[str, int]
    held: Mapping[str, int]


NOTHING = Inside({}, {})


def inside(run: Run) -> Inside:
    asked = (scope for ask in run.asks.values() for scope in ancestors(ask.path))
    return Inside(Counter(asked), Counter(scope for path in run.held for scope in ancestors(path)))


def state_of(run: Run, path: str, within: Inside, *, counted: bool) -> State:
    """The state of a path of a drawing; one that the run doesn't have yet is pending."""
    node = run.nodes.get(path)
    if node is not None:
        blocks = node.status == "failed" and not goes_on(run, node)
        failed = node.failed_items + within.held.get(path, 0)
        return State(node.status, node.done, node.item_count, failed, within.asks.get(path, 0), blocks)
    return _summed(run, path) if counted else NOT_YET


def goes_on(run: Run, node: Node) -> bool:
    """Whether the steps after a failed one may go on."""
    step = run.plan.steps.get(plan_path(node.path))
    return node.handled or (step is not None and step.on_failure in {"continue", "skip"})


def _summed(run: Run, path: str) -> State:
    """All steps of the run that an inner step of an opened container stands for."""
    found: Counter[StepStatus] = Counter(
        node.status if node is not None else "pending" for node in instances(run, path)
    )
    total = sum(found.values())
    done = sum(found[status] for status in ENDED)
    return State(_together(found, done, total), done, total, found["failed"], found["waiting"], found["failed"] > 0)


def _together(found: Counter[StepStatus], done: int, total: int) -> StepStatus:
    if done < total or not total:
        order: tuple[StepStatus, ...] = ("waiting", "running", "pending")
    else:
        order = ("failed", "succeeded", "skipped", "cancelled")
    return next((status for status in order if found[status]), "pending")


def instances(run: Run, path: str) -> Iterator[Node | None]:
    """The nodes behind a path without item numbers, one per item; None for those not opened yet."""
    scope = scope_of(path)
    if not scope or is_item(scope):
        yield run.nodes.get(path)
        return
    step_id = path.rpartition("/")[2]
    for container in instances(run, scope):
        if container is None:
            yield None
            continue
        for index in range(container.item_count):
            yield run.nodes.get(child_path(item_path(container.path, index), step_id))
