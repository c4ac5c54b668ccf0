"""The files of a blueprint's folder that make up its version: blueprint.yaml, prompts, schemas, SQL, Python.

data/, golden/ and README never belong to it. Links are followed only where they stay inside the folder; sizes are
bounded, and only regular files are opened, so a pipe or a device cannot hold up a check.
"""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from mntui.core.frozen import frozen
from mntui.core.values import digest_of

MAIN = "blueprint.yaml"
LARGEST_FILE = 2**20
LARGEST_FOLDER = 16 * 2**20
MOST_FILES = 1000

_HOMES = {"prompts": ".md", "schemas": ".json", "sql": ".sql"}
_OUTSIDE = ("data", "golden")


@frozen
class FileProblem:
    """A file that could not be read: its path relative to the folder, and why."""

    path: str
    code: str
    message: str
    remedy: str


@frozen
class FolderText:
    """Raw bytes of blueprint.yaml (None if it is missing), texts of the other files, and what could not be read."""

    main: bytes | None
    texts: Mapping[str, str]
    problems: tuple[FileProblem, ...]

    def digest(self) -> str:
        """The version digest: SHA-256 (hex) over every file's path and content."""
        contents = {path: _sha256(text.encode("utf-8")) for path, text in self.texts.items()}
        return digest_of({**contents, MAIN: _sha256(self.main or b"")})


def read_folder(folder: Path, main: str = MAIN) -> FolderText:
    """Everything that belongs to the version of the blueprint in `folder`. Raises nothing for what is wrong inside."""
    problems: list[FileProblem] = []
    texts: dict[str, str] = {}
    content = _read(folder, main, problems)
    total = 0
    for count, path in enumerate(_paths(folder)):
        if count >= MOST_FILES or total > LARGEST_FOLDER:
            message = f"the folder holds more than {MOST_FILES} files or {LARGEST_FOLDER // 2**20} MiB of code and text"
            problems.append(FileProblem(path, "size", message, "Move data into data/."))
            break
        found = _read(folder, path, problems)
        if found is not None:
            total += len(found)
            _decode(path, found, texts, problems)
    return FolderText(content, texts, tuple(problems))


def _paths(folder: Path) -> Iterator[str]:
    """Relative paths of all files of the version but blueprint.yaml, sorted within each folder."""
    for base, folders, names in os.walk(folder, followlinks=False):
        relative = Path(base).relative_to(folder)
        top = relative.parts[0] if relative.parts else ""
        outside = _OUTSIDE if not top else ()
        folders[:] = sorted(
            name for name in folders if not name.startswith((".", "__pycache__")) and name not in outside
        )
        for name in sorted(names):
            if name.endswith(".py") or (top in _HOMES and name.endswith(_HOMES[top])):
                yield (relative / name).as_posix()


def _read(folder: Path, path: str, problems: list[FileProblem]) -> bytes | None:
    """The bytes of a regular file inside the folder; None, with a problem, if it is not one."""
    try:
        target = (folder / path).resolve(strict=True)
        inside = target.is_relative_to(folder.resolve())
        content = _read_regular(target) if inside else None
    except FileNotFoundError:
        problems.append(FileProblem(path, "file", f"there is no file {path} here", "Create it."))
        return None
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: links that lead in a circle
        problems.append(FileProblem(path, "file", f"{path} can't be read: {error}", "Check the file."))
        return None
    if not inside:
        problems.append(FileProblem(path, "link", "the link leads out of the folder", "Copy the file here."))
    elif content is None:
        problems.append(FileProblem(path, "file", f"{path} is no regular file", "Put a file there."))
    elif len(content) > LARGEST_FILE:
        message = f"{path} is larger than {LARGEST_FILE // 2**20} MiB"
        problems.append(FileProblem(path, "size", message, "Move data into data/."))
    else:
        return content
    return None


def _read_regular(target: Path) -> bytes | None:
    """Up to one byte more than a file may have; None if it is a pipe, a device or a folder. Raises OSError."""
    handle = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        return None
    with os.fdopen(handle, "rb") as file:
        return file.read(LARGEST_FILE + 1)


def _decode(path: str, content: bytes, texts: dict[str, str], problems: list[FileProblem]) -> None:
    try:
        texts[path] = content.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"the byte 0x{content[error.start]:02x} (at {error.start}) is not UTF-8"
        problems.append(FileProblem(path, "encoding", message, "Save the file as UTF-8."))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
