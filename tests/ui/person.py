"""The app over a worker in this process. A person sits before it: presses keys, reads what stands on the screen."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textual.events import Key
from textual.message import Message
from textual.pilot import Pilot, WaitForScreenTimeout
from world import Setting, python_specs

from mntui.core.messages import Start, Started
from mntui.core.plan import ToolSpec
from mntui.core.run import Run
from mntui.core.values import Json
from mntui.library.load import Loaded, load
from mntui.tools.base import BUILTIN
from mntui.tools.python import describe_source
from mntui.ui.app import MntuiApp
from mntui.ui.given import Given
from mntui.ui.screens.home import HomeScreen
from mntui.worker.runtime import Worker

PATIENCE_SECONDS = 30
NOW = 1_800_000_001_000_000
"""A second after the clock of the worker began, which moves by a microsecond at a time."""

APPROVE = """\
steps:
  draft: {set: {to: ada, body: "hello\\nyou"}}
  check: {approve: "Send it to Ada?", show: {to: "{{ draft.to }}", body: "{{ draft.body }}", copies: 3},
          edit: [to, body, copies]}
  send: {set: {sent: "{{ check.to }}"}}
outputs: {to: "{{ check.to }}", copies: "{{ check.copies }}"}
"""


@dataclass
class Person:
    """Somebody before the terminal. `seconds` is the clock of the dead keys: it moves when told, and by `tick` whenever
    somebody looks at it.
    """

    setting: Setting
    worker: Worker
    seconds: float = 1000.0
    tick: float = 0.0
    environment: dict[str, str] | None = None
    keys: dict[str, str] | None = None
    now: Callable[[], int] = lambda: NOW
    heard: Counter[str] = field(default_factory=Counter)
    """How many messages of each kind anything in the app was sent."""
    app: MntuiApp = None  # type: ignore[assignment]
    pilot: Pilot[int] = None  # type: ignore[assignment]

    @property
    def screen(self) -> str:
        """All that stands on the screen."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)

    def clock(self) -> float:
        self.seconds += self.tick
        return self.seconds

    async def flood(self, keys: Sequence[str]) -> None:
        """Keys as fast as they come, none waited for. After each fifty comes one that means nothing, so that no key
        ever stands alone at the end.
        """
        for chunk in range(0, len(keys), 50):
            for key in [*keys[chunk : chunk + 50], "f12"]:
                self.app.post_message(Key(key, key if len(key) == 1 else None))
            with suppress(WaitForScreenTimeout):  # A busy machine; the wait is only there so that keys don't pile up.
                await self.pilot.pause()
            if not self.app.is_running or self.app.return_code is not None:
                return

    @property
    def drawn(self) -> str:
        """The same after the filters of the app, which a terminal would get."""
        filters = self.app.get_line_filters()
        drawn = []
        for strip in self.app.screen._compositor.render_strips():
            segments = list(strip)
            for each in filters:
                segments = each.apply(segments, self.app.screen.background_colors[1])
            drawn.append("".join(segment.text for segment in segments).rstrip())
        return "\n".join(drawn)

    def hear(self, message: Message) -> None:
        self.heard[type(message).__name__] += 1

    async def press(self, *keys: str) -> None:
        """Keys one after the other, each on its own: time goes by before each."""
        for key in keys:
            self.seconds += 1.0
            await self.pilot.press(key)

    async def until(self, fact: Callable[[], Any], what: str = "") -> None:
        """Wait for a fact, drawing meanwhile."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not fact():
            assert time.monotonic() < deadline, f"{what}\n{self.screen}"
            await self.pilot.pause(0.01)

    async def still(self) -> str:
        """The screen once it has come to rest: the same at three looks, with time for a layout between them."""
        seen: list[str] = []
        while len(seen) < 3 or len(set(seen[-3:])) > 1:
            await self.pilot.pause()
            await self.pilot.pause(0.05)
            seen.append(self.drawn)
        return seen[-1]

    async def sees(self, words: str) -> None:
        await self.until(lambda: words in self.screen, f"waited for: {words}")

    async def presses_until(self, key: str, fact: Callable[[], Any]) -> None:
        """A key that does nothing yet may be pressed again."""
        await self.press(key)
        await self.until(fact)

    async def started(self, text: str, name: str = "bench", **inputs: Json) -> str:
        """The name of a new run."""
        blueprint = self.setting.blueprint(text, name)
        answer = await self.worker.start(Start(blueprint, str(self.setting.home), inputs))
        assert isinstance(answer, Started), answer
        return answer.run

    def run(self, name: str) -> Run:
        """The run as the worker knows it."""
        roster = self.worker.roster
        run_id = roster.resolve(name)
        assert run_id is not None, name
        live = roster.live.get(run_id)
        return live.run if live is not None else roster.fold(run_id)

    def decided(self, name: str) -> dict[str, str]:
        """What became of what was asked."""
        return {ask: decision.what for ask, decision in self.run(name).decided.items()}

    async def asks(self, name: str, count: int = 1) -> None:
        await self.until(lambda: len(self.run(name).asks) == count, "waiting for the run to ask")

    @asynccontextmanager
    async def before(self, width: int = 120, height: int = 36) -> AsyncIterator["Person"]:
        """Open the app in a terminal of this size, and leave it in the end."""
        given = Given(
            open_engine=lambda: nullcontext(self.worker),
            load=loader,
            home=self.setting.home,
            cwd=self.setting.home,
            person="person:ada",
            environment=self.environment or {},
            now=self.now,
            clock=self.clock,
            keys=self.keys or {},
            look_seconds=0.2,
        )
        self.app = MntuiApp(given)
        async with self.app.run_test(size=(width, height), message_hook=self.hear) as self.pilot:
            await self.until(lambda: self.app.rooms is not None, "the first picture")
            await self.until(lambda: self.app.desk.shelf and self.app.desk.overview.worker, "opening")
            await self.until(lambda: isinstance(self.app.screen, HomeScreen), "home")
            yield self


def loader(path: Path) -> Loaded:
    return load(path, BUILTIN, _describe)


def _describe(text: str) -> tuple[ToolSpec, ...]:
    return (*describe_source(text), *python_specs(text))
