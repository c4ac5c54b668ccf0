"""How long the pictures of the terminal app take, at 60 and at 200 steps.

Graphs look like real ones: short fans and joins, now and then an edge over several layers. CPU time of one thread, the
median and the 99th percentile of many rounds, garbage collection included. Aims: layout 5 ms at 60 steps and 25 ms at
200; one changed state far below a millisecond.
"""

import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from immutables import Map

from benchmarks.figures import Aim, Figure, spread_of
from benchmarks.sizes import Size
from mntui.core.plan import Plan, SetWork, StepPlan
from mntui.core.run import Node, Run, StepStatus, new_run
from mntui.ui.drawing.layout import lay_out
from mntui.ui.drawing.lines import changed_rows, line, lines, see
from mntui.ui.drawing.table import rails_table, row_line

WORDS = ("fetch", "parse", "chunk", "embed", "classify", "draft", "review", "merge", "score", "rank")
WIDTHS = (80, 120, 160)
SEEDS = (1, 2, 3)
LONG_EDGES = 0.03
ROUNDS = 8
SECOND = 1_000_000


def pictures(size: Size, _folder: Path) -> list[Figure]:
    """Layout, drawing, one change and a table, at 60 and at 200 steps."""
    figures = []
    for steps, aim in ((60, 5.0), (200, 25.0)):
        plans, rounds = [plan_of(steps, seed) for seed in SEEDS], ROUNDS * size.rounds
        for width in WIDTHS:
            works = [partial(lay_out, plan, width) for plan in plans]
            figures.append(figure(f"layout, {steps} steps, {width} columns", works, rounds, Aim(aim)))
        figures.append(figure(f"draw all, {steps} steps", [drawing(plan) for plan in plans], rounds))
        restyled = [restyle(plan) for plan in plans]
        figures.append(figure(f"one changed state, {steps} steps", restyled, rounds, Aim(1.0)))
        figures.append(figure(f"rails table of 40 rows, {steps} steps", [table(plan) for plan in plans], rounds))
    return figures


def figure(name: str, works: Sequence[Callable[[], object]], rounds: int, aim: Aim | None = None) -> Figure:
    spread = spread_of(measured(work) for _ in range(rounds) for work in works)
    return Figure(name, spread.p50_ms, "ms", aim, spread, note="CPU time of one thread")


def measured(work: Callable[[], object]) -> float:
    before = time.thread_time()
    work()
    return time.thread_time() - before


def drawing(plan: Plan) -> Callable[[], object]:
    layout, run = lay_out(plan, 120), half_way(plan)
    return lambda: lines(see(layout, run), ascii_only=False)


def restyle(plan: Plan) -> Callable[[], object]:
    """What a screen does for one fact: read off the run, find the rows that changed, draw those."""
    layout, run = lay_out(plan, 120), half_way(plan)
    before = see(layout, run)
    path = next(path for path, node in run.nodes.items() if node.status == "running")
    later = run._replace(nodes=run.nodes.set(path, run.nodes[path]._replace(status="waiting")))

    def one() -> object:
        after = see(layout, later)
        return [line(after, y, ascii_only=False) for y in changed_rows(before, after)]

    return one


def table(plan: Plan) -> Callable[[], object]:
    run = half_way(plan)

    def forty() -> object:
        drawn = rails_table(run, run.at, 100)
        return [row_line(drawn, y, ascii_only=False) for y in range(40)]

    return forty


def plan_of(count: int, seed: int) -> Plan:
    """Layers of one to six steps; each needs one to three of the layer before."""
    chance = random.Random(seed)
    needs: dict[str, tuple[str, ...]] = {}
    before: list[str] = []
    while len(needs) < count:
        layer = []
        for _ in range(min(chance.choice((1, 1, 2, 3, 3, 4, 5, 6)), count - len(needs))):
            name = f"{chance.choice(WORDS)}_{len(needs)}"
            found = chance.sample(before, min(len(before), chance.choice((1, 1, 2, 3))))
            if needs and chance.random() < LONG_EDGES:
                found.append(chance.choice(list(needs)[-30:]))
            needs[name] = tuple(dict.fromkeys(found))
            layer.append(name)
        before = layer
    return Plan("bench", "1", "", {}, {}, {}, {}, {}, dict(steps_of(needs)), tuple(needs), {}, {})


def steps_of(needs: dict[str, tuple[str, ...]]) -> list[tuple[str, StepPlan]]:
    ways: dict[str, list[str]] = {name: [] for name in needs}
    for name, wanted in needs.items():
        for need in wanted:
            ways[need].append(name)
    return [
        (name, StepPlan(name, name, "", SetWork({}), wanted, wanted, dependents=tuple(ways[name])))
        for name, wanted in needs.items()
    ]


def half_way(plan: Plan) -> Run:
    """A run whose first half has succeeded, with three steps at work."""
    done = len(plan.roots) // 2
    nodes = {}
    for index, path in enumerate(plan.roots):
        status: StepStatus = "succeeded" if index < done else "running" if index < done + 3 else "pending"
        started = None if status == "pending" else index * SECOND + 1
        ended = (index + 2) * SECOND if status == "succeeded" else None
        nodes[path] = Node(path, status=status, started_at=started, ended_at=ended)
    return new_run("bench", plan)._replace(nodes=Map(nodes), started_at=1, at=(done + 4) * SECOND)
