"""A run while one fact is folded into it: maps opened for changes, closed again at the end. It lives no longer.

Every change to the frontier (`todo`), to the counters of what is in flight, and to what waits goes through here.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeVar

from immutables import Map

from mntui.core.commands import Command, EndRun, EndStep, slot_of
from mntui.core.events import Timer
from mntui.core.plan import StepPlan
from mntui.core.run import Ask, Call, Node, Run, Scope, Tally, Todo
from mntui.core.step_paths import ROOT, ancestors, plan_path
from mntui.core.values import Problem

Record = TypeVar("Record", Node, Call, Run, Scope, Tally)

_PLACES: Final[Mapping[type, Mapping[str, int]]] = {
    form: {name: place for place, name in enumerate(form._fields)} for form in (Node, Call, Run, Scope, Tally)
}


class Draft:
    """`at` is the fact's instant, `by` its actor. Scalars of the run are read and written as attributes of `fields`."""

    __slots__ = ("at", "by", "fields", "nodes", "orders", "plan", "run", "scopes", "timers", "todo")

    def __init__(self, run: Run, at: int, by: str) -> None:
        self.run = run
        self.plan = run.plan
        self.at = at
        self.by = by
        self.nodes = run.nodes.mutate()
        self.scopes = run.scopes.mutate()
        self.todo = run.todo.mutate()
        self.timers = run.timers.mutate()
        self.orders = run.orders
        self.fields: dict[str, Any] = {}

    def finish(self, seq: int) -> Run:
        self.fields.update(
            seq=seq,
            at=self.at,
            nodes=self.nodes.finish(),
            scopes=self.scopes.finish(),
            todo=self.todo.finish(),
            timers=self.timers.finish(),
            orders=self.orders,
        )
        return changed(self.run, self.fields)

    # Scalars of the run

    def get(self, name: str) -> Any:
        return self.fields[name] if name in self.fields else getattr(self.run, name)

    def put(self, **fields: Any) -> None:
        self.fields.update(fields)

    # Nodes and calls

    def node(self, path: str) -> Node:
        return self.nodes[path]

    def step(self, path: str) -> StepPlan:
        return self.plan.steps[plan_path(path)]

    def update(self, path: str, **fields: Any) -> Node:
        node = changed(self.nodes[path], fields)
        self.nodes[path] = node
        return node

    def call(self, path: str, call: str) -> Call:
        return self.nodes[path].calls[call]

    def set_call(self, path: str, call: Call) -> None:
        node = self.nodes[path]
        self.nodes[path] = changed(node, {"calls": node.calls.set(call.id, call)})

    def update_call(self, path: str, call: str, **fields: Any) -> Call:
        after = changed(self.call(path, call), fields)
        self.set_call(path, after)
        return after

    # The frontier

    def add(self, command: Command) -> None:
        self.todo[slot_of(command)] = Todo(self.orders, command)
        self.orders += 1

    def drop(self, slot: str) -> None:
        self.todo.pop(slot, None)

    def clear_frontier(self) -> None:
        self.todo = Map[str, Todo]().mutate()
        self.timers = Map[str, Timer]().mutate()

    # What is in flight

    def takes_off(self, path: str, call: str, **fields: Any) -> None:
        """The run may not end without the outcome of this call, of which the fields change."""
        flew = self.call(path, call).flying
        if fields or not flew:
            self.update_call(path, call, flying=True, **fields)
        if not flew:
            self._fly(path, 1)

    def lands(self, path: str, call: str) -> None:
        if self.call(path, call).flying:
            self.update_call(path, call, flying=False)
            self.landed(path)

    def landed(self, path: str) -> None:
        """A call that flew doesn't any more."""
        self._fly(path, -1)

    def _fly(self, path: str, change: Literal[1, -1]) -> None:
        for around in ancestors(path):
            scope = self.scopes.get(around)
            if scope is not None:
                self.scopes[around] = Scope(scope.open, scope.flying + change, scope.failure)
        if change < 0:
            for around in ancestors(path):
                self.check_scope(around)

    def check_scope(self, path: str) -> None:
        """A scope whose steps have all ended, or that fails, ends as soon as nothing in it is in flight."""
        scope = self.scopes.get(path)
        if scope is None or scope.flying:
            return
        failing = bool(scope.failure) or (path == ROOT and bool(self.get("ending")))
        if scope.open == 0 or failing:
            self.add(EndRun() if path == ROOT else EndStep(path))

    def set_scope(self, path: str, **fields: Any) -> None:
        self.scopes[path] = changed(self.scopes.get(path, Scope()), fields)

    # Endings of the run

    def fail_run(self, problem: Problem, path: str) -> None:
        """The first cause stays: nothing more is admitted, what is in flight is let end."""
        if not self.get("ending"):
            self.put(ending="failed", problem=problem, problem_path=path)
        self.check_scope(ROOT)

    # What waits

    def arm(self, key: str, timer: Timer) -> None:
        self.timers[key] = timer

    def disarm(self, key: str) -> None:
        self.timers.pop(key, None)

    def open_ask(self, ask: Ask) -> None:
        self.put(asks=self.get("asks").set(ask.id, ask), ask_count=self.get("ask_count") + 1)
        if ask.expires is not None:
            self.arm(ask_slot(ask.id), ask.expires)

    def close_ask(self, ask: str) -> Ask:
        asks = self.get("asks")
        closed: Ask = asks[ask]
        self.put(asks=asks.delete(ask))
        self.disarm(ask_slot(ask))
        return closed


def changed(record: Record, fields: Mapping[str, Any]) -> Record:
    """A record with other values for some fields: what `_replace` gives, in a third of its time."""
    form = type(record)
    places, values = _PLACES[form], list(record)
    for name, value in fields.items():
        values[places[name]] = value
    return tuple.__new__(form, values)


def ask_slot(ask: str) -> str:
    """Where the expiry of an ask stands among the timers."""
    return f"?{ask}"
