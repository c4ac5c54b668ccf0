"""`watch` and `events`: the facts of a run, one plain line each, or one JSON object a line."""

import asyncio
from collections.abc import Iterable
from contextlib import aclosing

from mntui.cli import documents
from mntui.cli.codes import DONE, FAILED
from mntui.cli.exits import Body, Refusal
from mntui.cli.finding import find_run
from mntui.cli.following import Seen, follow
from mntui.cli.output import Session, clock, cut, paint
from mntui.core.events import Fact
from mntui.core.messages import AskEvents, Denied, Facts, Happened, Opened, Pulsed
from mntui.core.nine import succeeded
from mntui.core.run import Run
from mntui.core.telling import tell
from mntui.core.words import LOOKS

GLYPH_WIDTH = 11


def events(wanted: str, after: int) -> Body:
    async def body(session: Session) -> int:
        async with session.engine() as engine:
            reply = await engine.query(AskEvents(await find_run(engine, wanted), after))
        if isinstance(reply, Denied):
            raise Refusal(reply)
        assert isinstance(reply, Facts)
        if session.json:
            session.document([documents.fact_document(fact, reply.run) for fact in reply.facts])
        else:
            for fact in reply.facts:
                session.say(f"{fact.seq:>5}  {fact_line(session, fact)}")
        return DONE

    return body


def watch(wanted: str, *, pulses: bool) -> Body:
    async def body(session: Session) -> int:
        async with session.engine() as engine:
            name = await find_run(engine, wanted)
            try:
                async with aclosing(follow(engine, name, session.note)) as seen_so_far:
                    async for seen in seen_so_far:
                        run = seen.run
                        _print(session, seen, pulses=pulses)
            except asyncio.CancelledError:
                session.note(f"The run goes on. Back to it: mntui watch {name}")
                raise
        return DONE if succeeded(run) else FAILED

    return body


def _print(session: Session, seen: Seen, *, pulses: bool) -> None:
    match seen.update:
        case Opened(facts=facts) | Happened(facts=facts):
            _print_facts(session, seen.run, facts)
        case Pulsed(path=path, text=text) if pulses:
            if session.json:
                session.line({"run": seen.run.name, "kind": "Pulsed", "path": path, "text": text})
            else:
                session.say(f"{'':>8}  {'…':<{GLYPH_WIDTH}}  {path}: {cut(text, 200)}")
        case _:
            pass


def print_status_facts(session: Session, seen: Seen) -> None:
    """The facts of an update that change a status, to stderr: what a log of a run without a terminal shows."""
    if session.json or not isinstance(seen.update, Opened | Happened):
        return
    for fact in seen.update.facts:
        if tell(fact.event).status:
            session.note(fact_line(session, fact))


def _print_facts(session: Session, run: Run, facts: Iterable[Fact]) -> None:
    for fact in facts:
        if session.json:
            session.line(documents.fact_document(fact, run.name))
        else:
            session.say(fact_line(session, fact))


def fact_line(session: Session, fact: Fact) -> str:
    """`10:45:07  ✓ succeeded  each[3]/draft: succeeded`."""
    told = tell(fact.event)
    look = LOOKS.get(told.status)
    sign = f"{look.sign(ascii_only=session.ascii)} {look.word}" if look is not None else ""
    sign = paint(f"{sign:<{GLYPH_WIDTH}}", look.style if look is not None else "")
    path = f"{told.path}: " if told.path else ""
    by = f" (by {fact.actor.removeprefix('person:')})" if fact.event.kind in _PERSONAL else ""
    return f"{clock(fact.at)[11:]}  {sign}  {path}{told.sentence}{by}"


_PERSONAL = frozenset(
    {
        "ApprovalGranted",
        "ApprovalRejected",
        "QuestionAnswered",
        "EffectSettled",
        "BudgetRaised",
        "RunPaused",
        "RunResumed",
        "RunCancelling",
        "StepRetried",
    }
)
"""Facts that say who: a person decided them."""
