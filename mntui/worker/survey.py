"""`python -m mntui.worker.survey FOLDER`: read a log's every frame and say what is there, as JSON. No byte is changed.

For a doctor whose worker can't start. No lock is taken: it is asked only where no worker runs, and a worker that starts
meanwhile makes at worst a torn tail out of a write under way.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from mntui.journal.opening import survey
from mntui.journal.segments import segment_paths


def main(arguments: Sequence[str] | None = None) -> int:
    (folder,) = sys.argv[1:] if arguments is None else arguments
    seen = survey(Path(folder), 0, None)
    document = {
        "segments": len(segment_paths(Path(folder))),
        "batches": seen.batches,
        "torn": [each.sentence for each in seen.torn],
        "damage": [damage.sentence for damage, _ in seen.damage],
    }
    sys.stdout.write(json.dumps(document) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
