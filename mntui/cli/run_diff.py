"""`mntui diff`: what the second of two runs did otherwise, step by step, and what both cost.

It exits as `diff` does: 0 where nothing differs, 1 where something does. Time, cost and models alone are no difference.
"""

import json
from collections.abc import Iterator

from mntui.cli.codes import DONE, FAILED
from mntui.cli.diff_text import arrow, field_lines, sign
from mntui.cli.exits import Body
from mntui.cli.fetching import fetched
from mntui.cli.finding import open_run
from mntui.cli.output import Session, paint
from mntui.core.events import Stored
from mntui.core.money import MICROS, usd
from mntui.core.run import Run
from mntui.core.run_diff import FOLDER, RunDiff, RunSide, StepDiff, refs_to_compare, run_diff
from mntui.core.value_diff import Field
from mntui.core.values import Json, Ref
from mntui.core.words import span
from mntui.engines.base import Engine

MOST_STEPS = 40


def diff(first: str, second: str) -> Body:
    async def body(session: Session) -> int:
        async with session.engine() as engine:
            before, after = await open_run(engine, first), await open_run(engine, second)
            found = await _found(engine, before, after)
        session.answer(_document(before, after, found), "\n".join(_text(session, before, after, found)))
        return DONE if found.same else FAILED

    return body


async def _found(engine: Engine, before: Run, after: Run) -> RunDiff:
    held = {ref.digest: await fetched(engine, ref) for ref in refs_to_compare(before, after)}

    def load(value: Stored) -> Json:
        return held[value.digest] if isinstance(value, Ref) else value

    return run_diff(before, after, load)


def _text(session: Session, before: Run, after: Run, found: RunDiff) -> Iterator[str]:
    yield f"- {_side(session, before, found.before)}"
    yield f"+ {_side(session, after, found.after)}"
    if before.blueprint == after.blueprint and before.digest != after.digest:
        kept = f"{before.blueprint}@{before.name} {after.blueprint}@{after.name}"
        yield f"They ran different versions: mntui blueprint diff {kept}"
    yield from _fields(session, "inputs", found.inputs)
    yield from _fields(session, "models", found.models)
    differ = sum(step.what != "cost" for step in found.steps)
    if found.steps:
        rest = found.equal_steps + len(found.steps) - differ
        yield f"\n{paint('steps', 'bold')}: {differ} differ, {rest} came out the same"
        for step in found.steps[:MOST_STEPS]:
            yield from _step(session, step)
        if len(found.steps) > MOST_STEPS:
            yield f"  … and {len(found.steps) - MOST_STEPS} more (all of them: --json)"
    yield from _fields(session, "outcome", found.whole)
    if found.same:
        yield f"\nBoth did the same in all of {found.equal_steps + len(found.steps)} steps."
    elif FOLDER in json.dumps([field.after for field in (*found.whole, *(f for s in found.steps for f in s.fields))]):
        yield f"\n{FOLDER} stands for each run's own folder."


def _side(session: Session, run: Run, side: RunSide) -> str:
    cost = usd(side.micros) if side.cost_known else f"at least {usd(side.micros)}"
    judged = " (not a success)" if side.status == "succeeded" and side.success is False else ""
    version = f"{run.blueprint} {run.version}"
    return f"{run.name}  {session.status(side.status)}{judged}  {cost}  {span(round(side.seconds * 1e6))}  {version}"


def _fields(session: Session, head: str, fields: tuple[Field, ...]) -> Iterator[str]:
    if fields:
        yield f"\n{paint(head, 'bold')}"
    for field in fields:
        yield from field_lines(session, field, 2)


def _step(session: Session, step: StepDiff) -> Iterator[str]:
    states = [str(each) for each in (step.before, step.after) if each is not None]
    state = f" {arrow(session)} ".join(dict.fromkeys(states))
    cost = ""
    if step.before_micros != step.after_micros:
        cost = f"  {usd(step.before_micros)} {arrow(session)} {usd(step.after_micros)}"
    yield f"  {sign(session, step.what)} {step.path}  ({step.kind})  {state}{cost}"
    for field in step.fields:
        yield from field_lines(session, field, 6)


def _document(before: Run, after: Run, found: RunDiff) -> Json:
    return {
        "before": _side_document(before, found.before),
        "after": _side_document(after, found.after),
        "same": found.same,
        "inputs": found.inputs,
        "models": found.models,
        "steps": [_step_document(step) for step in found.steps],
        "equal_steps": found.equal_steps,
        "outcome": found.whole,
    }


def _side_document(run: Run, side: RunSide) -> Json:
    return {
        "run": side.run,
        "blueprint": run.blueprint,
        "version": side.version,
        "digest": side.digest,
        "status": side.status,
        "success": side.success,
        "cost_usd": side.micros / MICROS,
        "cost_known": side.cost_known,
        "seconds": side.seconds,
    }


def _step_document(step: StepDiff) -> Json:
    return {
        "id": step.path,
        "kind": step.kind,
        "what": step.what,
        "before": step.before,
        "after": step.after,
        "before_usd": step.before_micros / MICROS,
        "after_usd": step.after_micros / MICROS,
        "fields": step.fields,
    }
