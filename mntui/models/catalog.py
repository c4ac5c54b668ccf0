"""Models by name: which can be used here and why not, opening one, its price, how many of its calls may be out at once.

Opening asks nothing of anybody: whether a provider can be reached is found out when a role is bound, and again before
each call. Everything that is known of this machine (its Ollama, its keys, its price table) is found when first needed.
"""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import field
from pathlib import Path
from urllib.parse import urlsplit

from mntui.core.frozen import frozen
from mntui.core.money import Cost, Usage
from mntui.models import extractive, scripted
from mntui.models.base import Model, ModelFailure
from mntui.models.clouds import CloudModel, Clouds, CloudSettings
from mntui.models.energy import EnergySettings, Speeds, active_micros, energy_cost
from mntui.models.ollama import PREFIX, OllamaModel
from mntui.models.ollama_host import LOOPBACK, Found, Host, Installed, OllamaSettings
from mntui.models.prices import Price, PriceTable, cost
from mntui.models.providers import ready_providers

STAND_IN = extractive.NAME
LOCAL_CALLS_AT_ONCE = 1
CALLS_AT_ONCE = 16
REMOTE_TAGS = ("-cloud", ":cloud")
"""Models that Ollama only passes on to its own cloud: what they cost, nobody here knows."""
USE_BUILTIN = f"Use {STAND_IN}, or {scripted.NAME}:FILE with a file of answers."
GET_A_MODEL = "A real model: `ollama pull qwen3:4b`, or a provider's key in the environment, such as OPENAI_API_KEY."


@frozen
class Settings:
    """What opening a model needs. `environment` holds the providers' keys and addresses: empty, no cloud can be used.

    `script` is that of a bare `builtin/scripted`; `calls_log` is where scripted calls are logged; `prices` are a
    person's own, in dollars per million tokens; `ollama` None means that no Ollama is looked for; `energy` is what
    local models cost.
    """

    script: Path | None = None
    calls_log: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    ollama: OllamaSettings | None = None
    clouds: CloudSettings = CloudSettings()
    prices: Mapping[str, Mapping[str, float | str]] = field(default_factory=dict)
    energy: EnergySettings = EnergySettings()
    local_calls_at_once: int = LOCAL_CALLS_AT_ONCE
    calls_at_once: int = CALLS_AT_ONCE


@frozen
class Refusal:
    """Why a model can't be used, and what to do about it."""

    reason: str
    remedy: str = USE_BUILTIN


