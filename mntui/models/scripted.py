"""`builtin/scripted`: the answers of a golden case or a recording, looked up by the step's path and the turn.

A pure function of (step, turn): a call repeated after a crash gets the same answer. An entry of `answers` is one model
call: text; a contract's map; `{calls: [{tool, with}]}`; `{error: KIND, message, remedy, retry_after_seconds}`. Beside
any map may stand `delay_seconds` and `pulses` (texts shown while it waits); `{answer: …}` wraps a text for that.

Deliberately absent: a cursor. Nothing is used up, so parallel items and retries can't take each other's answers.
"""

import asyncio
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import yaml

from mntui.core.frozen import frozen
from mntui.core.values import Json
from mntui.models.base import ModelFailure, ModelReply, ModelRequest, Pulse, ToolAsk
from mntui.models.tokens import estimate_tokens, estimate_usage

NAME = "builtin/scripted"
_FAILURES = ("retryable", "rate_limited", "context", "refused", "auth", "missing", "permanent")
_ERROR_KEYS = frozenset(("error", "message", "remedy", "retry_after_seconds"))
_BESIDE = frozenset(("delay_seconds", "pulses"))
_CALL_KEYS = frozenset(("calls", "text"))


@frozen
class Entry:
    """One model call's answer. Exactly one of text, asks and failure says something."""

    text: str = ""
    asks: tuple[ToolAsk, ...] = ()
    failure: Mapping[str, Json] | None = None
    delay_seconds: float = 0.0
    pulses: tuple[str, ...] = ()


class Scripted:
    """A script as a model. `calls_log` gets a line `STEP<tab>TURN` a call, appended whole, to be counted outside."""

    simulated = True

    def __init__(
        self, answers: Mapping[str, Sequence[Json]], *, calls_log: Path | None = None, name: str = NAME
    ) -> None:
        self.name = name
        self._answers = MappingProxyType({path: tuple(entries) for path, entries in answers.items()})
        self._calls_log = calls_log

    async def ready(self, request: ModelRequest, pulse: Pulse) -> None:
        """It always is."""

    async def reply(self, request: ModelRequest, pulse: Pulse) -> ModelReply:
        if self._calls_log is not None:
            _append_line(self._calls_log, f"{request.step}\t{request.turn}\n")
        entry = read_entry(self._entry(request.step, request.turn), request)
        for text in entry.pulses or ((entry.text,) if entry.text else ()):
            pulse(text)
        if entry.delay_seconds:
            await asyncio.sleep(entry.delay_seconds)
        if entry.failure is not None:
            raise _failure(entry.failure)
        said = entry.text or json.dumps([ask.arguments for ask in entry.asks], ensure_ascii=False)
        return ModelReply(entry.text, estimate_usage(request, said), entry.asks, "tools" if entry.asks else "stop")

    def count_tokens(self, text: str) -> int:
        return estimate_tokens(text)

    def _entry(self, step: str, turn: int) -> Json:
        entries = _entries_for(step, self._answers)
        if entries is None:
            raise ModelFailure(
                "missing",
                f"the script has no answer for step {step}, turn {turn}",
                remedy=f"Add `{step}:` (or its path with [*]) with at least {turn} entries to the script's answers.",
            )
        if not 1 <= turn <= len(entries):
            raise ModelFailure(
                "missing",
                f"the script has {len(entries)} answers for step {step}, turn {turn} has none",
                remedy=f"Add entry {turn} to the answers of {step}, or let it end after {len(entries)} model calls.",
            )
        return entries[turn - 1]


