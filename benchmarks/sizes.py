"""How much is measured. `tiny` only shows that it works, `small` takes some minutes, `full` is for the README."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Size:
    """Rounds of each measurement, and how big each is. The aims are set for `full`."""

    rounds: int
    syncs: int
    steps: int
    runs: int
    steps_of_runs: int
    branches: int
    grown: tuple[int, ...]
    approvals: int
    starts: int
    waiting: int
    waiting_seconds: float
    finished: int


SIZES: Mapping[str, Size] = MappingProxyType(
    {
        "tiny": Size(1, 20, 10, 5, 3, 10, (5, 10), 3, 1, 5, 0.3, 20),
        "small": Size(3, 400, 200, 100, 10, 500, (100, 1_000), 30, 3, 200, 3.0, 1_000),
        "full": Size(5, 2_000, 200, 200, 10, 500, (100, 1_000, 10_000), 200, 7, 1_000, 10.0, 10_000),
    }
)
