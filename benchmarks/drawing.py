"""`python -m benchmarks.drawing`: how long the pictures of the terminal app take, at 60 and at 200 steps.

Graphs look like real ones: short fans and joins, now and then an edge over several layers. CPU time of one thread, the
median and the 95th percentile of many rounds, garbage collection included. Aims: layout 5 ms at 60 steps and 25 ms at
200; one changed state far below a millisecond.
"""

import argparse
import random
import time
from collections.abc import Callable
from functools import partial
from statistics import quantiles

from immutables import Map

from mntui.core.plan import Plan, SetWork, StepPlan
from mntui.core.run import Node, Run, StepStatus, new_run
from mntui.ui.drawing.layout import lay_out
from mntui.ui.drawing.lines import changed_rows, line, lines, see
from mntui.ui.drawing.table import rails_table, row_line

WORDS = ("fetch", "parse", "chunk", "embed", "classify", "draft", "review", "merge", "score", "rank")
WIDTHS = (80, 120, 160)
SEEDS = (1, 2, 3)
LONG_EDGES = 0.03
SECOND = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    print(f"{'':<44}{'p50 ms':>9}{'p95 ms':>9}")
    for steps in (60, 200):
        plans = [plan_of(steps, seed) for seed in SEEDS]
        for width in WIDTHS:
            report(f"layout, {steps} steps, {width} columns", [partial(lay_out, plan, width) for plan in plans], rounds)
        report(f"draw all, {steps} steps", [drawing(plan) for plan in plans], rounds)
        report(f"one changed state, {steps} steps", [restyle(plan) for plan in plans], rounds)
        report(f"rails table of 40 rows, {steps} steps", [table(plan) for plan in plans], rounds)


def report(name: str, works: list[Callable[[], object]], rounds: int) -> None:
    taken = [measured(work) for _ in range(rounds) for work in works]
    cut = quantiles(taken, n=20)
    print(f"{name:<44}{cut[9] * 1e3:>9.2f}{cut[18] * 1e3:>9.2f}", flush=True)


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


if __name__ == "__main__":
    main()
