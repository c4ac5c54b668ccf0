"""What waits for a person: one row of the queue, and the whole item. Everything that will happen is shown; nothing is
cut."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import unified_diff
from typing import Final

from mntui.core.messages import Waiting
from mntui.core.money import usd
from mntui.core.plan import Plan
from mntui.core.run import Ask
from mntui.core.shown import glance, whole
from mntui.core.step_paths import plan_path
from mntui.core.values import Json, digest_of
from mntui.core.why import answer_command
from mntui.core.words import EFFECTS
from mntui.ui.drawing.text import Line, Segment, cells
from mntui.ui.pages.write import BLANK, ago, apart, clock, fit, line, named, paragraph, until

KINDS: Final[Mapping[str, str]] = {
    "approval": "approval",
    "question": "question",
    "in_doubt": "in doubt",
    "budget": "budget",
}
HOW: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "approval": (("a", "approve"), ("r", "reject"), ("e", "edit")),
    "question": (("a", "answer"),),
    "in_doubt": (("a", "say what became of it"),),
    "budget": (("a", "raise, cheaper, finish or stop"),),
}


EditedPage = Callable[[str, str, int], Iterator[Line]]
"""How an edited value is shown: what it was, what it is now, and the width."""


def name_of(waiting: Waiting, edits: Mapping[str, Json]) -> str:
    """What stands on the screen, as one text: another item, digest or edit makes another text."""
    ask = waiting.ask
    return f"{waiting.run_id} {ask.id} {ask.asked_at} {ask.digest} {digest_of(dict(edits)) if edits else ''}"


def queue_row(waiting: Waiting, marked: bool, now: int, width: int) -> tuple[Line, ...]:
    """Two or three lines: what is asked, for whom, and what makes it special."""
    ask = waiting.ask
    sign: Segment = ("◼ ", "mark") if marked else ("", "")
    first = line(sign, (_kind(ask), "waiting"), (glance(ask.question, width), "value"))
    lines = [apart(first, line((ago(ask.asked_at, now), "time")), width)]
    where = line((f"  {waiting.run}", "muted"), (" › ", "faint"), (ask.path, "muted"))
    expires = f" expires {until(ask.expires.until, now)}" if ask.expires is not None else ""
    lines.append(apart(where, line((expires, "warn")), width))
    if special := _special(ask):
        lines.append(fit(line((f"  {special}", "bad")), width))
    return tuple(lines)


def _kind(ask: Ask) -> str:
    """What an item is, where it isn't a plain approval."""
    return f"{ask.tool}  " if ask.tool else f"{KINDS[ask.kind]}  " if ask.kind != "approval" else ""


def _special(ask: Ask) -> str:
    if ask.kind == "in_doubt":
        return "nobody knows whether it happened"
    return "can't be taken back: asks for a typed y" if ask.effect == "unsafe" else ""


def item_page(
    waiting: Waiting,
    edits: Mapping[str, Json],
    now: int,
    width: int,
    then: Sequence[str] = (),
    edited: EditedPage | None = None,
) -> Iterator[Line]:
    """The whole item, as it would happen, and how it is answered from a shell. `then`: what it leads to."""
    yield from card_page(waiting, edits, now, width, then, edited)
    yield BLANK
    yield from paragraph(f"or type: {answer_command(waiting.ask)}", width, "faint")


def leads_to(plan: Plan, path: str) -> tuple[str, ...]:
    """The steps that may begin once the one at a path has succeeded."""
    step = plan.steps.get(plan_path(path))
    return step.dependents if step is not None else ()


def card_page(
    waiting: Waiting,
    edits: Mapping[str, Json],
    now: int,
    width: int,
    then: Sequence[str] = (),
    edited: EditedPage | None = None,
) -> Iterator[Line]:
    """The whole item. The keys that answer it stand below it, where they don't scroll away: `keys_lines`."""
    ask = waiting.ask
    yield from paragraph(ask.question, width, "title")
    yield from _about(waiting, now, width)
    if ask.problem is not None:
        yield from paragraph(f"What is known: {ask.problem.message} {ask.problem.remedy}".rstrip(), width, "warn")
    yield BLANK
    yield from _values(ask, edits, width, edited or as_values)
    if ask.contract is not None and ask.kind == "question":
        yield line(("the answer's shape", "muted"))
        yield from paragraph(whole(ask.contract), width, "muted", indent=2)
    yield BLANK
    if then:
        yield from paragraph(f"then: {', '.join(then)}", width, "muted")
    if ask.edit:
        yield from paragraph(f"may be edited: {', '.join(ask.edit)}", width, "muted")


