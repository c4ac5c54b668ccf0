"""From a person's Start to the facts of a new run, or to everything that is wrong with it, at once.

A run is pinned here: the plan, the blueprint's files and its code are what they are now, whatever is edited later.
"""

import asyncio
import os
import re
import secrets
from collections.abc import Callable, Container, Mapping
from pathlib import Path

from mntui.config.file import read_config
from mntui.core.compiling.findings import listing, nearest
from mntui.core.contracts.contracts import input_problem
from mntui.core.events import Event, Original, RunStarted, Stored
from mntui.core.frozen import frozen
from mntui.core.messages import Bound, Denied, Start, Started
from mntui.core.plan import InputPlan, Plan, ToolSpec
from mntui.core.rerun import frozen_plan
from mntui.core.run import Run
from mntui.core.values import Json
from mntui.library.find import NotFound, find
from mntui.library.load import Describe, Loaded, load
from mntui.library.report import Notice
from mntui.library.trust import TrustBookBroken, is_trusted, read_trust
from mntui.models.binding import bind
from mntui.models.catalog import Models
from mntui.wire.codec import to_plain
from mntui.worker.clock import Clock

NAME_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
TOOLS_FILE = "tools.py"
CONFIG_FILE = "config.toml"


@frozen
class Prepared:
    """A run that can begin: everything of its first fact, with large values still whole."""

    run_id: str
    plan: Plan
    loaded: Loaded
    started: Started
    inputs: Mapping[str, Json]
    models: Mapping[str, str]
    budget_micros: int | None
    out: str
    actor: str
    rerun_of: Original | None = None
    again_of: str = ""

    def facts(self, keep: Callable[[Json], Stored]) -> tuple[Event, ...]:
        """RunStarted, its large values kept by `keep`."""
        event = RunStarted(
            name=self.started.run,
            blueprint=self.plan.name,
            version=self.plan.version,
            digest=self.loaded.digest,
            plan=keep(to_plain(self.plan)),
            source=keep(dict(self.loaded.source)),
            inputs=self.inputs,
            models=self.models,
            folder=self.started.folder,
            blueprint_folder=str(self.loaded.folder.resolve()),
            budget_micros=self.budget_micros,
            budget_tokens=self.plan.budget.tokens,
            out=self.out,
            rerun_of=self.rerun_of,
            again_of=self.again_of,
        )
        return (event,)


