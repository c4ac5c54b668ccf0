"""The names that an expression sees at a place in a run, looked up when they are read.

A step's id is its output; one that was skipped, failed or cancelled is missing. Inner places see outward, never the
reverse. Large values come through `load`, so nothing big is fetched that no template reads.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from mntui.core.events import Stored
from mntui.core.language.expressions import MISSING
from mntui.core.plan import ForEachWork
from mntui.core.run import Node, Run
from mntui.core.step_paths import ROOT, ancestors, child_path, is_item, item_index, plan_path, scope_of
from mntui.core.values import Json

Load = Callable[[Stored], Json]


class Names(Mapping[str, Json]):
    """What is visible in a scope: the run ("") or an item (`each[3]`)."""

    def __init__(self, run: Run, scope: str, load: Load) -> None:
        self._run = run
        self._load = load
        self._scopes = tuple(s for s in (scope, *ancestors(scope)) if s == ROOT or is_item(s))

    def __getitem__(self, name: str) -> Json:
        match name:
            case "inputs":
                return dict(self._run.inputs)
            case "run":
                return self._about_run()
            case "needs":
                return self._needs()
        found = self._own(name)
        if found is None:
            raise KeyError(name)
        return found[0]

    def __iter__(self) -> Iterator[str]:
        yield from ("inputs", "run", "needs")
        for scope in self._scopes:
            yield from (node.path.rpartition("/")[2] for node in self._nodes(scope))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _own(self, name: str) -> tuple[Json] | None:
        """The value in a tuple, since a value may be None: a step's output, an item, or an index."""
        for scope in self._scopes:
            node = self._run.nodes.get(child_path(scope, name))
            if node is not None and not is_item(node.path):
                return (self._output(node),)
            item = self._item(scope, name)
            if item is not None:
                return item
        return None

    def _item(self, scope: str, name: str) -> tuple[Json] | None:
        if not is_item(scope):
            return None
        if name == "index":
            return (item_index(scope),)
        work = self._run.plan.steps[plan_path(scope)].work
        assert isinstance(work, ForEachWork)
        if name != work.item_name:
            return None
        items = self._load(self._run.node(scope_of(scope)).arguments)
        return (items[item_index(scope)],)

    def _output(self, node: Node) -> Json:
        return self._load(node.output) if node.status == "succeeded" else MISSING

    def _nodes(self, scope: str) -> Iterator[Node]:
        steps = self._run.plan.roots if scope == ROOT else self._inner_steps(scope)
        for name in steps:
            node = self._run.nodes.get(child_path(scope, self._run.plan.steps[name].id))
            if node is not None:
                yield node

    def _inner_steps(self, scope: str) -> tuple[str, ...]:
        work = self._run.plan.steps[plan_path(scope)].work
        return work.steps if isinstance(work, ForEachWork) else ()

    def _about_run(self) -> Json:
        # A rerun sees what the run saw that it is made of, or its calls would never be the recorded ones.
        seen = self._run.rerun_of or self._run
        started = datetime.fromtimestamp(seen.started_at / 1e6, UTC)
        return {
            "id": seen.id,
            "started_at": started.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "folder": seen.folder,
            "spent_usd": self._run.spend.micros / 1_000_000,
        }

    def _needs(self) -> Json:
        found: dict[str, Json] = {}
        for scope in reversed(self._scopes):
            for node in self._nodes(scope):
                error = node.problem.message if node.problem is not None else None
                name = node.path.rpartition("/")[2]
                found[name] = {"status": node.status, "error": error, "fallback": False}
        return found