def scripted_from(path: Path, *, calls_log: Path | None = None) -> Scripted:
    """The script in a JSON or YAML file `{answers: {STEP: [entries]}}`. Raises ModelFailure where it can't be used."""
    try:
        content = path.read_text(encoding="utf-8")
        # `_Plain` is a safe loader with fewer guesses than SafeLoader.
        script = json.loads(content) if path.suffix == ".json" else yaml.load(content, Loader=_Plain)  # noqa: S506
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ModelFailure(
            "missing",
            f"the script {path} can't be read: {error}",
            remedy="Name a JSON or YAML file with a map `answers`.",
        ) from error
    answers = script.get("answers") if isinstance(script, dict) else None
    if not isinstance(answers, dict) or not all(isinstance(entries, list) for entries in answers.values()):
        raise ModelFailure(
            "missing",
            f"the script {path} has no `answers` that map a step's path to a list",
            remedy="Write `answers: {STEP: [one entry a model call]}`.",
        )
    return Scripted(
        {str(step): entries for step, entries in answers.items()}, calls_log=calls_log, name=f"{NAME}:{path}"
    )


def read_entry(entry: Json, request: ModelRequest) -> Entry:
    """An entry as an answer to one request. Keys that the request's contract has are its own, never the script's."""
    if not isinstance(entry, Mapping):
        return Entry(entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False))
    owned = frozenset((request.contract or {}).get("properties", {}))
    beside = {key: entry[key] for key in _BESIDE - owned if key in entry}
    rest = {key: value for key, value in entry.items() if key not in beside}
    delay, pulses = float(beside.get("delay_seconds", 0)), tuple(beside.get("pulses", ()))
    if set(rest) == {"answer"} and "answer" not in owned:
        inner = rest["answer"]
        text = inner if isinstance(inner, str) else json.dumps(inner, ensure_ascii=False)
        return Entry(text, delay_seconds=delay, pulses=pulses)
    if rest.get("error") in _FAILURES and set(rest) <= _ERROR_KEYS and "error" not in owned:
        return Entry(failure=rest, delay_seconds=delay, pulses=pulses)
    if isinstance(rest.get("calls"), list) and set(rest) <= _CALL_KEYS and "calls" not in owned:
        asks = tuple(
            ToolAsk(call["tool"], call.get("with", {}), id=f"{request.step}-{request.turn}-{place}")
            for place, call in enumerate(rest["calls"], 1)
        )
        return Entry(str(rest.get("text", "")), asks, delay_seconds=delay, pulses=pulses)
    return Entry(json.dumps(rest, ensure_ascii=False), delay_seconds=delay, pulses=pulses)


def _entries_for(step: str, answers: Mapping[str, tuple[Json, ...]]) -> tuple[Json, ...] | None:
    """The entries of the path itself, else of the matching path with the fewest `[*]`."""
    if step in answers:
        return answers[step]
    matching = [pattern for pattern in answers if "[*]" in pattern and _matches(pattern, step)]
    return answers[min(matching, key=lambda pattern: pattern.count("[*]"))] if matching else None


def _matches(pattern: str, step: str) -> bool:
    wanted = re.escape(pattern).replace(re.escape("[*]"), r"\[\d+\]")
    return re.fullmatch(wanted, step) is not None


def _failure(entry: Mapping[str, Json]) -> ModelFailure:
    after = entry.get("retry_after_seconds")
    return ModelFailure(
        entry["error"],
        str(entry.get("message", f"scripted failure: {entry['error']}")),
        remedy=str(entry.get("remedy", "")),
        retry_after_seconds=None if after is None else float(after),
    )


def _append_line(path: Path, line: str) -> None:
    # One write with O_APPEND lands whole, even with several processes and a kill right after.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


class _Plain(yaml.CSafeLoader):
    """Safe YAML without YAML 1.1's guesses: `yes`, `no`, dates and `012` stay text."""


def _without_guesses(loader: type[_Plain]) -> None:
    guessed = ("bool", "timestamp", "int", "merge", "value")
    loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag.rsplit(":", 1)[-1] not in guessed]
        for first, resolvers in loader.yaml_implicit_resolvers.items()
    }
    loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
    loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9]\d*)$"), list("-+0123456789"))


_without_guesses(_Plain)
