"""How far the slow proofs go: small by default and in CI, `MNTUI_SWEEP=full` for all of it."""

import os

FULL = os.environ.get("MNTUI_SWEEP") == "full"


def sized(small: int, full: int) -> int:
    return full if FULL else small
