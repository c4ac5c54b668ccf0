"""Between a key and what it leads to lies a moment. Whatever happens in it ends the answer; here the moment is held."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from mntui.core.messages import Accepted, Waiting
from mntui.core.requests import Approve, Request, Respond
from mntui.core.run import Ask
from mntui.core.typed import BUDGET_WORDS
from mntui.ui.answering import Answering
from mntui.ui.desk import Desk
from mntui.ui.forms import Asked
from mntui.ui.given import Given
from mntui.ui.guard import Guard
from mntui.ui.widgets.ask_line import Taken


class Sent:
    """An engine that only remembers what it was sent."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    async def send(self, run: str, request: Request, actor: str) -> Accepted:
        assert actor == "person:ada"
        self.requests.append(request)
        return Accepted(run, 1)


class Stage:
    """A screen whose moments end when the test says so."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.works: list[Awaitable[None]] = []
        self.asked: list[str] = []
        self.whole = True
        self.has_field = False
        self._then: Callable[[], None] = lambda: None

    def say(self, text: str, style: str = "muted") -> None:
        self.said.append(f"{style}: {text}")

    def ask_line(self, asked: str, take: Taken) -> None:
        self.asked.append(asked)
        self.take = take

    def close_line(self) -> None:
        pass

    def ask_form(self, asked: Asked, done: Callable[[Mapping[str, str]], None]) -> None:
        self.asked.append(asked.title)
        self.done = done

    def settled(self, then: Callable[[], None]) -> None:
        self._then = then

    def begin(self, work: Awaitable[None]) -> None:
        self.works.append(work)

    def typing(self) -> bool:
        return self.has_field

    def seen_whole(self) -> bool:
        return self.whole

    def redraw(self) -> None:
        pass

    async def moment_over(self) -> None:
        self._then()
        for work in self.works:
            await work
        self.works = []


def waiting(number: int = 1, digest: str = "d", effect: Any = "keyed", edit: tuple[str, ...] = ()) -> Waiting:
    ask = Ask(f"run.{number}", "approval", "step", "", "Send it?", 0, digest, {"to": "ada"}, edit, effect=effect)
    return Waiting("run", "id", ask)


class Before:
    """Somebody before one item, who has looked long enough and pressed a key."""

    def __init__(self, item: Waiting) -> None:
        self.seconds = 100.0
        self.engine, self.stage = Sent(), Stage()
        given = Given(lambda: None, lambda _: None, Path("/h"), Path("/h"), "person:ada", {}, lambda: 0, self.clock, {})  # type: ignore[arg-type,return-value]  # neither is opened here
        self.desk = Desk(given, self.engine, Guard())  # type: ignore[arg-type]  # only `send` is asked of it
        self.answering = Answering(self.desk, self.stage)
        self.answering.see(item)

    def clock(self) -> float:
        return self.seconds

    def key(self, after_seconds: float = 1.0) -> None:
        self.seconds += after_seconds
        self.desk.guard.key(self.seconds)


async def test_a_key_that_came_alone_sends_what_was_shown() -> None:
    before = Before(waiting())
    before.key()
    before.answering.approve()
    await before.stage.moment_over()
    assert before.engine.requests == [Approve("run.1", "d")]


async def test_a_key_within_the_moment_ends_it() -> None:
    before = Before(waiting())
    before.key()
    before.answering.approve()
    before.key(0.1)
    await before.stage.moment_over()
    assert before.engine.requests == []
    assert "too fast" in before.stage.said[-1]


@pytest.mark.parametrize("other", [waiting(2), waiting(1, "another digest"), None])
async def test_an_item_that_changes_within_the_moment_ends_it(other: Waiting | None) -> None:
    before = Before(waiting())
    before.key()
    before.answering.approve()
    before.answering.see(other)
    await before.stage.moment_over()
    assert before.engine.requests == []


async def test_a_field_that_gets_the_keys_within_the_moment_ends_it() -> None:
    before = Before(waiting())
    before.key()
    before.answering.approve()
    before.stage.has_field = True
    await before.stage.moment_over()
    assert before.engine.requests == []


async def test_what_was_not_read_to_its_end_is_not_approved() -> None:
    before = Before(waiting())
    before.stage.whole = False
    before.key()
    before.answering.approve()
    await before.stage.moment_over()
    assert before.engine.requests == []
    assert "read to its end" in before.stage.said[-1]


async def test_what_cannot_be_taken_back_needs_a_typed_y_about_this_very_item() -> None:
    before = Before(waiting(effect="unsafe"))
    before.key()
    before.answering.approve()
    await before.stage.moment_over()
    assert before.engine.requests == []
    assert before.stage.take("yes") == "not approved: type y, or Escape leaves it"
    before.answering.see(waiting(2, effect="unsafe"))
    assert before.stage.take("y") == "It is no longer what you were asked about."
    before.answering.see(waiting(effect="unsafe"))
    assert before.stage.take("y") is None
    await before.stage.moment_over()
    assert before.engine.requests == [Approve("run.1", "d")]


async def test_an_edit_that_comes_back_for_an_item_that_changed_is_dropped() -> None:
    before = Before(waiting(edit=("to",)))
    before.key()
    before.answering.edit()
    await before.stage.moment_over()
    before.answering.see(waiting(1, "another digest", edit=("to",)))
    before.stage.done({"to": "eve"})
    assert before.answering.edits == {}


async def test_marks_are_sent_with_the_digests_that_were_shown_and_only_if_they_still_wait() -> None:
    first, second = waiting(1), waiting(2)
    before = Before(first)
    before.key()
    before.answering.mark()
    await before.stage.moment_over()
    before.answering.see(second)
    before.key()
    before.answering.mark()
    await before.stage.moment_over()
    before.answering.still_waiting((waiting(1, "another digest"), second))
    before.key()
    before.answering.approve()
    await before.stage.moment_over()
    assert before.engine.requests == [Approve("run.2", "d")]


async def test_a_budget_may_be_raised_or_answered_by_any_of_its_words() -> None:
    ask = Ask("run.1", "budget", "step", "", "Out of money", 0, "d", {"needed": 5, "left": 1}, limit="usd")
    for word in BUDGET_WORDS:
        before = Before(Waiting("run", "id", ask))
        before.key()
        before.answering.approve()
        await before.stage.moment_over()
        assert word in before.stage.asked[-1]
        assert before.stage.take(word) is None
        await before.stage.moment_over()
        assert before.engine.requests == [Respond("run.1", word)]
