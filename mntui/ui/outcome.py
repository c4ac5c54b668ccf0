"""What a run left on the disk: its files, and those outputs that are documents, read whole to be shown."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from mntui.core.frozen import frozen
from mntui.core.run import Run
from mntui.core.values import Json

DOCUMENTS: Final = frozenset({".md", ".txt"})
LARGEST_BYTES: Final = 200_000


@frozen
class Outcome:
    """`files` by name with sizes in bytes, `outputs` those that outputs name, `documents` their texts by name."""

    files: tuple[tuple[str, int], ...] = ()
    outputs: tuple[Path, ...] = ()
    documents: tuple[tuple[str, str], ...] = ()


def outcome_of(run: Run, outputs: Json) -> Outcome:
    named = tuple(_named(run, outputs))
    texts = [(path.name, path.read_text(encoding="utf-8", errors="replace")) for path in named if _is_document(path)]
    return Outcome(tuple(files_in(run.folder)), named, tuple(texts))


def _named(run: Run, outputs: Json) -> Iterator[Path]:
    """Files below the run's folder that an output names, documents first."""
    folder = Path(run.folder)
    texts = [value for value in outputs.values() if isinstance(value, str)] if isinstance(outputs, Mapping) else []
    found = [folder / text for text in texts if text and "\n" not in text and len(text) < 1000]
    inside = [path for path in found if path.resolve().is_relative_to(folder.resolve()) and path.is_file()]
    yield from sorted(inside, key=lambda path: path.suffix not in DOCUMENTS)


def _is_document(path: Path) -> bool:
    return path.suffix in DOCUMENTS and path.stat().st_size <= LARGEST_BYTES


def files_in(folder: str) -> list[tuple[str, int]]:
    """The files below a run's folder by name, with their sizes in bytes."""
    found = []
    for base, _, names in os.walk(folder):
        for name in names:
            path = Path(base) / name
            if path.is_file():
                found.append((str(path.relative_to(folder)), path.stat().st_size))
    return sorted(found)