class Starter:
    """Prepares runs. `environment` is where secrets and variables that a blueprint names are looked up."""

    def __init__(
        self,
        home: Path,
        builtin: Mapping[str, ToolSpec],
        describe: Describe,
        models: Models,
        clock: Clock,
        environment: Mapping[str, str],
    ) -> None:
        self._home = home
        self._builtin = builtin
        self._describe = describe
        self._models = models
        self._clock = clock
        self._environment = environment

    async def prepare(self, start: Start, taken: Container[str]) -> Prepared | Denied:
        """Files are read in a thread, models are asked for here: neither holds up the other runs."""
        return await self._prepared(start, await asyncio.to_thread(self._load, start), taken)

    async def prepare_again(
        self, start: Start, run: Run, source: Mapping[str, str], taken: Container[str]
    ) -> Prepared | Denied:
        """The version that a run was pinned to, on the inputs of `start`. Nothing is read from its folder."""
        pinned = Loaded(Path(run.blueprint_folder), run.plan, (), run.digest, source, None)
        return await self._prepared(start, await asyncio.to_thread(self._still_trusted, pinned, run.name), taken)

    async def _prepared(self, start: Start, loaded: Loaded | Denied, taken: Container[str]) -> Prepared | Denied:
        if isinstance(loaded, Denied):
            return loaded
        assert loaded.plan is not None
        bound, wrong = await self._bind(loaded.plan, start)
        return await asyncio.to_thread(self._laid_out, start, loaded, loaded.plan, bound, wrong, taken)

    async def prepare_rerun(
        self, start: Start, run: Run, source: Mapping[str, str], taken: Container[str]
    ) -> Prepared | Denied:
        """The version that a run was pinned to, with its inputs, on other models. Nothing is read from its folder."""
        plan = frozen_plan(run.plan)
        bound, wrong = await self._bind(plan, start)
        if wrong:
            return _all_wrong(wrong)
        run_id = uuid7(self._clock().at)
        name = speakable("rerun", taken)
        folder = self._home / "runs" / name
        folder.mkdir(parents=True, mode=0o700)
        return Prepared(
            run_id,
            plan,
            Loaded(Path(run.blueprint_folder), plan, (), run.digest, source, None),
            Started(name, run_id, str(folder), bound),
            run.inputs,
            {each.role: each.model for each in bound},
            plan.budget.usd_micros if start.budget_micros is None else start.budget_micros,
            "",
            start.actor,
            Original(run.id, run.name, run.started_at, run.folder),
        )

    def _laid_out(
        self,
        start: Start,
        loaded: Loaded,
        plan: Plan,
        bound: tuple[Bound, ...],
        models_wrong: list[Denied],
        taken: Container[str],
    ) -> Prepared | Denied:
        inputs, wrong = self._inputs(plan, start, loaded.folder.resolve())
        wrong += models_wrong + self._missing_variables(plan)
        if wrong:
            return _all_wrong(wrong)
        run_id = uuid7(self._clock().at)
        name = speakable(plan.name, taken)
        folder = self._home / "runs" / name
        folder.mkdir(parents=True, mode=0o700)
        self.pin(loaded.digest, plan, loaded.source)
        notes = tuple(notice.message for notice in loaded.findings if notice.severity == "warning")
        budget = plan.budget.usd_micros if start.budget_micros is None else start.budget_micros
        return Prepared(
            run_id,
            plan,
            loaded,
            Started(name, run_id, str(folder), bound, notes),
            inputs,
            {each.role: each.model for each in bound},
            budget,
            str((Path(start.cwd) / start.out).resolve()) if start.out else "",
            start.actor,
            again_of=start.again_of,
        )

    def pin(self, digest: str, plan: Plan, source: Mapping[str, str]) -> None:
        """Put the version's own tools where the tool host finds them; what is there already is the same, by digest."""
        if not any(tool.use.startswith("python.") for tool in plan.tools.values()):
            return
        folder = self._home / "versions" / digest
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        target = folder / TOOLS_FILE
        if not target.exists():
            fresh = folder / f"{TOOLS_FILE}.{os.getpid()}"
            fresh.write_text(source[TOOLS_FILE], encoding="utf-8")
            fresh.replace(target)

    def _load(self, start: Start) -> Loaded | Denied:
        try:
            found = find(start.blueprint, self._home, Path(start.cwd))
            loaded = load(found.path, self._builtin, self._describe)
            trusted = loaded.plan is not None and is_trusted(loaded, self._home, read_trust(self._home))
        except NotFound as error:
            return Denied("unknown_blueprint", error.message, error.remedy)
        except TrustBookBroken as error:
            return _broken_trust(error)
        if loaded.plan is None:
            problems = tuple(_denied(notice) for notice in loaded.findings if notice.severity == "problem")
            return Denied(
                "invalid_blueprint",
                f"{start.blueprint} has {len(problems)} problem{'s' * (len(problems) != 1)}",
                f"mntui blueprint check {start.blueprint}",
                more=problems,
            )
        if not trusted:
            return Denied(
                "untrusted",
                f"{start.blueprint} is not trusted yet, or changed what it may do: until then it runs nothing",
                f"mntui blueprint trust {start.blueprint}",
            )
        return loaded

    def _still_trusted(self, pinned: Loaded, run: str) -> Loaded | Denied:
        try:
            if is_trusted(pinned, self._home, read_trust(self._home)):
                return pinned
        except TrustBookBroken as error:
            return _broken_trust(error)
        message = f"the version that {run} is pinned to isn't trusted here: until it is, it runs nothing"
        return Denied("untrusted", message, f"today's version can be trusted and run: mntui rerun {run} --today")

    def _inputs(self, plan: Plan, start: Start, folder: Path) -> tuple[dict[str, Json], list[Denied]]:
        """Every input's value, paths absolute: defaults seen from the blueprint's folder, given ones from `cwd`."""
        wrong = [_unknown_input(name, plan) for name in start.inputs if name not in plan.inputs]
        values: dict[str, Json] = {}
        for name, declared in plan.inputs.items():
            if name in start.inputs:
                value, base = start.inputs[name], Path(start.cwd)
            elif declared.required:
                wrong.append(
                    Denied("missing_input", f"the input {name} ({declared.type}) is missing", _how(name, declared))
                )
                continue
            else:
                value, base = declared.default, folder
            problem = input_problem(name, value, declared) if value is not None else None
            if problem is not None:
                wrong.append(Denied("wrong_input", problem.message, problem.remedy or _how(name, declared)))
            elif declared.type == "path" and isinstance(value, str):
                value = os.path.normpath(base / Path(value).expanduser())
                if not Path(value).exists():
                    wrong.append(
                        Denied(
                            "missing_file", f"the input {name} names {value}, which isn't there", _how(name, declared)
                        )
                    )
            values[name] = value
        return values, wrong

    async def _bind(self, plan: Plan, start: Start) -> tuple[tuple[Bound, ...], list[Denied]]:
        overrides = {role: model for role, model in start.models.items() if role}
        with_tools = _with_tools(plan)
        default, configured = start.models.get(""), await asyncio.to_thread(self._configured, plan)
        bindings, problems = await bind(self._models, plan.models, overrides, default, with_tools, configured)
        bound = tuple(
            Bound(role, each.model, each.why + _or_else(plan, role), simulated=each.model.startswith("builtin/"))
            for role, each in bindings.items()
        )
        return bound, [Denied("model", problem.message, problem.remedy) for problem in problems]

    def _configured(self, plan: Plan) -> dict[str, tuple[str, str]]:
        """What config.toml says now about the blueprint's roles, each with its place in the file."""
        config = read_config(self._home / CONFIG_FILE)
        chosen = {role: config.model_of(plan.name, role) for role in plan.models}
        return {role: (each.model, each.place) for role, each in chosen.items() if each is not None}

    def _missing_variables(self, plan: Plan) -> list[Denied]:
        named = {name: tool.name for tool in plan.tools.values() for name in (*tool.secrets, *tool.env)}
        return [
            Denied(
                "missing_variable",
                f"the tool {tool} needs the environment variable {name}, which the worker doesn't have",
                f"export {name}=…, then mntui worker stop, and start the run again",
            )
            for name, tool in named.items()
            if name not in self._environment
        ]


