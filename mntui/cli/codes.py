"""The exit codes, each with one meaning."""

from typing import Final

DONE: Final = 0
FAILED: Final = 1
WRONG_USAGE: Final = 2
REFUSED: Final = 3
UNREACHABLE: Final = 4
WAITING: Final = 5
INTERRUPTED: Final = 130
