"""A run as one line of a list."""

from mntui.core.decide import standing
from mntui.core.messages import RunRow
from mntui.core.run import ENDED, Run
from mntui.core.step_paths import is_item


def row_of(run: Run) -> RunRow:
    steps = [node for node in run.nodes.values() if not is_item(node.path)]
    where = standing(run)
    success = None if run.success is None else all(run.success.values())
    return RunRow(
        id=run.id,
        run=run.name,
        blueprint=run.blueprint,
        status=where.status,
        waiting_for=where.waiting_for,
        success=success,
        steps_ended=sum(node.status in ENDED for node in steps),
        steps=len(steps),
        cost_micros=run.spend.micros,
        cost_known=run.spend.unknown_calls == 0,
        started_at=run.started_at,
        ended_at=run.ended_at,
        folder=run.folder,
    )
