"""Which names are seen where: levels of steps, each with the names that its container binds.

Inner steps see outward, never the reverse. No inner id repeats an outer one, and no id repeats a bound name, so a name
means one thing wherever it stands.
"""

from collections.abc import Iterator, Mapping

from mntui.core.compiling.compile_parts import reserved_name
from mntui.core.compiling.compile_steps import SPECIAL_NAMES, StepDraft
from mntui.core.compiling.findings import Findings, Where
from mntui.core.frozen import frozen
from mntui.core.plan import ForEachWork


@frozen
class Scope:
    """The steps of one level, the names that a container binds for them, and the level around it."""

    steps: Mapping[str, StepDraft]
    bound: tuple[str, ...] = ()
    container: StepDraft | None = None
    outer: "Scope | None" = None

    @property
    def path(self) -> str:
        return self.container.path if self.container else ""

    def outward(self) -> "Iterator[Scope]":
        """This level, then the ones around it."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer

    def names(self) -> list[str]:
        """Every step and bound name that is seen from here."""
        return [name for level in self.outward() for name in (*level.steps, *level.bound)]


def open_scopes(top: Mapping[str, StepDraft], found: Findings) -> dict[str, Scope]:
    """Every level by the plan path of its container, the top one by ""; outer before inner."""
    scopes: dict[str, Scope] = {}
    waiting = [Scope(top)]
    while waiting:
        scope = waiting.pop(0)
        scopes[scope.path] = scope
        for draft in scope.steps.values():
            _check_id(draft, scope, found)
            if draft.inner:
                waiting.append(Scope(draft.inner, _bound(draft, scope, found), draft, scope))
    return scopes


def _check_id(draft: StepDraft, scope: Scope, found: Findings) -> None:
    if scope.outer and any(draft.id in level.steps for level in scope.outer.outward()):
        message = f"`{draft.id}` is already the id of an outer step"
        found.problem(draft.where, "id", message, f"Call it `inner_{draft.id}`.", of_key=True)
    elif any(draft.id in level.bound for level in scope.outward()):
        message = f"`{draft.id}` is the name of an item or its index here"
        found.problem(draft.where, "id", message, f"Call it `the_{draft.id}`.", of_key=True)


def _bound(draft: StepDraft, scope: Scope, found: Findings) -> tuple[str, ...]:
    """The names that a for_each binds inside. Reports those that would hide another."""
    if not isinstance(draft.work, ForEachWork):
        return ()
    name = draft.work.item_name
    written = "as" in draft.given
    where = (*draft.where, "as") if written else draft.where
    taken = [bound for level in scope.outward() for bound in level.bound]
    if taken and not written:
        message = f"the nested for_each `{draft.id}` must name its item"
        found.problem(where, "as", message, "Add `as: NAME`.", expected="as", of_key=True)
    elif name in taken or name == "index":
        found.problem(where, "as", f"`{name}` is already bound here", "Choose another name for the item.")
    else:
        reserved_name(name, where, found, SPECIAL_NAMES)
        _check_shadow(name, draft, scope, where, found)
    return (name, "index")


def _check_shadow(name: str, draft: StepDraft, scope: Scope, where: Where, found: Findings) -> None:
    for bound in (name, "index"):
        if any(bound in level.steps for level in scope.outward()):
            message = f"inside `{draft.id}`, `{bound}` would be both a step and the item's name or index"
            remedy = "Rename the step `index`." if bound == "index" else "Choose another name with `as:`."
            found.problem(where, "as", message, remedy)
