"""How a command starts a process of its own for what this one must not import, such as the database."""

import os
from pathlib import Path

import mntui


def tree_environment() -> dict[str, str]:
    """Ours; run from a source tree, the process must find the same tree."""
    tree = str(Path(mntui.__file__).parents[1])
    known = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([*([known] if known else []), tree])}
