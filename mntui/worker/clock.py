"""The two clocks of this machine, as one value: wall time, and time since boot that a suspended laptop still counts."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from mntui.core.decide import Now

Clock = Callable[[], Now]

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def system_clock() -> Clock:
    """Read the machine's clocks. CLOCK_BOOTTIME counts suspension; macOS's monotonic clock does so by its raw form."""
    boot = _boot()
    source = getattr(time, "CLOCK_BOOTTIME", None)
    if source is None:
        source = time.CLOCK_MONOTONIC

    def now() -> Now:
        return Now(time.time_ns() // 1000, boot, time.clock_gettime_ns(source) // 1000)

    return now


def _boot() -> str:
    if _BOOT_ID.exists():
        return _BOOT_ID.read_text(encoding="ascii").strip()
    # Without a boot id elapsed time can't be compared across processes: wall time alone decides then.
    return "" if sys.platform != "linux" else "linux"
