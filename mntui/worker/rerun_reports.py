"""What became of a frozen rerun, beside the run that it was made of: outputs that differ, branches that ended, success.

Both are read off their states. A condition is judged on what there is; where a branch ended before what it names,
nobody knows.
"""

import json
from difflib import unified_diff

from mntui.core.compare import Check, Difference, RerunReport
from mntui.core.decide import standing
from mntui.core.language.expressions import ExpressionFailure, evaluate_condition
from mntui.core.names import Load, Names
from mntui.core.plan import AgentWork
from mntui.core.run import ENDED, Node, Run
from mntui.core.step_paths import ROOT, is_item
from mntui.core.steps import step_of
from mntui.core.values import Json

MOST_LINES = 60


def report_of(before: Run, after: Run, load: Load) -> RerunReport:
    paths = [path for path in {**before.nodes, **after.nodes} if _told(before, path) or _told(after, path)]
    found = [_difference(path, before.nodes.get(path), after.nodes.get(path), load) for path in sorted(paths)]
    differences = tuple(each for each in found if each is not None)
    return RerunReport(
        run=after.name,
        model=", ".join(dict.fromkeys(after.models.values())),
        status=standing(after).status,
        micros=after.spend.micros,
        cost_known=after.spend.unknown_calls == 0,
        seconds=((after.ended_at or after.at) - after.started_at) / 1_000_000,
        same=len(found) - len(differences),
        differences=differences,
        checks=tuple(
            Check(name, (before.success or {}).get(name), _holds(after, expression, load))
            for name, expression in before.plan.success.items()
        ),
    )


def _told(run: Run, path: str) -> bool:
    """Steps of agents, and whatever failed: the rest follows from them."""
    node = run.nodes.get(path)
    if node is None or is_item(path):
        return False
    return isinstance(step_of(run, path).work, AgentWork) or node.status == "failed"


def _difference(path: str, before: Node | None, after: Node | None, load: Load) -> Difference | None:
    old, new = _output(before, load), _output(after, load)
    if after is not None and after.problem is not None:
        return Difference(path, ended=after.problem.message)
    if old == new and (before is None) == (after is None):
        return None
    if after is None or after.status not in ENDED:
        return Difference(path, ended="it wasn't reached")
    lines = list(unified_diff(_lines(old), _lines(new), "before", "after", lineterm="", n=1))
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], f"… {len(lines) - MOST_LINES} more lines"]
    return Difference(path, "\n".join(lines))


def _output(node: Node | None, load: Load) -> Json:
    return load(node.output) if node is not None and node.status == "succeeded" else None


def _lines(value: Json) -> list[str]:
    """A value as lines: text within it keeps its own."""
    if isinstance(value, dict) and value.keys() == {"text"}:
        return str(value["text"]).splitlines()
    return [] if value is None else json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).splitlines()


def _holds(run: Run, expression: str, load: Load) -> bool | None:
    try:
        return evaluate_condition(expression, Names(run, ROOT, load))
    except ExpressionFailure:
        return None
