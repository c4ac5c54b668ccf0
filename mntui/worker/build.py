"""The only wiring: which parts the worker of this machine is made of."""

import os
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

from mntui import __version__
from mntui.config.file import read_config, write_template
from mntui.crash import CrashPoint
from mntui.effects import Effects
from mntui.journal.remembered import LogJournal
from mntui.models.answers import Answers
from mntui.models.catalog import Models
from mntui.models.machine import model_settings
from mntui.settings import Settings
from mntui.tools.base import BUILTIN
from mntui.tools.pool import HostPool, PoolSettings
from mntui.tools.python import describe_source
from mntui.wire.protocol import PROTOCOL
from mntui.worker.clock import system_clock
from mntui.worker.configured import energy_of, limits_of
from mntui.worker.questions import About
from mntui.worker.runtime import Parts, Worker
from mntui.worker.starting import Starter
from mntui.worker.tool_quotes import ToolQuoter, ToolSettings


def build_worker(settings: Settings, crash: CrashPoint, fatal: Callable[[BaseException], None]) -> Worker:
    """A worker over the home's own journal, models and tool hosts. Raises LogBusy or LogDamaged, with a remedy."""
    clock = system_clock()
    environment = dict(os.environ)
    write_template(settings.config)
    config = read_config(settings.config)
    models = Models(
        model_settings(
            environment,
            calls_log=_calls_log(environment),
            prices=config.prices(),
            energy=energy_of(config),
            calls_at_once=int(config.number("limits", "model_calls_at_once")),
        )
    )
    tools = HostPool(PoolSettings(environment, log=settings.home), crash)
    journal = LogJournal(settings.journal, crash=crash)
    answers = Answers(settings.home / "answers")
    draw = random.Random()  # noqa: S311 - jitter, no secret
    notes = tuple(problem.sentence for problem in config.problems)
    about = About(os.getpid(), __version__, PROTOCOL, clock().at, settings.home, notes)
    return Worker(
        Parts(
            about=about,
            journal=journal,
            models=models,
            effects=Effects(models, tools, answers),
            answers=answers,
            tool_quoter=ToolQuoter(tools, ToolSettings(settings.home, settings.home / "versions", environment)),
            starter=Starter(settings.home, BUILTIN, describe_source, models, clock, environment),
            clock=clock,
            jitter=draw.random,
            crash=crash,
            fatal=fatal,
            release=_released(tools.aclose, models.aclose),
            tool_calls_at_once=int(config.number("limits", "tool_calls_at_once")),
            limits=limits_of(config),
        )
    )


def _released(*parts: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Let go of them one after the other."""

    async def release() -> None:
        for part in parts:
            await part()

    return release


def _calls_log(environment: dict[str, str]) -> Path | None:
    """Where drills count the calls of scripted models, from outside."""
    path = environment.get("MNTUI_SCRIPTED_LOG", "")
    return Path(path) if path else None
