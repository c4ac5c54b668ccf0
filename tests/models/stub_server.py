"""A stub of our own, for what no ready-made mock has: Ollama's counts and durations, models that load, Retry-After
dates, half a stream, silence, usage with cached and thinking tokens, what OpenRouter says that it charged.

It speaks enough of Ollama's and OpenAI's protocols over plain asyncio, answers by contract, and remembers what it was
asked. It proves nothing about real servers: for that there are aimock's.
"""

import asyncio
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Answer:
    """One answer, or what happens instead: `status` refuses, `parts` cuts the stream after so many, `hangs` stops."""

    text: str = "Hello there, friend."
    thinking: str = ""
    calls: list[tuple[str, Any]] = field(default_factory=list)
    finish: str = ""
    read: int | None = None
    wrote: int | None = 7
    cached: int = 0
    thought: int = 0
    charged: float | None = None
    usage: bool = True
    status: int = 200
    error: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    parts: int | None = None
    polite: bool = False
    hangs: bool = False
    raw: str | None = None
    durations: dict[str, int] | None = None


@dataclass
class Asked:
    path: str
    body: Any
    headers: dict[str, str]


class Stub:
    """`models` are Ollama's, by tag: what `show` says. `answers` are used up one after the other, then `usual`."""

    def __init__(self) -> None:
        self.models: dict[str, dict[str, Any]] = {"small:1b": shown()}
        self.sizes: dict[str, int] = {}
        self.loaded: dict[str, int] = {}
        self.loading: asyncio.Event | None = None
        self.load_error = ""
        self.answers: deque[Answer] = deque()
        self.usual = Answer()
        self.choose: Callable[[Asked], Answer] | None = None
        self.asked: list[Asked] = []
        self.in_flight = self.most_in_flight = 0
        self.pace: asyncio.Event | None = None
        self.url = ""

    def chats(self) -> list[Any]:
        """The bodies of all calls of a model that wanted an answer."""
        return [one.body for one in self.asked if one.path.endswith(("/chat", "/completions")) and one.body["messages"]]

    # HTTP

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines) if name}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            asked = Asked(first.split()[1], json.loads(body or b"null"), headers)
            self.asked.append(asked)
            await self._answer(asked, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # A knock, or a client that has gone.
        finally:
            writer.close()

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        match asked.path:
            case "/api/tags":
                rows = [{"model": tag, "size": self.sizes.get(tag, 0), "digest": tag} for tag in self.models]
                await send(writer, {"models": rows})
            case "/api/ps":
                rows = [{"model": tag, "context_length": window} for tag, window in self.loaded.items()]
                await send(writer, {"models": rows})
            case "/api/show":
                found = self.models.get(asked.body["model"])
                await send(writer, found or {"error": "not found"}, 200 if found else 404)
            case "/api/pull":
                await stream(writer, [json.dumps(part) + "\n" for part in PULLED])
            case "/api/chat" if not asked.body["messages"]:
                await self._load(asked.body, writer)
            case "/api/chat" | "/v1/chat/completions":
                await self._chat(asked, writer)
            case _:
                await send(writer, {"error": "no such path"}, 404)

    async def _load(self, body: Any, writer: asyncio.StreamWriter) -> None:
        if self.loading is not None:
            await self.loading.wait()
        if self.load_error:
            await send(writer, {"error": self.load_error}, 500)
            return
        self.loaded[body["model"]] = body["options"]["num_ctx"]
        await send(writer, {"model": body["model"], "message": {"role": "assistant", "content": ""}, "done": True})

    async def _chat(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        answer = self.answers.popleft() if self.answers else self.choose(asked) if self.choose else self.usual
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            if self.pace is not None:
                await self.pace.wait()
            if answer.status != 200:
                error = {"message": answer.error} if asked.path.startswith("/v1") else answer.error
                await send(writer, {"error": error}, answer.status, answer.headers)
                return
            parts = [answer.raw] if answer.raw is not None else wire(asked, answer)
            whole = answer.parts is None
            await stream(writer, parts if whole else parts[: answer.parts], ends=whole or answer.polite)
            if answer.hangs:
                await asyncio.Event().wait()
            if not whole and not answer.polite:
                writer.transport.abort()
        finally:
            self.in_flight -= 1


def shown(*capabilities: str, context: int = 32768, **info: Any) -> dict[str, Any]:
    """What Ollama's show says of a model."""
    return {
        "capabilities": list(capabilities or ("completion", "tools")),
        "model_info": {"general.architecture": "x", "x.context_length": context, **info},
    }


PULLED = (
    {"status": "pulling manifest"},
    {"status": "pulling abc", "completed": 10, "total": 100},
    {"status": "success"},
)


DURATIONS = {"load": 5_000_000, "prompt_eval": 20_000_000, "eval": 300_000_000, "total": 330_000_000}
"""What a call takes by Ollama's own clock, in nanoseconds."""


def wire(asked: Asked, answer: Answer) -> list[str]:
    """The parts of an answer, in the protocol that was asked in."""
    text = by_contract(asked.body) or answer.text
    pieces = [text[place : place + 8] for place in range(0, len(text), 8)] if not answer.calls else []
    return (openai_parts if asked.path.startswith("/v1") else ollama_parts)(asked.body, answer, pieces)


def ollama_parts(body: Any, answer: Answer, pieces: list[str]) -> list[str]:
    said: list[dict[str, Any]] = [{"content": "", "thinking": answer.thinking}] if answer.thinking else []
    said += [{"content": piece} for piece in pieces]
    if answer.calls:
        calls = [{"function": {"name": name, "arguments": arguments}} for name, arguments in answer.calls]
        said.append({"content": "", "tool_calls": calls})
    parts = [{"message": {"role": "assistant", **one}, "done": False} for one in said]
    last = {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": answer.finish or "stop"}
    if answer.usage:
        last |= {"prompt_eval_count": words(body) if answer.read is None else answer.read, "eval_count": answer.wrote}
        last |= {f"{name}_duration": taken for name, taken in (answer.durations or DURATIONS).items()}
    return [json.dumps(part) + "\n" for part in (*parts, last)]


def openai_parts(body: Any, answer: Answer, pieces: list[str]) -> list[str]:
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": piece} for piece in pieces]
    for place, (name, arguments) in enumerate(answer.calls):
        text = arguments if isinstance(arguments, str) else json.dumps(arguments)
        half = len(text) // 2
        deltas.append({"tool_calls": [call_part(place, text[:half], f"call_{place}", name)]})
        deltas.append({"tool_calls": [call_part(place, text[half:])]})
    parts = [chunk(choices=[{"index": 0, "delta": delta, "finish_reason": None}]) for delta in deltas]
    finish = answer.finish or ("tool_calls" if answer.calls else "stop")
    parts.append(chunk(choices=[{"index": 0, "delta": {}, "finish_reason": finish}]))
    if answer.usage:
        parts.append(chunk(choices=[], usage=openai_usage(body, answer)))
    return [f"data: {json.dumps(part)}\n\n" for part in parts] + ["data: [DONE]\n\n"]


def openai_usage(body: Any, answer: Answer) -> dict[str, Any]:
    read = words(body) if answer.read is None else answer.read
    usage: dict[str, Any] = {
        "prompt_tokens": read,
        "completion_tokens": answer.wrote,
        "total_tokens": read + (answer.wrote or 0),
        "prompt_tokens_details": {"cached_tokens": answer.cached},
        "completion_tokens_details": {"reasoning_tokens": answer.thought},
    }
    return usage if answer.charged is None else {**usage, "cost": answer.charged}


def call_part(place: int, arguments: str, id_: str | None = None, name: str | None = None) -> dict[str, Any]:
    part: dict[str, Any] = {"index": place, "type": "function", "function": {"arguments": arguments}}
    if name:
        part["id"], part["function"]["name"] = id_, name
    return part


def chunk(**more: Any) -> dict[str, Any]:
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", **more}


def words(body: Any) -> int:
    """Tokens of a prompt, as no tokenizer counts fewer."""
    return sum(2 * len(re.findall(r"\w+", message.get("content") or "")) for message in body["messages"])


def by_contract(body: Any) -> str:
    """A value that fits the schema of the answer: texts name the first thing in the prompt that looks like an id."""
    schema = body.get("format") or body.get("response_format", {}).get("json_schema", {}).get("schema")
    if not isinstance(schema, dict):
        return ""
    said = " ".join(message.get("content") or "" for message in body["messages"] if message["role"] == "user")
    named = re.search(r"\b[A-Z]{1,4}-?\d[\w-]*", said)
    text = f"About {named[0] if named else 'this'}."
    value = {name: fitting(part, text) for name, part in schema.get("properties", {}).items()}
    return json.dumps(value)


def fitting(schema: dict[str, Any], text: str) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    kinds = {"integer": 1, "number": 1.5, "boolean": True, "array": [], "object": {}}
    times = 1 + schema.get("minLength", 0) // len(text)
    return kinds.get(schema.get("type", "string"), " ".join([text] * times))


async def send(
    writer: asyncio.StreamWriter, value: Any, status: int = 200, headers: dict[str, str] | None = None
) -> None:
    body = json.dumps(value).encode()
    more = "".join(f"{name}: {text}\r\n" for name, text in (headers or {}).items())
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{more}"
    writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
    await writer.drain()


async def stream(writer: asyncio.StreamWriter, parts: list[str], *, ends: bool = True) -> None:
    kind = "text/event-stream" if parts and parts[0].startswith("data:") else "application/x-ndjson"
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    writer.write(head.encode())
    for part in parts:
        data = part.encode()
        writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        await writer.drain()
        await asyncio.sleep(0)
    if ends:
        writer.write(b"0\r\n\r\n")
        await writer.drain()


@asynccontextmanager
async def stubbed() -> AsyncIterator[Stub]:
    """A stub that listens on a free port of this machine."""
    stub = Stub()
    tasks: set[asyncio.Task[None]] = set()

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await stub.serve(reader, writer)
        except asyncio.CancelledError:
            pass
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    stub.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield stub
    finally:
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
