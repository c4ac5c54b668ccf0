"""The results, as a table for people and as JSON for comparisons: the machine on top, every aim with its verdict."""

import json
import os
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.figures import REFERENCE_SYNCS, Figure, Spread
from mntui import __version__

LIMITS = (
    "The limit beside a figure was measured right before or after it, on the same disk. Aims for a disk are meant "
    f"for {REFERENCE_SYNCS:,.0f} fdatasync/s; *pass, by this disk* is an aim met in the proportion of this one."
)
LIBRARIES = ("duckdb", "immutables", "jinja2", "jsonschema", "pydantic-core", "typer")


@dataclass(frozen=True, slots=True)
class Machine:
    system: str
    processor: str
    cores: int
    memory_gb: float
    disk: str
    load_before: float
    load_after: float
    python: str
    versions: tuple[str, ...]


def machine(folder: Path, load_before: float) -> Machine:
    return Machine(
        f"{platform.system()} {platform.release()}",
        _processor(),
        os.cpu_count() or 1,
        round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3, 1),
        _disk_of(folder),
        load_before,
        os.getloadavg()[0],
        platform.python_version(),
        (f"mntui {__version__}", *(f"{name} {version(name)}" for name in LIBRARIES)),
    )


def write(folder: Path, size: str, about: Machine, figures: Sequence[Figure]) -> tuple[Path, Path]:
    """Write both files, and give their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    text, data = folder / f"{size}.md", folder / f"{size}.json"
    text.write_text(markdown(size, about, figures), encoding="utf-8")
    plain = {"size": size, "at": _today(), "machine": _plain(about), "figures": [each.plain() for each in figures]}
    data.write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return text, data


def markdown(size: str, about: Machine, figures: Iterable[Figure]) -> str:
    lines = [
        f"# Measured {_today()}, size {size}",
        "",
        about_machine(about),
        "",
        LIMITS,
        "",
        "| figure | measured | aim | p50 / p99, ms | limit beside | verdict |",
        "| --- | ---: | ---: | ---: | --- | --- |",
    ]
    lines += [_row(figure) for figure in figures]
    return "\n".join(lines) + "\n"


def about_machine(about: Machine) -> str:
    return (
        f"{about.processor}, {about.cores} cores, {about.memory_gb:g} GB, {about.disk}; {about.system}; "
        f"Python {about.python}; {', '.join(about.versions)}. Load before and after: {about.load_before:.1f}, "
        f"{about.load_after:.1f}; above {about.cores}, other programs had a share of every figure."
    )


def _row(figure: Figure) -> str:
    name = f"{figure.name}<br>*{figure.note}*" if figure.note else figure.name
    aim = ""
    if figure.aim is not None:
        aim = f"{'≤' if figure.aim.most else '≥'} {number(figure.aim.value)}"
        if figure.scaled_aim < figure.aim.value:
            aim += f"<br>here {number(figure.scaled_aim)}"
    limit = ""
    if figure.limit is not None:
        limit = f"{figure.limit.what}: {number(figure.limit.value)} {figure.limit.unit}"
        limit += f" ({spread_text(figure.limit.spread)} ms)" if figure.limit.spread is not None else ""
    measured = f"{number(figure.value)} {figure.unit}"
    return f"| {name} | {measured} | {aim} | {spread_text(figure.spread)} | {limit} | {figure.verdict} |"


def spread_text(spread: Spread | None) -> str:
    return f"{number(spread.p50_ms)} / {number(spread.p99_ms)}" if spread is not None else ""


def number(value: float | None) -> str:
    """Three digits that matter, thousands set apart."""
    if value is None:
        return "not measured:"
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def _plain(about: Machine) -> dict[str, Any]:
    return {name: getattr(about, name) for name in about.__slots__}


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def _disk_of(folder: Path) -> str:
    """The file system that a folder is on."""
    if sys.platform != "linux":
        return "disk unknown"
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    around = [each for each in mounts if folder.resolve().is_relative_to(each[1])]
    best = max(around, key=lambda each: len(each[1]))
    return f"{best[2]} on {best[0]}"
