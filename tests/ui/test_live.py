"""Following one run: folded by the core's own evolve, shown not too often, taken up again after a cut."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from world import Setting

from mntui.core.messages import Happened, Opened, Pulsed, Queued, Update
from mntui.engines.base import EngineGone
from mntui.ui.live import Following, Seen
from tests.ui.person import Person

ENDS = "steps: {one: {set: {a: 1}}, two: {needs: [one], set: {b: 2}}}\noutputs: {a: '{{ one.a }}'}"


@dataclass
class Told:
    """An engine that tells what a test hands in, one list of updates a watch; None cuts the watch off."""

    watches: list[list[Update | None]]
    asked_after: list[int] = field(default_factory=list)

    async def watch(self, _: str, after: int = 0) -> AsyncIterator[Update]:
        self.asked_after.append(after)
        for update in self.watches.pop(0):
            if update is None:
                raise EngineGone("the worker has gone", "mntui worker status")
            yield update


async def updates(person: Person) -> list[Update]:
    """What a worker tells of a whole run."""
    run = await person.started(ENDS)
    return [update async for update in person.worker.watch(run)]


async def followed(engine: Told) -> list[Seen]:
    shown: list[Seen] = []
    await Following(engine, "x", shown.append, lambda told: None).follow()  # type: ignore[arg-type]
    return shown


def split(told: list[Update], at: int) -> tuple[Opened, Happened]:
    """The same run as the beginning of one watch and the rest of another."""
    first = next(update for update in told if isinstance(update, Opened))
    facts = [fact for update in told if isinstance(update, Opened | Happened) for fact in update.facts]
    return Opened(first.id, first.run, first.plan, tuple(facts[:at])), Happened(tuple(facts[at:]))


async def test_it_shows_the_run_as_it_ended(person: Person) -> None:
    told = await updates(person)
    shown = await followed(Told([list(told)]))
    assert shown[-1].run.ended == "succeeded"
    assert shown[-1].run.outputs == {"a": 1}
    assert [fact.seq for fact in shown[-1].facts] == list(range(1, shown[-1].run.seq + 1))


async def test_a_watch_that_is_cut_off_goes_on_after_the_last_fact_seen(person: Person) -> None:
    begun, rest = split(await updates(person), 3)
    again = Opened(begun.id, begun.run, begun.plan, (*begun.facts[2:], *rest.facts))
    engine = Told([[begun, None], [again]])
    shown = await followed(engine)
    assert engine.asked_after == [0, 3]
    assert shown[-1].run.ended == "succeeded"
    assert any(seen.gone for seen in shown)
    assert not shown[-1].gone


async def test_many_facts_are_shown_as_few_pictures(person: Person) -> None:
    begun, rest = split(await updates(person), 2)
    one_by_one: list[Update | None] = [begun, *(Happened((fact,)) for fact in rest.facts)]
    shown = await followed(Told([one_by_one]))
    assert len(shown) < len(one_by_one)


async def test_live_text_is_shown_until_its_outcome_comes(person: Person) -> None:
    begun, rest = split(await updates(person), 2)
    engine = Told([[begun, Pulsed("k", "one", 0, "hel"), Pulsed("k", "one", 3, "lo"), Queued({"two": "limit"}), rest]])
    following = Following(engine, "x", lambda seen: None, lambda told: None)  # type: ignore[arg-type]
    await following.follow()
    assert following._live == {}
    assert following._held_back == {"two": "limit"}


async def test_a_run_that_is_not_there_is_said_once(setting_of_nobody: Setting) -> None:
    worker = setting_of_nobody.worker()
    lost: list[str] = []
    await asyncio.wait_for(Following(worker, "nobody", lambda seen: None, lost.append).follow(), 5)
    assert lost == ["There is no run nobody."]
    await worker.close()
