"""The worker: start, stop, status, and being it. Every other command starts it by itself."""

import os

from mntui.cli.codes import DONE, UNREACHABLE
from mntui.cli.documents import worker_document
from mntui.cli.exits import Body
from mntui.cli.output import Session, clock
from mntui.core.messages import WorkerStatus
from mntui.engines.launch import launch_of, start_worker, stop_worker, worker_status


def start() -> Body:
    async def body(session: Session) -> int:
        running = await start_worker(launch_of(session.settings))
        session.answer(worker_document(running, running=True), _status_text(running))
        return DONE

    return body


def stop() -> Body:
    async def body(session: Session) -> int:
        stopped = await stop_worker(launch_of(session.settings))
        if stopped is None:
            text = "No worker was running."
        else:
            text = f"The worker {stopped.pid} has stopped. Its runs go on with the next command."
        session.answer(worker_document(stopped, running=False), text)
        return DONE

    return body


def status() -> Body:
    async def body(session: Session) -> int:
        settings = session.settings
        running = await worker_status(launch_of(settings))
        if running is None:
            session.answer(worker_document(None, running=False), f"No worker runs for {settings.home}.")
            return UNREACHABLE
        session.answer(worker_document(running, running=True), _status_text(running))
        return DONE

    return body


def run() -> Body:
    """This process becomes the worker, so that signals reach it as they would any program."""

    async def body(session: Session) -> int:
        settings = session.settings
        command = launch_of(settings).command
        os.execve(command[0], command, {**os.environ, **settings.environment()})  # noqa: S606 - our own program

    return body


def _status_text(status: WorkerStatus) -> str:
    lines = [
        f"worker {status.pid}, mntui {status.version}, since {clock(status.started_at)}",
        f"home {status.home}",
        f"{status.runs_live} {'run' if status.runs_live == 1 else 'runs'} not ended",
    ]
    return "\n".join([*lines, *(f"note: {said}" for said in status.opening)])
