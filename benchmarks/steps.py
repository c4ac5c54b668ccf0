"""Durable steps: how many a second, how many bytes each, and whether a long run pays more for one than a short run.

A no-op step is a tool step whose call gives 2 KiB back at once; it costs one commit, which also holds the start of the
next. A step's time is the distance between the ends of two steps as their facts say it.
"""

import asyncio
import itertools
import time
from pathlib import Path
from statistics import median

from benchmarks import blueprints
from benchmarks.figures import Aim, Figure, Limit, Spread, median_limit, spread_of
from benchmarks.homes import NoTools, ended_here, facts_here, home_in, payload_text, start_here, worker_here
from benchmarks.limits import asyncio_limit
from benchmarks.sizes import Size
from mntui.core.events import Fact, RunEnded, StepSucceeded
from mntui.journal.frames import HEADER_BYTES
from mntui.journal.log import read_log
from mntui.journal.squeezing import squeezed
from mntui.settings import Settings
from mntui.worker.runtime import Worker

SEQUENTIAL = Aim(1_500, most=False, disk=True)
CONCURRENT = Aim(5_000, most=False, disk=True)
BYTES = Aim(2_400)
GROWTH = Aim(1.2)
FAN_OUT = Aim(0.1)


def one_run(size: Size, folder: Path) -> list[Figure]:
    """One run of sequential steps: in this process, with a real tool host, and `set` steps."""
    return asyncio.run(_one_run(size, folder))


async def _one_run(size: Size, folder: Path) -> list[Figure]:
    here, chain = f"{size.steps} steps, one run", blueprints.chain(size.steps)
    plain = await _rates(folder, chain, size.rounds, NoTools())
    hosted = await _rates(folder, blueprints.chain(size.steps, given=False), size.rounds, None)
    values = await _rates(folder, blueprints.values(size.steps, payload_text()), size.rounds, NoTools())
    return [
        _rate(f"{here}: no-op tool steps", plain, SEQUENTIAL, "one commit a step"),
        _rate(f"{here}: real tool host (files.read)", hosted, None, "each step asks another process"),
        _rate(f"{here}: `set` steps", values, None, "no call, so the whole run is one commit"),
    ]


Rates = list[tuple[float, list[float], Limit]]


async def _rates(folder: Path, steps: str, rounds: int, tools: NoTools | None) -> Rates:
    """Of each round: steps a second, the time of each step, and the limit around it."""
    found: Rates = []
    with home_in(folder) as settings:
        blueprint = blueprints.write(settings, "chain", steps, hosted=tools is None)
        async with worker_here(settings, tools) as worker:
            await _ended(worker, blueprint)
            for _ in range(rounds):
                before = await asyncio_limit(folder)
                facts = await _ended(worker, blueprint)
                limit = median_limit([before, await asyncio_limit(folder)])
                found.append((_rate_of(facts), _step_seconds(facts), limit))
    return found


async def _ended(worker: Worker, blueprint: str) -> tuple[Fact, ...]:
    run = await start_here(worker, blueprint)
    await ended_here(worker, [run])
    facts = await facts_here(worker, run)
    _check(facts)
    return facts


def _check(facts: tuple[Fact, ...]) -> None:
    last = facts[-1].event
    if not isinstance(last, RunEnded) or last.status != "succeeded":
        raise RuntimeError(f"the run that was measured didn't succeed: {last}")


def _ends(facts: tuple[Fact, ...]) -> list[int]:
    return [fact.at for fact in facts if isinstance(fact.event, StepSucceeded)]


def _rate_of(facts: tuple[Fact, ...]) -> float:
    return len(_ends(facts)) / max(1e-6, (facts[-1].at - facts[0].at) / 1e6)


def _step_seconds(facts: tuple[Fact, ...]) -> list[float]:
    ends = _ends(facts)
    return [(later - sooner) / 1e6 for sooner, later in itertools.pairwise(ends)]


def _rate(name: str, rates: Rates, aim: Aim | None, note: str) -> Figure:
    spread = spread_of(seconds for _, times, _ in rates for seconds in times)
    limit = median_limit([limit for _, _, limit in rates])
    return Figure(name, median(rate for rate, _, _ in rates), "steps/s", aim, spread, limit, note)


# Many runs


def many_runs(size: Size, folder: Path) -> list[Figure]:
    """Many runs at once, with the time it takes to start them and without."""
    return asyncio.run(_many_runs(size, folder))


async def _many_runs(size: Size, folder: Path) -> list[Figure]:
    started, steps, times, starts, limits = [], [], list[float](), list[float](), []
    name = f"{size.runs} runs × {size.steps_of_runs}"
    with home_in(folder) as settings:
        tools = NoTools()
        blueprint = blueprints.write(settings, "chain", blueprints.chain(size.steps_of_runs))
        async with worker_here(settings, tools) as worker:
            await _ended(worker, blueprint)
            for _ in range(size.rounds):
                limits.append(await asyncio_limit(folder))
                together = await _together(worker, blueprint, size, starts)
                limits.append(await asyncio_limit(folder))
                started.append(together[0])
                tools.gate.clear()
                gated = await _gated(worker, tools, blueprint, size)
                steps.append(gated[0])
                times += gated[1]
    limit, spread = median_limit(limits), spread_of(times)
    gate_note = "all runs were started before; a step's time is that within its run"
    return [
        Figure(f"{name}: no-op tool steps", median(steps), "steps/s", CONCURRENT, spread, limit, gate_note),
        Figure(f"{name}: starting the runs included", median(started), "steps/s", None, None, limit),
        Figure("start of a run, while others run", spread_of(starts).p50_ms, "ms", None, spread_of(starts), limit),
    ]


