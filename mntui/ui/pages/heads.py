"""How things stand, at the right end of a screen's first line: of the home, and of one run."""

from mntui.core.compare import STAND_IN_PREFIX
from mntui.core.decide import standing
from mntui.core.money import usd
from mntui.core.nine import succeeded
from mntui.core.run import ENDED, Node, Run
from mntui.core.step_paths import is_item
from mntui.core.words import LOOKS, WAITING_FOR, took
from mntui.ui.drawing.text import Line, Segment
from mntui.ui.pages.write import line


def waits_and_runs(waiting: int, running: int, today_micros: int) -> Line:
    parts: list[Segment] = [(f"today {usd(today_micros)}", "money")]
    if waiting:
        parts.append((f"   ◆ {waiting} wait{'s' if waiting == 1 else ''}", "waiting"))
    if running:
        parts.append((f"   ◐ {running} running", "running"))
    return line(*parts)


def run_standing(run: Run, now: int, width: int) -> Line:
    """`◐ running 0:24  11/18 steps  $0.1127 of $0.50 ▰▰▱▱ 23%  ◆ 1 waits`; what is less urgent goes first if narrow."""
    stands = standing(run)
    look = LOOKS[stands.status]
    steps = [node for node in run.nodes.values() if not is_item(node.path)]
    time = took(Node("", started_at=run.started_at, ended_at=run.ended_at), now)
    parts: list[Segment] = [(f"{look.glyph} {look.word}", stands.status)]
    if stands.status == "waiting" and width >= 60:
        waits = [WAITING_FOR.get(what, what) for what in stands.waiting_for]
        parts.append((f" for {' and '.join(waits)}", "waiting"))
    if succeeded(run) is False and run.ended == "succeeded":
        parts.append((", not a success", "bad"))
    parts.append((f"  {time}", "time"))
    if width >= 44:
        parts.append((f"  {sum(node.status in ENDED for node in steps)}/{len(steps)} steps", "muted"))
    parts += _money(run, width)
    if has_stand_in(run):
        parts.append(("  stand-in model" if width >= 60 else "  stand-in", "warn"))
    if run.asks and stands.status != "waiting":
        parts.append((f"  ◆ {len(run.asks)} wait{'s' if len(run.asks) == 1 else ''}", "waiting"))
    return line(*parts)


def has_stand_in(run: Run) -> bool:
    """Whether a role of it is served by what is no language model."""
    return any(model.startswith(STAND_IN_PREFIX) for model in run.models.values())


def _money(run: Run, width: int) -> list[Segment]:
    least = "≥ " if run.spend.unknown_calls else ""
    parts: list[Segment] = [(f"  {least}{usd(run.spend.micros)}", "money")]
    if run.budget_micros and (width >= 44 or not has_stand_in(run)):
        share = min(run.spend.micros / run.budget_micros, 1.0)
        parts.append((f" of {usd(run.budget_micros)}", "muted"))
        if width >= 80:
            full = round(share * 8)
            parts += [(" " + "▰" * full, "money"), ("▱" * (8 - full) + f" {share:.0%}", "faint")]
    return parts
