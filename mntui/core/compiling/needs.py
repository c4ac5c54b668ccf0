"""Who needs whom: references become needs of siblings, and routes become edges.

A reference from inside a container to an outer step makes the container need it. Inner steps are never seen from
outside: there a container is one step with one output. Order in the file means nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mntui.core.compiling.compile_steps import StepDraft, every_draft
from mntui.core.compiling.compile_work import route_targets
from mntui.core.compiling.findings import Where, nearest
from mntui.core.compiling.known import NEED, RUN, NoSuchKey, input_schema, walk
from mntui.core.compiling.reads import Read, Sources
from mntui.core.compiling.scopes import Scope, open_scopes
from mntui.core.frozen import frozen
from mntui.core.values import Json


@dataclass(slots=True)
class Needs:
    """The needs of one step, as ids of siblings, each once and in the order they were found.

    `declared` is None without `needs:`. `places` says where each need comes from.
    """

    declared: tuple[str, ...] | None = None
    inferred: dict[str, None] = field(default_factory=dict)
    routers: dict[str, None] = field(default_factory=dict)
    places: dict[str, Where] = field(default_factory=dict)

    def all(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*(self.declared or ()), *self.inferred, *self.routers)))

    def counted(self, join_kind: str) -> tuple[str, ...]:
        """What the join counts: the declared needs, else all inferred ones.

        A router stands beside the join, since a step that its router did not choose is skipped whatever the join says;
        only where several routers lead here and the join asks for some of its needs is each of them counted.
        """
        if len(self.routers) > 1 and join_kind in ("one_success", "quorum") and self.declared is None:
            return self.all()
        counted = tuple(self.inferred) if self.declared is None else self.declared
        return tuple(name for name in counted if name not in self.routers)


@frozen
class Links:
    """Every scope by the plan path of its container, the needs of every step by plan path, and what each read means.

    `meanings` pairs each reference to a step's output with that step.
    """

    scopes: Mapping[str, Scope]
    needs: Mapping[str, Needs]
    meanings: tuple[tuple[Read, StepDraft], ...]


def link(top: Mapping[str, StepDraft], top_reads: Iterable[Read], sources: Sources) -> Links:
    """The needs of every step. Reports names that nothing bears or that cannot be seen from where they stand."""
    linker = _Linker(top, sources)
    for scope in linker.scopes.values():
        for draft in scope.steps.values():
            linker.link_step(draft, scope)
    for read in top_reads:
        linker.resolve(read, linker.scopes[""], None)
    return Links(linker.scopes, linker.needs, tuple(linker.meanings))


class _Linker:
    """Knows all scopes before the first reference is resolved, since references may point forward."""

    def __init__(self, top: Mapping[str, StepDraft], sources: Sources) -> None:
        self._found = sources.found
        self._inputs: Mapping[str, Json] = sources.document.get("inputs", {})
        self.scopes = open_scopes(top, sources.found)
        self.needs = {draft.path: Needs() for draft in every_draft(top)}
        self.meanings: list[tuple[Read, StepDraft]] = []
        self._containers = {
            id_: scope.container for scope in reversed(self.scopes.values()) for id_ in scope.steps if scope.container
        }

    def link_step(self, draft: StepDraft, scope: Scope) -> None:
        if draft.declared is not None:
            self.needs[draft.path].declared = tuple(self._declared(draft, scope))
        for read in draft.reads:
            self.resolve(read, scope, draft)
        inside = self.scopes.get(draft.path)
        for read in draft.inner_reads if inside else ():
            self.resolve(read, inside or scope, None)
        for where, target in route_targets(draft.given, draft.where):
            self._route(where, target, draft, scope)

    def resolve(self, read: Read, scope: Scope, reader: StepDraft | None) -> None:
        """Finds what a reference means and notes the need. `reader` is None where nothing waits for what is read."""
        root, *rest = read.path
        if root == "inputs":
            self._check_key(read, rest, self._inputs, "Declare it under `inputs:`.")
            self._check_input(read)
        elif root == "run":
            self._check_key(read, rest, RUN["properties"], "Only these are told of a run.")
        elif root == "needs" and not rest:
            message = "`needs` is read step by step"
            self._found.problem(read.where, "reference", message, "Write needs.STEP.status.")
        elif root == "needs":
            self._check_key(read, rest[1:], NEED["properties"], "Only these are told of a need.")
            self._note(read, rest[0], scope, reader)
        elif not any(root in level.bound for level in scope.outward()):
            step = self._note(read, root, scope, reader)
            if step is not None:
                self.meanings.append((read, step))

    def _declared(self, draft: StepDraft, scope: Scope) -> Iterator[str]:
        written, where = draft.given["needs"], (*draft.where, "needs")
        entries = [(where, written)] if isinstance(written, str) else [((*where, i), n) for i, n in enumerate(written)]
        seen: set[str] = set()
        for place, name in entries:
            if name in seen:
                self._found.problem(place, "duplicate", f"`{name}` is listed twice", "Remove one of them.")
            elif name == draft.id:
                self._found.problem(place, "cycle", f"`{name}` needs itself", "Remove it.")
            elif name in scope.steps:
                self.needs[draft.path].places.setdefault(name, place)
                yield name
            elif name is not None:
                self._unknown_sibling(name, place, scope, "needs")
            seen.add(name)

    def _route(self, where: Where, target: str, draft: StepDraft, scope: Scope) -> None:
        if target == draft.id:
            self._found.problem(where, "cycle", f"`{target}` routes to itself", "Name another step.")
        elif target in scope.steps:
            needs = self.needs[scope.steps[target].path]
            needs.routers[draft.id] = None
            needs.places.setdefault(draft.id, where)
        else:
            self._unknown_sibling(target, where, scope, "routes to")

    def _unknown_sibling(self, name: str, where: Where, scope: Scope, verb: str) -> None:
        inside = self._containers.get(name)
        if scope.container and any(name in level.steps for level in scope.outward()):
            message = f"`{name}` is outside `{scope.container.id}`; a step {verb} its siblings only"
            self._found.problem(where, "reference", message, f"Write it on `{scope.container.id}`.")
        elif inside is not None:
            message = f"`{name}` is inside `{inside.id}`; a step {verb} its siblings only"
            self._found.problem(where, "reference", message, f"Name `{inside.id}` instead.")
        else:
            message = f"there is no step `{name}`"
            self._found.unknown(where, "reference", message, name, scope.steps, "Name a step of the same level.")

    def _check_key(self, read: Read, rest: list[str], known: Iterable[str], remedy: str) -> None:
        names = list(known)
        if rest and rest[0] not in names:
            stem = ".".join(read.path[: len(read.path) - len(rest)])
            message = f"there is no `{stem}.{rest[0]}`"
            self._found.unknown(read.where, "reference", message, rest[0], names, remedy)

    def _check_input(self, read: Read) -> None:
        type_name = self._inputs.get(read.path[1], {}).get("type", "map") if len(read.path) > 1 else "map"
        try:
            walk(input_schema(type_name), read.path[2:])
        except NoSuchKey as miss:
            message = f"`{'.'.join(read.path[: miss.position + 2])}` {miss.what}"
            self._found.problem(read.where, "reference", message, f"The input has the type {type_name}; read it whole.")

    def _note(self, read: Read, name: str, scope: Scope, reader: StepDraft | None) -> StepDraft | None:
        """The step of that name, seen from `scope`; whoever waits for it on its level now needs it."""
        waiting = reader
        for level in scope.outward():
            if name not in level.steps:
                waiting = level.container
                continue
            if waiting is not None and waiting.id == name:
                told = "reads its own output" if waiting is reader else "is read from inside itself"
                self._found.problem(read.where, "cycle", f"`{name}` {told}", "A step cannot wait for its own end.")
            elif waiting is not None:
                self.needs[waiting.path].inferred[name] = None
                self.needs[waiting.path].places.setdefault(name, read.where)
            return level.steps[name]
        self._unknown_name(read, name, scope)
        return None

    def _unknown_name(self, read: Read, name: str, scope: Scope) -> None:
        inside = self._containers.get(name)
        if self._found.full:
            self._found.problem(read.where, "reference", f"nothing is called `{name}` here", "Correct the name.")
            return
        if inside is not None:
            message = f"`{name}` is inside `{inside.id}` and is not seen from here"
            remedy = f"Read the output of `{inside.id}`, such as {inside.id}.results."
            self._found.problem(read.where, "reference", message, remedy)
            return
        names = [*scope.names(), "inputs", "run", "needs"]
        meant = name in self._inputs and nearest(name, names) is None
        remedy = f"Write inputs.{name}." if meant else "Name a step, inputs or run."
        self._found.unknown(read.where, "reference", f"nothing is called `{name}` here", name, names, remedy)
