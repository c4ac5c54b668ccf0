"""One Ollama server: whether it answers, which models it has, what each can do, which is in memory; loading, pulling.

Its library is imported when a server answers or a call is made, in a thread; a machine without Ollama never pays for
it. What was found is remembered for a few seconds, what a model can do for as long as its digest stays the same.
"""

import asyncio
import importlib
import shutil
import time
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mntui.core.frozen import frozen
from mntui.models.base import ModelFailure, Pulse
from mntui.models.context_window import Shape, bytes_per_token, fitting
from mntui.models.ollama_errors import NOT_THE_PROTOCOL, failure_of, missing, refuse_when_told_to_wait, unreachable
from mntui.models.streaming import closed

if TYPE_CHECKING:
    from ollama import AsyncClient

DEFAULT_PORT = 11434
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "0.0.0.0"})  # noqa: S104 - recognized, never bound


@frozen
class OllamaSettings:
    """How Ollama is used. `memory_bytes` is what the machine has, None where that isn't known. Times in seconds."""

    host: str = ""
    keep_alive: str = "10m"
    most_context_tokens: int = 32768
    memory_bytes: int | None = None
    think_from_tokens: int = 1500
    connect_seconds: float = 3.0
    look_seconds: float = 5.0
    fresh_seconds: float = 5.0
    load_seconds: float = 900.0
    tick_seconds: float = 1.0
    first_seconds: float = 300.0
    idle_seconds: float = 120.0


@frozen
class Installed:
    """A model that the server has. `capabilities` are Ollama's own words; None where it doesn't say."""

    tag: str
    size_bytes: int
    digest: str
    capabilities: frozenset[str] | None
    shape: Shape

    @property
    def answers(self) -> bool:
        """Whether it is a language model."""
        if self.capabilities is None:
            return "embed" not in self.tag
        return "completion" in self.capabilities

    @property
    def calls_tools(self) -> bool:
        return self.capabilities is None or "tools" in self.capabilities

    @property
    def thinks(self) -> bool:
        return self.capabilities is not None and "thinking" in self.capabilities


@frozen
class Found:
    """What looking for the server came to. `problem` says why there is nothing, with its remedy."""

    models: tuple[Installed, ...] = ()
    problem: ModelFailure | None = None

    def named(self, name: str) -> Installed | None:
        """The model of that name, where `qwen3` means `qwen3:latest`."""
        tag = name if ":" in name else f"{name}:latest"
        return next((model for model in self.models if model.tag in {name, tag}), None)


