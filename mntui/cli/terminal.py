"""Keys and lines that a person types, read without holding up anything else.

Made so that nothing is answered by accident: what was typed before a question stood on the screen for half a second is
thrown away, a key counts only if it came alone (a paste or a flood never does), and nothing is read in between.
"""

import asyncio
import codecs
import os
import termios
from collections.abc import Iterable
from types import TracebackType
from typing import Final, Self, TextIO

DEAD_SECONDS: Final = 0.5
_READ_BYTES: Final = 4096


class Terminal:
    """The terminal at `stdin`, quiet (no echo, key by key) while this is open. `out` is where prompts are written."""

    def __init__(self, stdin: TextIO, out: TextIO) -> None:
        self._descriptor = stdin.fileno()
        self._out = out
        self._before: list[int | list[bytes | int]] = []

    def __enter__(self) -> Self:
        self._before = termios.tcgetattr(self._descriptor)
        self._quiet()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What was typed at a question must not reach the shell afterwards either: TCSAFLUSH throws it away.
        termios.tcsetattr(self._descriptor, termios.TCSAFLUSH, self._before)

    async def settle(self) -> None:
        """Throw away what was typed so far and for the next half second: the person hasn't read yet."""
        termios.tcflush(self._descriptor, termios.TCIFLUSH)
        await asyncio.sleep(DEAD_SECONDS)
        termios.tcflush(self._descriptor, termios.TCIFLUSH)

    async def key(self, wanted: Iterable[str]) -> str:
        """The next of the wanted keys; every other key does nothing."""
        keys = frozenset(wanted)
        while True:
            typed = (await self._read()).decode("utf-8", "replace")
            if not typed:
                raise EOFError
            if typed in keys:
                return typed

    async def line(self, prompt: str) -> str:
        """A line of text, without its end; empty where the person only pressed Enter or ctrl+d."""
        self._out.write(prompt)
        self._out.flush()
        self._loud()
        try:
            text, decoder = "", codecs.getincrementaldecoder("utf-8")("replace")
            while not text.endswith("\n"):
                typed = await self._read()
                text += decoder.decode(typed)
                if not typed:
                    break
            return text.rstrip("\n")
        finally:
            self._quiet()

    def lend(self) -> None:
        """Back to how it was, for another program such as an editor; `take` ends that."""
        termios.tcsetattr(self._descriptor, termios.TCSANOW, self._before)

    def take(self) -> None:
        self._quiet()

    async def _read(self) -> bytes:
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[bytes] = loop.create_future()

        def arrived() -> None:
            if not ready.done():
                ready.set_result(os.read(self._descriptor, _READ_BYTES))

        loop.add_reader(self._descriptor, arrived)
        try:
            return await ready
        finally:
            loop.remove_reader(self._descriptor)

    def _quiet(self) -> None:
        self._set_local(clear=termios.ECHO | termios.ICANON)

    def _loud(self) -> None:
        self._set_local(clear=0)

    def _set_local(self, clear: int) -> None:
        changed = list(self._before)
        local = changed[3]
        assert isinstance(local, int)
        changed[3] = (local | termios.ECHO | termios.ICANON | termios.ISIG) & ~clear
        if clear:
            changed[6] = _one_byte_at_least(changed[6])
        termios.tcsetattr(self._descriptor, termios.TCSANOW, changed)


def _one_byte_at_least(controls: int | list[bytes | int]) -> list[bytes | int]:
    assert isinstance(controls, list)
    held = list(controls)
    held[termios.VMIN], held[termios.VTIME] = 1, 0
    return held