def _about(waiting: Waiting, now: int, width: int) -> Iterator[Line]:
    ask = waiting.ask
    yield from paragraph(f"{KINDS[ask.kind]} {ask.id} · {waiting.run} › {ask.path}", width, "muted")
    if ask.tool:
        style = "bad" if ask.effect == "unsafe" else "muted"
        yield from paragraph(f"calls {ask.tool}: {EFFECTS.get(ask.effect or '', '')}", width, style)
    if ask.expires is not None:
        when = f"expires {until(ask.expires.until, now)}, at {clock(ask.expires.until)}"
        yield from paragraph(when, width, "warn")


def _values(ask: Ask, edits: Mapping[str, Json], width: int, edited: EditedPage) -> Iterator[Line]:
    if ask.kind == "budget":
        held = ask.shown if isinstance(ask.shown, Mapping) else {}
        yield from named([(name, _amount(ask, held.get(name))) for name in ("needed", "left")], width)
        return
    if isinstance(ask.shown, Mapping):
        same = {name: whole(value) for name, value in ask.shown.items() if name not in edits}
        yield from named(same.items(), width, "value")
        for name, value in edits.items():
            yield from paragraph(f"{name} ✎ edited", width, "edited")
            yield from edited(whole(ask.shown.get(name)), whole(value), width)
    elif ask.shown is not None:
        yield from paragraph(whole(ask.shown), width, "value")


def as_values(_: str, now: str, width: int) -> Iterator[Line]:
    """An edited value as it would be approved."""
    yield from paragraph(now, width, "edited", indent=2)


def as_diff(before: str, now: str, width: int) -> Iterator[Line]:
    """An edited value as a unified diff, with every line that stayed: nothing of what is approved is left out."""
    old, new = before.split("\n"), now.split("\n")
    head = 3
    for row in list(unified_diff(old, new, n=len(old) + len(new), lineterm=""))[head:]:
        yield from paragraph(row, width, {"+": "good", "-": "bad"}.get(row[:1], "value"), indent=2, hang=2)


def _amount(ask: Ask, amount: Json) -> str:
    if not isinstance(amount, int):
        return "unknown"
    return usd(amount) if ask.limit == "usd" else f"{amount:,} tokens"


def keys_lines(ask: Ask, edits: Mapping[str, Json], width: int, *, more: bool) -> list[Line]:
    """What can be pressed, in as many lines as it takes; editing only where something may be edited.

    `more` where the item has lines below those that are seen: then the first key is the one that shows them.
    """
    keys = [("J", "read on")] if more else []
    keys += [(key, _told(key, label, edits)) for key, label in HOW[ask.kind] if key != "e" or ask.edit]
    if edits:
        keys.append(("d", "diff"))
    rows: list[list[Segment]] = [[]]
    for key, label in keys:
        if rows[-1] and sum(cells(text) for text, _ in rows[-1]) + cells(f"{key} {label}") > width:
            rows.append([])
        rows[-1] += [(key, "key"), (f" {label}", "muted"), ("   ", "")]
    return [fit(line(*parts[:-1]), width) for parts in rows]


def _told(key: str, label: str, edits: Mapping[str, Json]) -> str:
    return f"{label} as edited" if key == "a" and edits else label


def card_line(asks: Sequence[Ask], width: int) -> Line:
    """The oldest item in one line, for a screen that has no more room."""
    ask = asks[0]
    more = f"  and {len(asks) - 1} more" if len(asks) > 1 else ""
    first = line(("◆ ", "waiting"), (glance(ask.question, width), "value"), (more, "muted"))
    keys = [part for key, label in HOW[ask.kind][:2] for part in ((f"  {key}", "key"), (f" {label}", "muted"))]
    return apart(first, line(*keys), width)
