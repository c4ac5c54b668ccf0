"""An event loop on a thread of its own, for a library that is too slow or too careless for the worker's loop.

Cancelling what waits here cancels what runs there. The thread begins with the first call.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class Aside:
    """Runs coroutines over there, for callers over here."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def started(self) -> bool:
        return self._loop is not None

    async def run(self, make: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """The result of a coroutine that is made and run on the other thread."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_made(make), self._started()))

    async def aclose(self) -> None:
        """End it, cancelling what still runs."""
        loop, thread = self._loop, self._thread
        self._loop = self._thread = None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            await asyncio.to_thread(thread.join)

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=_serve, args=(self._loop,), name=self._name, daemon=True)
            self._thread.start()
        return self._loop


async def _made(make: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    return await make()


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        # The runner sets the loop up and, at its end, cancels what is left on it.
        runner.get_loop().run_forever()
