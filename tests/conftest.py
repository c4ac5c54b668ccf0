"""Helpers beside the tests are importable by their name."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
for folder in (HERE, HERE / "core", HERE / "worker", HERE / "kills"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