class Models:
    """The models of this machine, by name."""

    def __init__(self, settings: Settings = Settings()) -> None:  # noqa: B008 - a frozen value
        self._settings = settings
        self.table = PriceTable(settings.prices)
        self._clouds = Clouds(settings.environment, self.table, settings.clouds)
        self._host = Host(settings.ollama) if settings.ollama is not None else None
        self._speeds = Speeds(settings.energy)

    def open(self, name: str) -> Model:
        """The model of that name. Raises ModelFailure where there is no such kind of model, or no script."""
        if name == STAND_IN:
            return extractive.Extractive()
        if name.startswith("builtin/"):
            refusal = self._builtin(name)
            path = self._script(name)
            if refusal is not None or path is None:
                raise _failure(name, refusal or Refusal("it needs a file of answers"))
            return scripted.scripted_from(path, calls_log=self._settings.calls_log)
        if name.startswith(PREFIX):
            if self._host is None:
                raise _failure(name, Refusal("no Ollama is looked for here"))
            return OllamaModel(name.removeprefix(PREFIX), self._host)
        if "/" not in name:
            raise _failure(name, Refusal("a model's name is PROVIDER/NAME"))
        return CloudModel(name, self._clouds)

    async def usable(self, name: str, *, tools: bool = False) -> Refusal | None:
        """None where the model can be used here (for agents that have tools, if so asked), else why not."""
        if name.startswith("builtin/"):
            return self._builtin(name)
        if name.startswith(PREFIX):
            return _of_ollama(name.removeprefix(PREFIX), await self.ollama(), tools)
        if "/" not in name:
            return Refusal("a model's name is PROVIDER/NAME")
        problem = self._clouds.problem(name)
        if problem is not None:
            return Refusal(*problem)
        if self._clouds.target(name).base and (unreachable := await self._clouds.reachable(name)):
            return Refusal(unreachable, "Start that server, or name another.")
        return None

    async def learn(self, name: str) -> None:
        """Read what `price` needs to answer at once."""
        if not name.startswith(("builtin/", PREFIX)):
            await self.table.ready()

    async def ollama(self) -> Found:
        """The local models. Never raises."""
        if self._host is None:
            return Found(problem=ModelFailure("missing", "no Ollama is looked for here"))
        return await self._host.look()

    async def stand_by(self) -> tuple[str, ...]:
        """Installed local models that can answer, the most able that fits into memory first."""
        found = await self.ollama()
        memory = self._settings.ollama.memory_bytes if self._settings.ollama else None
        able = [model for model in found.models if model.answers]
        able.sort(key=lambda model: (_too_large(model, memory), -model.size_bytes, model.tag))
        return tuple(PREFIX + model.tag for model in able)

    def clouds_ready(self) -> tuple[str, ...]:
        """The providers whose keys are there."""
        return ready_providers(self._settings.environment)

    def price(self, name: str) -> Price | None:
        """What a model costs; None while unknown, which is never shown as free."""
        if name == STAND_IN or name.split(":", 1)[0] == scripted.NAME:
            return Price(0, 0, 0, "builtin")
        return self.table.own(name) if name.startswith(PREFIX) else self.table.price(name)

    @property
    def energy(self) -> EnergySettings:
        """What the work of local models costs here."""
        return self._settings.energy

    def is_local(self, name: str) -> bool:
        """Whether a model's cost is its energy: it runs on hardware of one's own, and no price of one's own is set."""
        if self.table.own(name) is not None:
            return False
        if name.startswith(PREFIX):
            return not name.endswith(REMOTE_TAGS)
        if name.startswith("builtin/") or "/" not in name or not self._settings.energy.loopback_servers:
            return False
        return urlsplit(self._clouds.target(name).base).hostname in LOOPBACK

    def bill(self, name: str, usage: Usage, timings: Mapping[str, int], elapsed_micros: int) -> Cost:
        """What a call cost. `elapsed_micros` is how long it took, for servers that don't say how long they worked."""
        if not self.is_local(name):
            return cost(self.price(name), usage)
        self._speeds.learn(name, usage, timings)
        measured = active_micros(timings)
        return energy_cost(self._settings.energy, measured or elapsed_micros, estimated=not measured)

    def worst(self, name: str, usage: Usage) -> Cost:
        """The most that a call is expected to cost, given the most that it may read and write."""
        if not self.is_local(name):
            return cost(self.price(name), usage)
        return energy_cost(self._settings.energy, self._speeds.worst_micros(name, usage), estimated=True)

    def calls_at_once(self, name: str) -> int:
        """How many calls of one model may be out at once: a local one works on one after the other."""
        return self._settings.local_calls_at_once if name.startswith(PREFIX) else self._settings.calls_at_once

    async def pull(self, tag: str) -> AsyncGenerator[tuple[str, int, int]]:
        """Let Ollama fetch a model: what it does, bytes so far, bytes in all. Raises ModelFailure."""
        if self._host is None:
            raise ModelFailure("missing", "no Ollama is looked for here")
        async for part in self._host.pull(tag):
            yield part

    async def aclose(self) -> None:
        await self._clouds.aclose()
        if self._host is not None:
            await self._host.aclose()

    def _builtin(self, name: str) -> Refusal | None:
        if name == STAND_IN:
            return None
        if name != scripted.NAME and not name.startswith(f"{scripted.NAME}:"):
            return Refusal("there is no such builtin model")
        path = self._script(name)
        if path is None:
            return Refusal("it needs a file of answers")
        return None if path.is_file() else Refusal(f"there is no file {path}")

    def _script(self, name: str) -> Path | None:
        _, _, path = name.partition(":")
        return Path(path) if path else self._settings.script


def _of_ollama(tag: str, found: Found, tools: bool) -> Refusal | None:
    if found.problem is not None:
        return Refusal(found.problem.message, found.problem.remedy)
    model = found.named(tag)
    if model is None:
        return Refusal("Ollama doesn't have it", f"mntui models pull {tag}")
    if not model.answers:
        return Refusal("it is an embedding model, which writes no answers")
    if tools and not model.calls_tools:
        return Refusal("it can't call tools, and an agent of this role has some")
    return None


def _too_large(model: Installed, memory_bytes: int | None) -> bool:
    return memory_bytes is not None and model.size_bytes > 0.7 * memory_bytes


def _failure(name: str, refusal: Refusal) -> ModelFailure:
    return ModelFailure("missing", f"{name} can't be used: {refusal.reason}", remedy=refusal.remedy)
