"""Answering what waits for a person: from a key pressed on purpose to one request about exactly what is shown.

Every answer goes the same way: the guard says whether the key may count, a moment passes in which no other key may
come, and only then something is sent or a line is opened. What is sent carries the id and the digest of the item that
was on the screen when the key was pressed. Whatever changes on the way ends it: nothing is decided.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol

from mntui.core import requests as r
from mntui.core.contracts.contracts import ContractProblem
from mntui.core.messages import Denied, Waiting
from mntui.core.typed import BUDGET_WORDS, budget_answer, by_schema, editable, fields_of, settlement
from mntui.core.values import Json
from mntui.ui.desk import Desk, told
from mntui.ui.forms import Asked, asked_fields, edit_fields, values_of
from mntui.ui.pages.asks import name_of
from mntui.ui.widgets.ask_line import Taken

ONE_MOMENT: Final = "one moment …"
NOT_READ: Final = "There is more of it below: read to its end first (J), then press again."


class Stage(Protocol):
    """What answering needs of the screen that it happens on."""

    def say(self, text: str, style: str = "muted") -> None: ...

    def ask_line(self, asked: str, take: Taken) -> None: ...

    def close_line(self) -> None: ...

    def ask_form(self, asked: Asked, done: Callable[[Mapping[str, str]], None]) -> None: ...

    def settled(self, then: Callable[[], None]) -> None: ...

    def begin(self, work: Awaitable[None]) -> None: ...

    def typing(self) -> bool: ...

    def seen_whole(self) -> bool: ...

    def redraw(self) -> None: ...


class Answering:
    """The item on a screen, what was edited in it, and which others are marked."""

    def __init__(self, desk: Desk, stage: Stage) -> None:
        self._desk = desk
        self._stage = stage
        self.item: Waiting | None = None
        self._seen = ""
        self.edits: dict[str, Json] = {}
        self.marked: dict[str, Waiting] = {}

    def see(self, item: Waiting | None) -> bool:
        """This is what is on the screen now; True where it is another item than before, or the same one changed or
        edited: then it is to be read anew.
        """
        if item is None or self.item is None or name_of(item, {}) != name_of(self.item, {}):
            self.edits = {}
        self.item = item
        before, self._seen = self._seen, self._name()
        if self._seen != before:
            self._stage.close_line()
        self._desk.guard.show(self._seen, self._desk.given.clock())
        return self._seen != before

    def still_waiting(self, waiting: tuple[Waiting, ...]) -> None:
        """Marks stay only on items that wait and are what they were."""
        there = {name_of(each, {}) for each in waiting}
        self.marked = {name: each for name, each in self.marked.items() if name in there}

    def _name(self) -> str:
        return name_of(self.item, self.edits) if self.item is not None else ""

    # Keys

    def approve(self) -> None:
        self._deliberately(self._approve_marked if self.marked else self._approve)

    def reject(self) -> None:
        self._deliberately(self._reject)

    def edit(self) -> None:
        self._deliberately(self._edit)

    def editor(self, open_editor: Callable[[Mapping[str, str]], Mapping[str, str] | None]) -> None:
        """Change values in the person's editor; `open_editor` gives them back, or None."""

        def act(item: Waiting) -> None:
            fields = edit_fields(item.ask, self.edits)
            texts = open_editor({field.name: field.text for field in fields.fields})
            if texts is not None:
                self._take_edits(item, texts)

        self._deliberately(act)

    def mark(self) -> None:
        self._deliberately(self._mark)

    def _deliberately(self, act: Callable[[Waiting], None]) -> None:
        """Only a key that came alone, about something that a person could read, leads to anything."""
        guard, item = self._desk.guard, self.item
        deaf = guard.deaf(self._desk.given.clock())
        if self._stage.typing():
            return
        if deaf or item is None:
            self._stage.say(deaf)
            return
        keys, shown = guard.keys, guard.shown

        def if_alone() -> None:
            if (guard.keys, guard.shown) == (keys, shown) and not self._stage.typing():
                self._stage.say("")
                act(item)
            else:
                self._stage.say("Keys came too fast; nothing was decided.", "warn")

        self._stage.say(ONE_MOMENT)
        self._stage.settled(if_alone)

    # What the keys lead to

    def _approve(self, item: Waiting) -> None:
        match item.ask.kind:
            case "approval":
                self._approve_one(item)
            case "question":
                self._answer_question(item)
            case "budget":
                unit = "dollars" if item.ask.limit == "usd" else "tokens"
                asked = f"Raise it by how many {unit}? Or: {', '.join(BUDGET_WORDS)}"
                self._line(item, asked, lambda text: budget_answer(item.ask, text))
            case "in_doubt":
                asked = "What became of it? happened [result as JSON] · not-happened · compensate · abandon"
                self._line(item, asked, lambda text: settlement(item.ask, text))

    def _approve_one(self, item: Waiting) -> None:
        request = r.Approve(item.ask.id, item.ask.digest, dict(self.edits))
        if not self._stage.seen_whole():
            self._stage.say(NOT_READ, "warn")
        elif item.ask.effect == "unsafe":
            self._line(item, "This can't be taken back. Type y and Enter:", lambda text: _typed_y(text, request))
        else:
            self._stage.begin(self._send(item, request))

    def _approve_marked(self, _: Waiting) -> None:
        for each in self.marked.values():
            self._stage.begin(self._send(each, r.Approve(each.ask.id, each.ask.digest)))
        self.marked = {}

    def _answer_question(self, item: Waiting) -> None:
        ask = item.ask
        if fields_of(ask.contract):
            self._stage.ask_form(asked_fields(ask), lambda texts: self._answered(item, texts))
        else:
            self._line(item, "Your answer:", lambda text: r.Respond(ask.id, by_schema(text, ask.contract)))

    def _answered(self, item: Waiting, texts: Mapping[str, str]) -> None:
        """The form was left with these texts, whose types it has judged already."""
        if self._gone(item):
            return
        self._stage.begin(self._send(item, r.Respond(item.ask.id, values_of(asked_fields(item.ask), texts))))

    def _reject(self, item: Waiting) -> None:
        if item.ask.kind != "approval":
            self._stage.say("Only an approval is rejected; press a to answer this.")
            return
        self._line(item, "Reject it. Why?", lambda text: _reasoned(text, item))

    def _edit(self, item: Waiting) -> None:
        if not item.ask.edit:
            self._stage.say("Nothing in it may be edited.")
            return
        self._stage.ask_form(edit_fields(item.ask, self.edits), lambda texts: self._take_edits(item, texts))

    def _take_edits(self, item: Waiting, texts: Mapping[str, str]) -> None:
        if self._gone(item):
            return
        now = editable(item.ask)
        values = values_of(edit_fields(item.ask, self.edits), texts)
        self.edits = {name: value for name, value in values.items() if value != now[name][0]}
        self._stage.redraw()

    def _mark(self, item: Waiting) -> None:
        name = name_of(item, {})
        if self.marked.pop(name, None) is None:
            if item.ask.kind != "approval" or item.ask.effect == "unsafe" or self.edits:
                self._stage.say("This one is answered by itself: it can't be marked.")
            elif not self._stage.seen_whole():
                self._stage.say(NOT_READ, "warn")
            else:
                self.marked[name] = item
        self._stage.redraw()

    # Sending

    def _line(self, item: Waiting, asked: str, request: Callable[[str], r.Request]) -> None:
        """Ask for a text, and send what it says about this very item."""
        shown = self._desk.guard.shown

        def take(text: str) -> str | None:
            if self._desk.guard.shown != shown:
                return "It is no longer what you were asked about."
            try:
                wanted = request(text)
            except ContractProblem as problem:
                return f"{problem.message}: {problem.remedy}"
            self._stage.begin(self._send(item, wanted))
            return None

        self._stage.ask_line(asked, take)

    def _gone(self, item: Waiting) -> bool:
        gone = self.item is None or name_of(self.item, {}) != name_of(item, {})
        if gone:
            self._stage.say(f"{item.ask.id} is no longer what you saw; nothing was sent.", "warn")
        return gone

    async def _send(self, item: Waiting, request: r.Request) -> None:
        reply = await self._desk.send(item.run, request)
        if isinstance(reply, Denied):
            self._stage.say(told(reply), "bad")
        else:
            self._stage.say(f"✓ {item.ask.id} {_DONE[request.kind]}; {item.run} goes on.", "good")


_DONE: Mapping[str, str] = {"Approve": "approved", "Reject": "rejected", "Respond": "answered", "Settle": "settled"}


def _typed_y(text: str, request: r.Approve) -> r.Approve:
    if text.strip() != "y":
        raise ContractProblem("not approved", "type y, or Escape leaves it")
    return request


def _reasoned(text: str, item: Waiting) -> r.Reject:
    if not text.strip():
        raise ContractProblem("a reason is needed", "type why, or Escape leaves it")
    return r.Reject(item.ask.id, text.strip(), item.ask.digest)
