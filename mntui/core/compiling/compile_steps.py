"""Steps as they are written become steps whose kind is known: one StepDraft each, outer before inner, in file order.

A draft holds the work, every reference the step makes and every name it declares; who needs whom is decided in `needs`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mntui.core.compiling.blueprint import KEYS_OF_KINDS, KINDS, LATER_KINDS
from mntui.core.compiling.compile_parts import reserved_name, texts
from mntui.core.compiling.compile_work import Parts, work_of
from mntui.core.compiling.contract_files import contract_of
from mntui.core.compiling.findings import Findings, Where, listing
from mntui.core.compiling.reads import Read, Sources, reads_of, reads_of_expression
from mntui.core.plan import Schema, Work
from mntui.core.values import Json

SPECIAL_NAMES = ("inputs", "run", "needs", "previous", "iteration", "fill", "trigger")
CALLING = ("tool", "agent")
TIMED = ("tool", "agent", "approve", "ask", "wait")


@dataclass(slots=True)
class StepDraft:
    """A step before its needs are known. `work` is None while its kind is wrong; `declared` None without `needs:`.

    `reads` are made in the step's own scope, `inner_reads` (a container's `outputs`) inside it.
    """

    path: str
    id: str
    scope: str
    where: Where
    given: Mapping[str, Json]
    kind: str | None
    work: Work | None
    reads: tuple[Read, ...]
    inner_reads: tuple[Read, ...]
    declared: tuple[str, ...] | None
    condition: str | None
    output: Schema | None
    inner: "dict[str, StepDraft]" = field(default_factory=dict)


def draft_steps(sources: Sources, parts: Parts) -> dict[str, StepDraft]:
    """The top-level steps by id, each with its inner ones."""
    return _draft_scope(sources.document.get("steps", {}), "", ("steps",), sources, parts)


def every_draft(scope: Mapping[str, StepDraft]) -> Iterator[StepDraft]:
    """All drafts, a container before its inner steps."""
    for draft in scope.values():
        yield draft
        yield from every_draft(draft.inner)


def _draft_scope(
    steps: Mapping[str, Json], scope: str, where: Where, sources: Sources, parts: Parts
) -> dict[str, StepDraft]:
    return {id_: _draft(id_, given, scope, (*where, id_), sources, parts) for id_, given in steps.items()}


def _draft(id_: str, given: Mapping[str, Json], scope: str, where: Where, sources: Sources, parts: Parts) -> StepDraft:
    found = sources.found
    path = f"{scope}/{id_}" if scope else id_
    reserved_name(id_, where, found, SPECIAL_NAMES)
    kind = _kind(given, where, found)
    condition = given.get("if")
    written = {key: given[key] for key in ("with", "set", "show", "approve", "ask", "for_each") if key in given}
    reads = [read for key, value in written.items() for read in reads_of(value, (*where, key), found)]
    reads += reads_of(given.get("wait", {}).get("for", ""), (*where, "wait", "for"), found)
    for key in ("if", "route"):
        reads += reads_of_expression(given.get(key), (*where, key), found)
    draft = StepDraft(
        path=path,
        id=id_,
        scope=scope,
        where=where,
        given=given,
        kind=kind,
        work=work_of(kind, path, given, where, sources, parts) if kind else None,
        reads=tuple(reads),
        inner_reads=reads_of(given.get("outputs", {}), (*where, "outputs"), found),
        declared=texts(given["needs"]) if "needs" in given else None,
        condition=_condition(condition),
        output=contract_of(given["output"], (*where, "output"), sources) if "output" in given else None,
    )
    if kind == "for_each":
        draft.inner = _draft_scope(given.get("steps", {}), path, (*where, "steps"), sources, parts)
    return draft


def _condition(written: Json) -> str | None:
    return written if written is None or isinstance(written, str) else str(written).lower()


def _kind(given: Mapping[str, Json], where: Where, found: Findings) -> str | None:
    """The one kind of a step; None, and reported, if it has none or several."""
    kinds = [kind for kind in KINDS if kind in given]
    if len(kinds) != 1:
        if not found.broken(where):
            told = f"is {listing(kinds).replace(' or ', ' and ')} at once" if kinds else "does nothing"
            remedy = f"Give it exactly one of {listing(KINDS)}."
            found.problem(where, "kind", f"the step `{where[-1]}` {told}", remedy, expected="one kind", of_key=True)
        return None
    kind = kinds[0]
    for key in given:
        owners = [owner for owner, keys in KEYS_OF_KINDS.items() if key in keys and owner not in LATER_KINDS]
        if owners and kind not in owners:
            message = f"`{key}` belongs to a step with {listing(owners)}, not to `{kind}`"
            found.problem((*where, key), "key", message, "Remove it.", of_key=True)
    _check_idle_keys(kind, given, where, found)
    return kind


def _check_idle_keys(kind: str, given: Mapping[str, Json], where: Where, found: Findings) -> None:
    """Warns of keys that any step may have and that do nothing on this kind."""
    for key, kinds in (("timeout", TIMED), ("retry", CALLING), ("cache", ("agent",))):
        if key in given and kind not in kinds:
            message = f"`{key}` does nothing on a `{kind}` step"
            found.warning((*where, key), "idle", message, f"Remove it; it counts for {listing(kinds)}.")
