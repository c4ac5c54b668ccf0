"""Where a worker without a terminal writes: worker.log, three files of 5 MB, with what the interpreter itself says."""

import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

LOG_BYTES = 5_000_000
LOG_FILES = 3
PRIVATE_FILE = 0o600
LINE = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"


class WorkerLog(RotatingFileHandler):
    """Also standard output and error: after a rollover they go on into the new file, not into the one put aside."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=LOG_BYTES, backupCount=LOG_FILES - 1, encoding="utf-8")
        self.setFormatter(logging.Formatter(LINE))
        self._take_standard_streams()

    def doRollover(self) -> None:  # noqa: N802 - the name that logging calls
        super().doRollover()
        self._take_standard_streams()

    def _take_standard_streams(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        log = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)


def log_to_file(path: Path, level: str) -> None:
    """For a worker in the background. Everything below `level` is dropped."""
    logging.basicConfig(level=level, handlers=[WorkerLog(path)], force=True)


def log_to_terminal(level: str) -> None:
    """For a worker in the foreground."""
    logging.basicConfig(level=level, format=LINE, stream=sys.stderr, force=True)
