"""Looking at runs: the list, the nine questions, one step, what an agent sees, and why a run doesn't move."""

import asyncio
from contextlib import aclosing
from typing import get_args

from mntui.cli import documents
from mntui.cli.codes import DONE
from mntui.cli.exits import Body, Refusal, refuse, wrong_usage
from mntui.cli.fetching import fetched
from mntui.cli.finding import find_run, find_step, folded, open_run, watching
from mntui.cli.nine_text import nine_text
from mntui.cli.output import Session, clock, table
from mntui.cli.step_text import sees_text, step_text
from mntui.core.events import RunPaused
from mntui.core.messages import AskSees, Denied, Opened, Queued, RunFilter, RunRow, Sees
from mntui.core.money import usd
from mntui.core.nine import nine
from mntui.core.run import Run, RunStatus
from mntui.core.why import Blocker, HeldBack, why
from mntui.core.words import WAITING_FOR, span
from mntui.engines.base import Engine

QUEUE_SECONDS = 0.3


def runs(status: str, blueprint: str, limit: int) -> Body:
    async def body(session: Session) -> int:
        if status and status not in get_args(RunStatus):
            raise wrong_usage(f"there is no status {status}", f"It is one of {', '.join(get_args(RunStatus))}.")
        async with session.engine() as engine:
            rows = await engine.runs(RunFilter(status, blueprint, limit))
        session.answer([documents.row_document(row) for row in rows], _runs_text(session, rows))
        return DONE

    return body


def _runs_text(session: Session, rows: tuple[RunRow, ...]) -> str:
    if not rows:
        return "No runs. Start one: mntui run BLUEPRINT (mntui blueprint list shows which there are)."
    headings = ("run", "status", "steps", "cost", "took", "started", "waits for")
    return table(headings, [_run_cells(session, row) for row in rows], session.table_width)


def _run_cells(session: Session, row: RunRow) -> tuple[str, ...]:
    took = span((row.ended_at or session.around.now()) - row.started_at)
    cost = usd(row.cost_micros) if row.cost_known else f"≥ {usd(row.cost_micros)}"
    note = ", ".join(WAITING_FOR.get(what, what) for what in row.waiting_for)
    if row.status == "succeeded" and row.success is False:
        note = "(not a success)"
    steps = f"{row.steps_ended}/{row.steps}"
    return row.run, session.status(row.status), steps, cost, took, clock(row.started_at), note


def shown(wanted: str, step: str, *, sees: bool, full: bool) -> Body:
    """`mntui show`: which of its three pages is meant."""
    if sees:
        return show_sees(wanted, step)
    return show_step(wanted, step, full=full) if step else show(wanted)


def show(wanted: str) -> Body:
    async def body(session: Session) -> int:
        async with session.engine() as engine:
            run = await open_run(engine, wanted)
        answers = nine(run)
        session.answer(documents.nine_document(run, answers), nine_text(session, run, answers))
        return DONE

    return body


def show_step(wanted: str, step: str, *, full: bool) -> Body:
    async def body(session: Session) -> int:
        async with session.engine() as engine:
            run = await open_run(engine, wanted)
            node = run.nodes[find_step(run, step)]
            arguments = await fetched(engine, node.arguments) if full else node.arguments
            output = await fetched(engine, node.output) if full else node.output
        document = documents.step_document(run, node, arguments, output)
        session.answer(document, step_text(session, run, node, arguments, output))
        return DONE

    return body


def show_sees(wanted: str, step: str) -> Body:
    async def body(session: Session) -> int:
        if not step:
            raise wrong_usage("--sees shows what one step's agent sees", f"Name it: mntui show {wanted} STEP --sees")
        async with session.engine() as engine:
            run = await open_run(engine, wanted)
            path = find_step(run, step)
            reply = await engine.query(AskSees(run.name, path))
        if isinstance(reply, Denied):
            raise Refusal(reply)
        assert isinstance(reply, Sees)
        session.answer(documents.sees_document(run.name, reply), sees_text(reply))
        return DONE

    return body


# Why it doesn't move


def explain(wanted: str) -> Body:
    async def body(session: Session) -> int:
        async with session.engine() as engine:
            run, paused_at, held_back = await _with_queue(engine, wanted)
        blockers = [_since(blocker, paused_at) for blocker in why(run, held_back)]
        document = {
            "run": run.name,
            "status": nine(run).state.status,
            "blockers": [documents.blocker_document(blocker) for blocker in blockers],
        }
        session.answer(document, _why_text(session, run, blockers))
        return DONE

    return body


async def _with_queue(engine: Engine, wanted: str) -> tuple[Run, int | None, HeldBack]:
    """A run, when it was paused, and what the worker holds back by its limits: it says so when a watch begins."""
    run, paused_at = None, None
    name = await find_run(engine, wanted)
    async with aclosing(watching(engine, name)) as updates:
        try:
            async with asyncio.timeout(QUEUE_SECONDS):
                async for update in updates:
                    if isinstance(update, Opened):
                        run = folded(update)
                        paused_at = max((f.at for f in update.facts if isinstance(f.event, RunPaused)), default=None)
                    elif isinstance(update, Queued) and run is not None:
                        return run, paused_at, HeldBack(update.waiting, update.until, update.loading)
        except TimeoutError:
            pass  # Nothing is held back.
    if run is None:
        raise refuse("unknown_run", f"the run {name} can't be opened", "mntui worker status")
    return run, paused_at, HeldBack()


def _since(blocker: Blocker, paused_at: int | None) -> Blocker:
    if blocker.kind != "paused":
        return blocker
    return Blocker(blocker.kind, blocker.what, blocker.step, paused_at, blocker.command)


def _why_text(session: Session, run: Run, blockers: list[Blocker]) -> str:
    answers = nine(run)
    lines = [f"{run.name}: {session.status(answers.state.status)}"]
    for blocker in blockers:
        lines.extend(_blocker_lines(blocker))
    if not blockers and run.ended:
        lines.append(f"Nothing blocks it: it has ended. mntui show {run.name} tells how.")
    elif not blockers:
        doing = [f"  {active.path}: {active.doing}" for active in answers.active]
        lines.extend(["Nothing blocks it; it is at work.", *doing])
    return "\n".join(lines)


def _blocker_lines(blocker: Blocker) -> list[str]:
    step = f"{blocker.step}: " if blocker.step else ""
    since = f", since {clock(blocker.since)}" if blocker.since else ""
    lines = [f"  {step}{blocker.what}{since}"]
    if blocker.command:
        lines.append(f"    {blocker.command}")
    if blocker.until is not None:
        ends = "it expires" if blocker.command else "it goes on by itself"
        lines.append(f"    {ends} at {clock(blocker.until)}")
    elif not blocker.command:
        lines.append("    it goes on by itself")
    return lines
