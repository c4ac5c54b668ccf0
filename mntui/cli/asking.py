"""Asking a person inside `mntui run`: the item is shown, and one key at a time decides. Nothing is sent from here.

Enter and space never approve. What can't be taken back needs a typed word. What comes out is a request that carries the
digest of what was on the screen, or the wish to come back later.
"""

import asyncio
import json
import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from mntui.cli.answers import confirmation, edits_of, resolved
from mntui.cli.ask_text import ask_text
from mntui.cli.exits import Refusal, refuse
from mntui.cli.output import Session, error_text, glance
from mntui.cli.terminal import Terminal
from mntui.cli.values import by_schema, json_argument
from mntui.core import requests as r
from mntui.core.frozen import frozen
from mntui.core.run import Ask
from mntui.core.typed import BUDGET_WORDS
from mntui.core.values import Json

Wish = Literal["later", "leave"]
_LATER: Mapping[str, Wish] = {"s": "later", "q": "leave"}


@frozen
class Desk:
    """Where a person is asked."""

    session: Session
    terminal: Terminal


async def asked(desk: Desk, run: str, ask: Ask, more: int = 0) -> r.Request | Wish:
    """What the person decides about one item; so many `more` wait behind it."""
    desk.session.note(f"\n{ask_text(ask, run)}")
    if more:
        desk.session.note(f"  {more} more {'waits' if more == 1 else 'wait'} after this one")
    try:
        return await (_approval(desk, run, ask) if ask.kind == "approval" else _answer(desk, ask))
    except EOFError:
        return "leave"  # The terminal has hung up: nobody is there.


async def _key(desk: Desk, hint: str, keys: str) -> str:
    desk.session.note(f"  {hint}")
    await desk.terminal.settle()
    return await desk.terminal.key(keys)


async def _approval(desk: Desk, run: str, ask: Ask) -> r.Request | Wish:
    edits: dict[str, Json] = {}
    may_edit = "[e]dit  " if ask.edit else ""
    keys = "arsqe" if ask.edit else "arsq"
    while True:
        hint = f"[a]pprove{' as edited' if edits else ''}  {may_edit}[r]eject  [s]kip for now  [q] leave running"
        pressed = await _key(desk, hint, keys)
        if pressed in _LATER:
            return _LATER[pressed]
        if pressed == "a" and await _meant(desk, ask):
            return r.Approve(ask.id, ask.digest, edits)
        if pressed == "r":
            reason = await desk.terminal.line("  Why? (Enter alone goes back) ")
            if reason.strip():
                return r.Reject(ask.id, reason.strip(), ask.digest)
        if pressed == "e":
            edits = await _edited(desk, ask, edits)
            desk.session.note(f"\n{ask_text(ask, run, {**ask.shown, **edits})}")


async def _meant(desk: Desk, ask: Ask) -> bool:
    word = confirmation(ask)
    if word == "y":
        return True
    return (await desk.terminal.line(f"  This can't be taken back. Type {word} and Enter: ")).strip() == word


# Editing


async def _edited(desk: Desk, ask: Ask, edits: Mapping[str, Json]) -> dict[str, Json]:
    """Each editable value, one after the other; one that can't be read is asked for again."""
    changed = dict(edits)
    for name in ask.edit:
        now = changed.get(name, ask.shown.get(name) if isinstance(ask.shown, Mapping) else None)
        changed.update(await _edited_one(desk, ask, name, now))
    return {name: value for name, value in changed.items() if value != ask.shown.get(name)}


async def _edited_one(desk: Desk, ask: Ask, name: str, now: Json) -> dict[str, Json]:
    editor = desk.session.around.environment.get("VISUAL") or desk.session.around.environment.get("EDITOR")
    while True:
        text = await (_in_editor(desk, editor, now) if editor else _in_line(desk, name, now))
        if text is None:
            return {}
        try:
            return edits_of(ask, {name: text})
        except Refusal as refusal:
            desk.session.note(error_text(refusal.denied))