class Host:
    """A server and what is known of it."""

    def __init__(self, settings: OllamaSettings) -> None:
        self.settings = settings
        self.url = _url_or_none(settings.host)
        self._client: AsyncClient | None = None
        self._opening = asyncio.Lock()
        self._looking = asyncio.Lock()
        self._found: tuple[float, Found] | None = None
        self._known: dict[tuple[str, str], Installed] = {}
        self._windows: dict[str, int] = {}

    async def look(self) -> Found:
        """Whether it answers, and with which models. Never raises; the answer is good for some seconds."""
        async with self._looking:
            if self._found is None or time.monotonic() - self._found[0] > self.settings.fresh_seconds:
                try:
                    await self._reach()
                    await self.client()  # importing its library is not the server's slowness
                    async with asyncio.timeout(self.settings.look_seconds):
                        found = await self._look()
                except TimeoutError:
                    found = Found(problem=self.gone())
                except ModelFailure as failure:
                    found = Found(problem=failure)
                self._found = (time.monotonic(), found)
            return self._found[1]

    async def model(self, tag: str) -> Installed:
        """The model, which must be there. Raises ModelFailure."""
        found = await self.look()
        if found.problem is not None:
            self._found = None
            raise found.problem
        installed = found.named(tag)
        if installed is None:
            self._found = None
            raise missing(tag)
        return installed

    def window(self, model: Installed, needed: int) -> int:
        """The context for a call of so many tokens. Raises ModelFailure (context)."""
        settings = self.settings
        held = self._windows.get(model.tag, 0)
        window = fitting(needed, model.shape, settings.most_context_tokens, settings.memory_bytes, held)
        self._windows[model.tag] = window
        return window

    async def load(self, model: Installed, window: int, pulse: Pulse) -> int:
        """Wait until it is in memory with so much context, saying how long that takes. Raises ModelFailure.

        Returns the nanoseconds that loading took by the server's own clock; 0 where nothing was loaded.
        """
        if await self._is_loaded(model.tag, window):
            return 0
        client = await self.client()
        begun = time.monotonic()
        options = {"num_ctx": window}
        loading = asyncio.ensure_future(
            self._asked(client.chat(model.tag, [], options=options, keep_alive=self.settings.keep_alive), model.tag)
        )
        try:
            while not (await asyncio.wait({loading}, timeout=self.settings.tick_seconds))[0]:
                seconds = time.monotonic() - begun
                pulse(f"loading {model.tag}, {seconds:.0f} s\n")
                if seconds > self.settings.load_seconds:
                    raise ModelFailure("retryable", f"{model.tag} is still loading after {seconds:.0f} s")
            return loading.result().load_duration or 0
        finally:
            loading.cancel()

    async def pull(self, tag: str) -> AsyncGenerator[tuple[str, int, int]]:
        """Fetch a model: what is being done, bytes so far, bytes in all. Raises ModelFailure."""
        await self._reach()
        client = await self.client()
        from httpx import TransportError
        from ollama import ResponseError

        try:
            async for part in await client.pull(tag, stream=True):
                yield str(part.status or ""), part.completed or 0, part.total or 0
        except ResponseError as error:
            raise failure_of(error.status_code, error.error, tag) from error
        except TransportError as error:
            raise ModelFailure("retryable", f"pulling {tag} broke off: {error}", remedy="Pull it again.") from error
        self._found = None

    async def client(self) -> "AsyncClient":
        """The library's client, opened once."""
        async with self._opening:
            if self._client is None:
                library = await asyncio.to_thread(importlib.import_module, "ollama")
                here = urlsplit(self.url).hostname in LOOPBACK
                hooks = {"response": [refuse_when_told_to_wait]}
                opened: AsyncClient = await asyncio.to_thread(
                    library.AsyncClient, self.url, trust_env=not here, event_hooks=hooks
                )
                self._client = opened
            return self._client

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.close()  # type: ignore[no-untyped-call]
            self._client = None

    def gone(self) -> ModelFailure:
        """It doesn't answer (any more)."""
        return unreachable(self.url, installed=shutil.which("ollama") is not None)

    async def _look(self) -> Found:
        client = await self.client()
        listed = (await self._asked(client.list(), "")).models
        known = [self._described(str(row.model), int(row.size or 0), str(row.digest or "")) for row in listed]
        return Found(tuple(await asyncio.gather(*known)))

    async def _reach(self) -> None:
        """Knock, without any library. Raises ModelFailure."""
        if not self.url:
            remedy = "For example: export OLLAMA_HOST=127.0.0.1:11434"
            raise ModelFailure("missing", f"OLLAMA_HOST is {self.settings.host!r}, which is no address", remedy=remedy)
        where = urlsplit(self.url)
        try:
            async with asyncio.timeout(self.settings.connect_seconds):
                _, writer = await asyncio.open_connection(where.hostname, where.port)
        except OSError as error:  # TimeoutError is one
            raise self.gone() from error
        await closed(writer)

    async def _described(self, tag: str, size: int, digest: str) -> Installed:
        known = self._known.get((tag, digest))
        if known is None:
            known = Installed(tag, size, digest, *await self._shown(tag, size))
            self._known[tag, digest] = known
        return known

    async def _shown(self, tag: str, size: int) -> tuple[frozenset[str] | None, Shape]:
        client = await self.client()
        try:
            shown = await self._asked(client.show(tag), tag)
        except ModelFailure as failure:
            if failure.kind == "retryable":
                raise
            return None, Shape(size_bytes=size)  # A server that only speaks the protocol's chat.
        info = shown.modelinfo or {}
        context = info.get(f"{info.get('general.architecture')}.context_length")
        shape = Shape(context if isinstance(context, int) else None, bytes_per_token(info), size)
        return (None if shown.capabilities is None else frozenset(shown.capabilities)), shape

    async def _is_loaded(self, tag: str, window: int) -> bool:
        client = await self.client()
        try:
            running = (await self._asked(client.ps(), tag)).models
        except ModelFailure as failure:
            if failure.kind == "retryable":
                raise
            return True  # Whoever can't say what is loaded can't be asked to load either.
        mine = [row for row in running if tag in {row.model, row.name}]
        return any(row.context_length is None or row.context_length >= window for row in mine)

    async def _asked(self, asking: Any, tag: str) -> Any:
        """One short question's answer. Raises ModelFailure."""
        from httpx import TransportError
        from ollama import ResponseError

        try:
            return await asking
        except ResponseError as error:
            raise failure_of(error.status_code, error.error, tag) from error
        except (TransportError, ConnectionError) as error:
            raise self.gone() from error
        except NOT_THE_PROTOCOL as error:
            raise ModelFailure("permanent", f"{self.url} doesn't answer as Ollama does: {error}") from error


def _url_or_none(host: str) -> str:
    try:
        return url_of(host)
    except ValueError:
        return ""


def url_of(host: str) -> str:
    """The server's address, from what OLLAMA_HOST may hold: nothing, a host, a host and a port, or a URL.

    Raises ValueError where that is no address.
    """
    scheme, mark, rest = host.strip().rpartition("://")
    default = {"http": 80, "https": 443}.get(scheme, DEFAULT_PORT) if mark else DEFAULT_PORT
    parts = urlsplit(f"{scheme or 'http'}://{rest}")
    name = parts.hostname or "127.0.0.1"
    if name == "0.0.0.0":  # noqa: S104 - a server's way to say everywhere; a client calls this machine
        name = "127.0.0.1"
    shown = f"[{name}]" if ":" in name else name
    return f"{scheme or 'http'}://{shown}:{parts.port or default}{parts.path.rstrip('/')}"