def _with_tools(plan: Plan) -> set[str]:
    """The roles whose models must be able to call tools: those of agents that have some, and those that take over."""
    found: set[str] = set()
    for agent in plan.agents.values():
        role: str | None = agent.model if agent.tools else None
        while role is not None and role not in found:
            found.add(role)
            role = plan.models[role].escalate
    return found


def _or_else(plan: Plan, role: str) -> str:
    """Who takes over from a role's model, as the end of a sentence."""
    fallback, escalate = plan.models[role].fallback, plan.models[role].escalate
    told = f"; where it can't answer: {', '.join(fallback)}" if fallback else ""
    return told + (f"; where an answer fails its check: the role {escalate}" if escalate else "")


def uuid7(at_micros: int) -> str:
    """A time-ordered id (RFC 9562): 48 bits of milliseconds, then 74 random ones."""
    milliseconds = at_micros // 1000
    random = secrets.randbits(74)
    high = (milliseconds << 16) | 0x7000 | (random >> 62)
    low = (0b10 << 62) | (random & ((1 << 62) - 1))
    digits = f"{(high << 64) | low:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def speakable(blueprint: str, taken: Container[str]) -> str:
    """A short name, unique in this home: `invoice-7f3k`."""
    head = re.split(r"[-_]", blueprint)[0] or "run"
    while True:
        name = f"{head}-{''.join(secrets.choice(NAME_LETTERS) for _ in range(4))}"
        if name not in taken:
            return name


def _broken_trust(error: TrustBookBroken) -> Denied:
    return Denied("trust_broken", str(error), "move the file away, then trust your blueprints again")


def _denied(notice: Notice) -> Denied:
    return Denied(notice.code, notice.message, notice.remedy, notice.file, notice.line, notice.column)


def _all_wrong(wrong: list[Denied]) -> Denied:
    if len(wrong) == 1:
        return wrong[0]
    messages = "; ".join(each.message for each in wrong)
    return Denied("wrong_start", f"{len(wrong)} things are wrong: {messages}", wrong[0].remedy, more=tuple(wrong))


def _unknown_input(name: str, plan: Plan) -> Denied:
    near = nearest(name, tuple(plan.inputs))
    meant = f"did you mean {near}?" if near else f"its inputs: {listing(tuple(plan.inputs)) or 'none'}"
    return Denied("unknown_input", f"{plan.name} has no input {name}", meant)


def _how(name: str, declared: InputPlan) -> str:
    return f"-i {name}=… ({declared.type}{', ' + declared.about if declared.about else ''})"
