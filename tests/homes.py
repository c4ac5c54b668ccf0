"""Homes for tests with real sockets: the socket's folder is a short one, since pytest's own are too long for it."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mntui.settings import Settings
from mntui.wire.holder import read_holder

ASKS = """\
blueprint: asks
version: 1.0.0
about: Asks a person once.
steps:
  go: {approve: "Go on?", show: {what: everything}}
outputs: {what: "{{ go.what }}"}
"""


@contextmanager
def home_below(folder: Path, idle_seconds: float = 60.0) -> Iterator[Settings]:
    """Settings of a home with one trusted blueprint, `asks`. A worker that is left in it is killed in the end."""
    runtime = Path(tempfile.mkdtemp(prefix="mntui-test-"))
    settings = Settings(folder / "home", runtime / "x", idle_seconds=idle_seconds)
    blueprint = settings.blueprints / "asks"
    blueprint.mkdir(parents=True)
    settings.home.chmod(0o700)
    (blueprint / "blueprint.yaml").write_text(ASKS)
    try:
        yield settings
    finally:
        holder = read_holder(settings.worker_lock)
        if holder is not None and holder.pid != os.getpid():
            with suppress(ProcessLookupError):
                os.kill(holder.pid, signal.SIGKILL)
        shutil.rmtree(runtime)
