"""Steering a run: signal, pause, resume, cancel, terminate, retry, skip. Each is one request; the run may refuse it."""

from collections.abc import Awaitable, Callable

from mntui.cli.codes import DONE
from mntui.cli.exits import Body, Refusal
from mntui.cli.finding import find_run, find_step, open_run
from mntui.cli.output import Session
from mntui.cli.values import json_argument
from mntui.core import requests as r
from mntui.core.messages import Accepted, Denied
from mntui.engines.base import Engine


async def send(session: Session, engine: Engine, run: str, request: r.Request) -> Accepted:
    """Hand a request over as this person. Raises Refusal where the run says no."""
    reply = await engine.send(run, request, session.around.person)
    if isinstance(reply, Denied):
        raise Refusal(reply)
    return reply


def tell_accepted(session: Session, accepted: Accepted, sentence: str) -> None:
    session.answer({"run": accepted.run, "accepted": True, "seq": accepted.seq}, sentence)


def pause(wanted: str) -> Body:
    return _sending(wanted, r.Pause(), "{run} is paused: nothing more is begun. Go on: mntui resume {run}")


def resume(wanted: str) -> Body:
    return _sending(wanted, r.Resume(), "{run} goes on.")


def cancel(wanted: str, reason: str) -> Body:
    return _sending(wanted, r.Cancel(reason), "{run} is being cancelled: effects in flight are let end.")


def terminate(wanted: str, reason: str) -> Body:
    return _sending(wanted, r.Terminate(reason), "{run} has been ended at once, whatever was in flight.")


def signal(wanted: str, name: str, payload: str) -> Body:
    async def make(_: Engine) -> r.Request:
        return r.Signal(name, json_argument(payload, "the payload") if payload else None)

    return _sending_made(wanted, make, f"{{run}} has received the signal {name}.")


def retry(wanted: str, step: str) -> Body:
    async def make(engine: Engine) -> r.Request:
        return r.Retry(find_step(await open_run(engine, wanted), step) if step else "")

    return _sending_made(wanted, make, f"{step or 'What failed in {run}'} is done again; what was finished is kept.")


def skip(wanted: str, step: str, output: str, reason: str) -> Body:
    async def make(engine: Engine) -> r.Request:
        value = json_argument(output, "--output")
        return r.Skip(find_step(await open_run(engine, wanted), step), value, reason)

    return _sending_made(wanted, make, f"{{run}} goes on without {step}, with the output you gave.")


def _sending(wanted: str, request: r.Request, sentence: str) -> Body:
    async def make(_: Engine) -> r.Request:
        return request

    return _sending_made(wanted, make, sentence)


def _sending_made(wanted: str, make: Callable[[Engine], Awaitable[r.Request]], sentence: str) -> Body:
    async def body(session: Session) -> int:
        async with session.engine() as engine:
            request = await make(engine)
            name = await find_run(engine, wanted)
            accepted = await send(session, engine, name, request)
        tell_accepted(session, accepted, sentence.replace("{run}", name))
        return DONE

    return body
