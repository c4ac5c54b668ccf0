"""What one query may use. Absent: enforcing it (`sql` and `sqlite` do)."""

from mntui.core.frozen import frozen


@frozen
class Limits:
    """The loading of files is included in the seconds; `memory` is DuckDB's own word."""

    seconds: float = 30.0
    memory: str = "512MB"
    rows: int = 10_000
    file_bytes: int = 256 * 1024 * 1024
