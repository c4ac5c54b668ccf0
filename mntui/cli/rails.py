"""Where a run is, in a few lines that fit a terminal: one line a step, items as counts, live text as one line.

A drawing of a Run and nothing else; it is redrawn whole.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from mntui.cli.output import Session, cut, paint
from mntui.core.decide import standing
from mntui.core.money import usd
from mntui.core.nine import doing_of, items_of
from mntui.core.run import ENDED, Node, Run
from mntui.core.step_paths import child_path
from mntui.core.words import LOOKS, WAITING_FOR, spent, took

LEAST_ROWS: Final = 6
AROUND_ROWS: Final = 4


def rails(session: Session, run: Run, live: Mapping[str, str], held_back: Mapping[str, str], height: int) -> str:
    """Head, steps, live text, foot: at most `height` lines."""
    now = session.around.now()
    nodes = [
        run.nodes[path] for name in run.plan.roots if (path := child_path("", run.plan.steps[name].id)) in run.nodes
    ]
    held = {slot.partition("#")[0]: f"waiting: {limit}" for slot, limit in held_back.items()}
    wide = min(max((len(node.path) for node in nodes), default=0), 30)
    shown, folded = _chosen(nodes, max(height - AROUND_ROWS, LEAST_ROWS))
    lines = [_head(session, run, now), *(_row(session, run, node, wide, now, held) for node in shown)]
    if folded:
        lines.append(paint(f"  … {folded} more steps", "dim"))
    lines.extend(_live_line(session, live, held_back))
    lines.append(paint(f"  ctrl+c leaves it running · mntui watch {run.name}", "dim"))
    return "\n".join(line for line in lines)


def _head(session: Session, run: Run, now: int) -> str:
    stands = standing(run)
    waits = (
        f" for {', '.join(WAITING_FOR.get(what, what) for what in stands.waiting_for)}"
        if (stands.status == "waiting")
        else ""
    )
    budget = f" of {usd(run.budget_micros)}" if run.budget_micros is not None else ""
    head = Node("", started_at=run.started_at, ended_at=run.ended_at)
    cost = f"{spent(run.spend)}{budget}"
    return f"{paint(run.name, 'bold')}  {session.status(stands.status)}{waits}  {took(head, now)}  {cost}"


def _chosen(nodes: Sequence[Node], rows: int) -> tuple[list[Node], int]:
    """The steps to show, in order: what is at work first, then what ended last, then what comes next."""
    if len(nodes) <= rows:
        return list(nodes), 0
    by_worth = sorted(range(len(nodes)), key=lambda index: (_worth(nodes[index]), index))
    kept = sorted(by_worth[: rows - 1])
    return [nodes[index] for index in kept], len(nodes) - len(kept)


def _worth(node: Node) -> tuple[int, int]:
    order = {"waiting": 0, "running": 0, "failed": 1, "pending": 3}
    return order.get(node.status, 2), -(node.ended_at or 0)


def _row(session: Session, run: Run, node: Node, wide: int, now: int, held: Mapping[str, str]) -> str:
    look = LOOKS[node.status]
    sign = paint(f"{look.sign(ascii_only=session.ascii)} {look.word:<9}", look.style)
    cost = usd(node.spend.micros) if node.spend.micros else ""
    note = held.get(node.path) or _note(run, node)
    return f"  {sign}  {cut(node.path, wide):<{wide}}  {took(node, now):>6}  {cost:>8}  {note}".rstrip()


def _note(run: Run, node: Node) -> str:
    if node.status == "failed" and node.problem is not None:
        return node.problem.message
    if node.status in {"skipped", "cancelled"}:
        return node.why
    if node.item_count and node.status in ENDED:
        return items_of(node)
    return doing_of(run, node)[0] if node.status in {"running", "waiting"} else ""


def _live_line(session: Session, live: Mapping[str, str], held_back: Mapping[str, str]) -> list[str]:
    if live:
        path, text = list(live.items())[-1]
        line = " ".join(text.split())
        room = max(session.width - len(path) - 8, 20)
        return [paint(f"  {path}: …{line[-room:]}", "dim")]
    if held_back:
        step, limit = next(iter(held_back.items()))
        more = f" and {len(held_back) - 1} more" if len(held_back) > 1 else ""
        return [paint(f"  {step.partition('#')[0]}{more} · waiting: {limit}", "dim")]
    return []