async def _together(worker: Worker, blueprint: str, size: Size, starts: list[float]) -> tuple[float, list[float]]:
    runs = []
    begun = time.perf_counter()
    for _ in range(size.runs):
        moment = time.perf_counter()
        runs.append(await start_here(worker, blueprint))
        starts.append(time.perf_counter() - moment)
    await ended_here(worker, runs)
    return size.runs * size.steps_of_runs / (time.perf_counter() - begun), []


async def _gated(worker: Worker, tools: NoTools, blueprint: str, size: Size) -> tuple[float, list[float]]:
    """Every run waits in its first step until all are started; then the clock begins."""
    runs = [await start_here(worker, blueprint) for _ in range(size.runs)]
    begun = time.perf_counter()
    tools.gate.set()
    await ended_here(worker, runs)
    rate = size.runs * size.steps_of_runs / (time.perf_counter() - begun)
    return rate, [seconds for run in runs for seconds in _step_seconds(await facts_here(worker, run))]


# Fan-out


def fan_out(size: Size, folder: Path) -> list[Figure]:
    """All branches at once, and what joins them: from the end of the step before to the call of the step behind."""
    return asyncio.run(_fan_out(size, folder))


async def _fan_out(size: Size, folder: Path) -> list[Figure]:
    times, limits = [], []
    with home_in(folder) as settings:
        tools = NoTools()
        blueprint = blueprints.write(settings, "fan", blueprints.fan_out(size.branches))
        async with worker_here(settings, tools) as worker:
            await _ended(worker, blueprint)
            for _ in range(size.rounds):
                limits.append(await asyncio_limit(folder))
                tools.marked.clear()
                await _ended(worker, blueprint)
                times.append(tools.marked[1] - tools.marked[0])
    spread = spread_of(times)
    name, note = f"fan-out of {size.branches} with join", "each branch gives 2 KiB back; its join holds them all"
    return [Figure(name, spread.p50_ms / 1e3, "s", FAN_OUT, spread, median_limit(limits), note)]


# Growth, and bytes


def growth(size: Size, folder: Path) -> list[Figure]:
    """Milliseconds and bytes of a step in runs of different length."""
    return asyncio.run(_growth(size, folder))


async def _growth(size: Size, folder: Path) -> list[Figure]:
    figures, spreads, used = [], list[Spread](), list[float]()
    for steps in size.grown:
        with home_in(folder) as settings:
            spread, cpu, limit = await _one_length(settings, folder, steps, max(1, size.grown[-1] // steps // 4))
            log, index = _bytes_of_log(settings), _bytes_of_index(settings)
        spreads.append(spread)
        used.append(cpu)
        figures += [
            Figure(f"a step of a {steps:,}-step run", spread.p50_ms, "ms", None, spread, limit, f"{cpu:.2f} ms of CPU"),
            Figure(f"log of a {steps:,}-step run, a step", log, "bytes", BYTES, note="2 KiB of payload a step"),
            Figure(f"index of a {steps:,}-step run, a step", index, "bytes", note=_index_note(index)),
            Figure(f"log and index of a {steps:,}-step run, a step", log + index, "bytes"),
        ]
    longest, shortest = f"{size.grown[-1]:,}-step run", f"{size.grown[0]:,}-step run"
    name = f"a step of a {longest} against one of a {shortest}"
    note = f"of medians; by CPU {used[-1] / used[0]:.2f} ×"
    return [*figures, Figure(name, spreads[-1].p50_ms / spreads[0].p50_ms, "×", GROWTH, None, None, note)]


async def _one_length(settings: Settings, folder: Path, steps: int, rounds: int) -> tuple[Spread, float, Limit]:
    """The time of a step, what it takes of the processor (in ms), and the limit."""
    times, cpu, limits = list[float](), 0.0, [await asyncio_limit(folder)]
    blueprint = blueprints.write(settings, "chain", blueprints.chain(steps))
    async with worker_here(settings, NoTools()) as worker:
        for _ in range(rounds):
            run = await start_here(worker, blueprint)
            begun = time.process_time()
            await ended_here(worker, [run])
            cpu += time.process_time() - begun
            times += _step_seconds(await facts_here(worker, run))
            limits.append(await asyncio_limit(folder))
    return spread_of(times), cpu / rounds / steps * 1e3, median_limit(limits)


def _bytes_of_log(settings: Settings) -> float:
    """Bytes a step: all batches, but those that start a run (they hold the plan), by the steps that ended in them."""
    used, steps = 0, 0
    for _, data in read_log(settings.journal):
        ended = data.count(b'"kind":"StepSucceeded"')
        if ended:
            used += HEADER_BYTES + len(squeezed(data))
            steps += ended
    return used / steps


def _bytes_of_index(settings: Settings) -> float:
    """Bytes a step of everything that belongs to the index; 0 where there is none."""
    found = [path for path in settings.home.rglob("*.duckdb*") if path.is_file()]
    steps = sum(data.count(b'"kind":"StepSucceeded"') for _, data in read_log(settings.journal))
    return sum(path.stat().st_size for path in found) / steps


def _index_note(size: float) -> str:
    return "" if size else "no index was written"
