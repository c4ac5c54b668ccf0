"""Which steps of a plan are drawn, and which lead to which.

A container is one node with counts until it is opened. An opened one leads into its inner steps, and these lead on to
whoever needs the container. What may be opened: a container (`each`: its inner steps once, counted over all items) or
one item of it (`each[3]`: the steps of that item). So a shown path is a path of the plan or of the run.
"""

from collections.abc import Iterator, Mapping

from mntui.core.frozen import frozen
from mntui.core.plan import ForEachWork, Plan, StepPlan
from mntui.core.step_paths import child_path, is_item, item_index, scope_of


@frozen
class Shown:
    """One drawn step. `step` is its plan path; `counted` where it stands for several: a container, or inner steps of
    all items at once.
    """

    path: str
    step: str
    id: str
    counted: bool


@frozen
class Graph:
    """Nodes in file order, a container before what is inside it; `targets` by path, in the same order."""

    nodes: tuple[Shown, ...]
    targets: Mapping[str, tuple[str, ...]]


def graph_of(plan: Plan, opened: frozenset[str] = frozenset()) -> Graph:
    """The graph of a plan with some containers or items opened. Unknown names in `opened` are of no account."""
    view = _View(plan, opened)
    nodes = tuple(view.nodes("", plan.roots, everywhere=False))
    targets = dict(view.edges("", plan.roots))
    return Graph(nodes, {node.path: tuple(dict.fromkeys(targets[node.path])) for node in nodes})


@frozen
class _View:
    plan: Plan
    opened: frozenset[str]

    def nodes(self, scope: str, steps: tuple[str, ...], *, everywhere: bool) -> Iterator[Shown]:
        for name in steps:
            step = self.plan.steps[name]
            path = child_path(scope, step.id)
            yield Shown(path, name, step.id, everywhere or isinstance(step.work, ForEachWork))
            for inner, inner_steps in self._inside(step, path):
                yield from self.nodes(inner, inner_steps, everywhere=everywhere or inner == path)

    def edges(self, scope: str, steps: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
        for name in steps:
            step = self.plan.steps[name]
            path = child_path(scope, step.id)
            onward = [child_path(scope, self.plan.steps[d].id) for d in step.dependents]
            inside = list(self._inside(step, path))
            if not inside:
                yield path, onward
                continue
            yield path, [target for inner, inner_steps in inside for target in self._entries(inner, inner_steps)]
            for inner, inner_steps in inside:
                for source, targets in self.edges(inner, inner_steps):
                    yield source, targets or onward

    def _inside(self, step: StepPlan, path: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The opened scopes of a container: all its items at once, then single items by number."""
        if not isinstance(step.work, ForEachWork) or not step.work.steps:
            return
        if path in self.opened:
            yield path, step.work.steps
        items = [o for o in self.opened if o.startswith(f"{path}[") and is_item(o) and scope_of(o) == path]
        for item in sorted(items, key=item_index):
            yield item, step.work.steps

    def _entries(self, scope: str, steps: tuple[str, ...]) -> list[str]:
        inner = (self.plan.steps[name] for name in steps)
        return [child_path(scope, step.id) for step in inner if not step.needs]