async def _in_line(desk: Desk, name: str, now: Json) -> str | None:
    text = await desk.terminal.line(f"  {name} (Enter keeps {glance(now, 40)}): ")
    return text or None


async def _in_editor(desk: Desk, editor: str, now: Json) -> str | None:
    before = now if isinstance(now, str) else json.dumps(now, ensure_ascii=False, indent=2)
    with tempfile.TemporaryDirectory(prefix="mntui-edit-") as folder:
        path = Path(folder) / "value.txt"
        path.write_text(before, encoding="utf-8")
        desk.terminal.lend()
        try:
            process = await asyncio.create_subprocess_exec(*shlex.split(editor), str(path))
            ended = await process.wait()
        except OSError as error:
            raise refuse("editor", f"{editor} can't be started: {error}", "Set EDITOR to a program.") from error
        finally:
            desk.terminal.take()
        after = path.read_text(encoding="utf-8", errors="replace")
    # Editors end a file with a line end of their own; the value had none.
    after = after if before.endswith("\n") else after.removesuffix("\n")
    return None if ended or after == before else after


# Questions, budgets, effects in doubt


async def _answer(desk: Desk, ask: Ask) -> r.Request | Wish:
    while True:
        pressed = await _key(desk, "[a]nswer  [s]kip for now  [q] leave running", "asq")
        if pressed in _LATER:
            return _LATER[pressed]
        try:
            request = await _typed(desk, ask)
        except Refusal as refusal:
            desk.session.note(error_text(refusal.denied))
            continue
        if request is not None:
            return request


async def _typed(desk: Desk, ask: Ask) -> r.Request | None:
    """The answer as a request; None where the person typed nothing. Raises Refusal for what can't be read."""
    match ask.kind:
        case "budget":
            return await _budget(desk, ask)
        case "in_doubt":
            return await _doubt(desk, ask)
        case _:
            value = await _question(desk, ask.contract)
            return None if value is None else r.Respond(ask.id, value)


async def _question(desk: Desk, contract: Mapping[str, Json] | None) -> Json:
    fields = (contract or {}).get("properties", {})
    if contract is None or not fields:
        text = await desk.terminal.line("  Your answer (Enter alone goes back): ")
        return by_schema(text, contract, "the answer") if text and contract else text or None
    required = contract.get("required", [])
    answers: dict[str, Json] = {}
    for name, schema in fields.items():
        text = await desk.terminal.line(f"  {name}{_wanted(schema, needed=name in required)}: ")
        if text:
            answers[name] = by_schema(text, schema, name)
    return answers or None


def _wanted(schema: Mapping[str, Json], *, needed: bool) -> str:
    kind = " or ".join(map(str, schema["enum"])) if "enum" in schema else str(schema.get("type", "JSON"))
    return f" ({kind})" if needed else f" ({kind}, may be left out)"


async def _budget(desk: Desk, ask: Ask) -> r.Request | None:
    unit = "dollars" if ask.limit == "usd" else "tokens"
    text = (await desk.terminal.line(f"  Raise it by how many {unit}? (or {', '.join(BUDGET_WORDS)}): ")).strip()
    if not text or text in BUDGET_WORDS:
        return r.Respond(ask.id, text) if text else None
    amount = by_schema(text, {"type": "number" if ask.limit == "usd" else "integer"}, "the amount")
    return r.Respond(ask.id, {f"raise_{ask.limit}": amount})


async def _doubt(desk: Desk, ask: Ask) -> r.Request | None:
    text = (await desk.terminal.line("  What became of it? (happened, not-happened or abandon): ")).strip()
    if not text:
        return None
    resolution = resolved(text)
    if resolution != "happened":
        return r.Settle(ask.id, resolution)
    result = (await desk.terminal.line("  Its result as JSON (Enter: null): ")).strip()
    return r.Settle(ask.id, "happened", json_argument(result, "the result") if result else None)
