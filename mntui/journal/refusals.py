"""The five ways the log says no, each with what it means for the batch that was handed in.

Absent: a common base class. Nobody should treat a full disk like a damaged one.
"""

import errno
from pathlib import Path

from mntui.journal.walk import Damage


class LogFull(OSError):
    """The disk has no room: the batch isn't in the log, and the log goes on as soon as there is room."""

    def __init__(self, folder: Path) -> None:
        super().__init__(errno.ENOSPC, "no room for the journal; nothing of this batch was kept", str(folder))


class LogFailed(Exception):
    """The disk failed: whether the batch is durable is unknown. Open the log again and read what is there."""


class LogDamaged(Exception):
    """Acknowledged batches can't be read, and nothing can put them back. No file was changed."""

    def __init__(self, damage: tuple[Damage, ...]) -> None:
        super().__init__(" ".join(each.sentence for each in damage))
        self.damage = damage
        self.remedy = (
            "Put the folder back from a backup, or accept that these batches are lost: "
            "mntui db rebuild --accept-loss. The log then goes on without them and keeps the damaged bytes."
        )


class LogBusy(Exception):
    """Another process has this log open."""

    def __init__(self, folder: Path, owner: int | None) -> None:
        name = f"process {owner}" if owner is not None else "another process"
        super().__init__(f"the journal in {folder} is held by {name}")
        self.owner = owner
        self.remedy = "Work goes through the worker that holds it; stop that process to open the journal here."


class LogClosed(Exception):
    """The log was closed; nothing more is appended."""
