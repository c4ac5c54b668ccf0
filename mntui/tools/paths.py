"""Which paths a tool may touch, and opening exactly the one that was checked.

A path is resolved first (absolute, every link followed), then held against the rules, then opened folder by folder from
the root without following a link. A link swapped in after the check therefore makes the opening fail, and mntui's own
folder and the blueprint's are known by their identity on disk, whatever they are called (case, bind mounts).

Absent: rendering (it is handed in) and sandboxing of Python code: a blueprint's own tools can open what the user can.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from mntui.core.frozen import frozen
from mntui.core.values import Json
from mntui.tools.base import Grants, refused
from mntui.tools.patterns import covers

Use = Literal["read", "write"]
Identity = tuple[int, int]

_STEP = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@frozen
class Place:
    """A path that the rules cover: absolute, resolved. What stands there is looked at only when it is opened."""

    path: str
    use: Use


def place(grants: Grants, parameter: str, text: str, use: Use) -> Place:
    """Resolve a path (relative ones start in the run's folder) and hold it against the rules. Raises ToolFailure."""
    path = resolve(grants.folder, text)
    own = os.path.realpath(grants.folder)
    rules = (rule for rule in grants.allow.get(parameter, ()) if not _leads_out_of(grants.blueprint, rule.base))
    if not _inside(path, own) and not any(covers(rule, path) for rule in rules):
        verb = "reading" if use == "read" else "writing"
        raise refused("Denied", f"{verb} {path} isn't allowed: no `allow` rule for `{parameter}` covers it")
    return Place(path, use)


def resolve(folder: str, text: str) -> str:
    """The absolute path that a text means, every link followed. Raises ToolFailure on text that can't be a path."""
    if not text or "\0" in text:
        raise refused("BadPath", "a path must be text without NUL characters, and not empty")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise refused("BadPath", f"{text!r} can't be written as UTF-8, so it is no path") from None
    return os.path.realpath(Path(folder) / text)


@contextmanager
def folder_of(grants: Grants, where: Place) -> Iterator[int]:
    """The descriptor of the folder that holds a place. Raises ToolFailure (`Missing`, `Denied`)."""
    descriptor = _walk(grants, where, _parts(where.path)[:-1], _step)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def made_folder_of(grants: Grants, where: Place) -> Iterator[int]:
    """The same, with missing folders made on the way: only what the rules cover is ever made."""
    descriptor = _walk(grants, where, _parts(where.path)[:-1], _made_step)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def opened_folder(grants: Grants, where: Place) -> Iterator[int]:
    """A readable descriptor of the folder that stands at a place."""
    step = _walk(grants, where, _parts(where.path), _step)
    try:
        with _told_plainly(where):
            descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=step)
    finally:
        os.close(step)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def opened_file(grants: Grants, where: Place, flags: int) -> Iterator[int]:
    """A descriptor of the regular file at a place. Devices, pipes and the kernel's files are refused, not waited on."""
    with folder_of(grants, where) as folder:
        descriptor = open_regular(folder, where, flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def open_regular(folder: int, where: Place, flags: int) -> int:
    """Open a regular file in a folder by descriptor, looked at before (opening a device may do something) and after.

    Raises ToolFailure: `Missing`, `NotAFile`, `NoPermission`, `Denied`.
    """
    name = Path(where.path).name
    with _told_plainly(where):
        _refuse_special(os.stat(name, dir_fd=folder, follow_symlinks=False), where.path)
        descriptor = os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    try:
        _refuse_special(os.fstat(descriptor), where.path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def names_of_paths(value: Json) -> Iterator[str]:
    """The paths in a path parameter: text, a list, or a map of texts and of maps with a `path`."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from names_of_paths(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from names_of_paths(item.get("path") if isinstance(item, dict) else item)


def _walk(grants: Grants, where: Place, parts: tuple[str, ...], step: Callable[[int, str], int]) -> int:
    """Open folder after folder from the root. Nothing is made or returned before the passed ones are checked."""
    current = os.open("/", _STEP)
    try:
        with _told_plainly(where):
            passed = [_identity(current)]
            for part in parts:
                try:
                    following = _step(current, part)
                except FileNotFoundError:
                    _check_passed(grants, where, passed)
                    following = step(current, part)
                os.close(current)
                current = following
                passed.append(_identity(current))
            _check_passed(grants, where, passed)
    except BaseException:
        os.close(current)
        raise
    return current


def _step(folder: int, name: str) -> int:
    return os.open(name, _STEP, dir_fd=folder)


def _made_step(folder: int, name: str) -> int:
    with suppress(FileExistsError):  # Another call may make it in between, which is as good.
        os.mkdir(name, dir_fd=folder)
    return _step(folder, name)


def _check_passed(grants: Grants, where: Place, passed: list[Identity]) -> None:
    own, home, blueprint = (_identity_at(path) for path in (grants.folder, grants.home, grants.blueprint))
    if own in passed:
        return
    if _inside(where.path, os.path.realpath(grants.folder)):
        raise refused("Denied", f"{where.path} changed while it was being opened")
    in_blueprint = blueprint in passed
    if home in passed and not (in_blueprint and passed.index(home) < passed.index(blueprint)):
        raise refused("Denied", f"{where.path} lies in mntui's own folder, where tools have no business")
    if in_blueprint and where.use == "write":
        raise refused("Denied", f"{where.path} lies in the blueprint's folder, which a run never writes")


def _identity(descriptor: int) -> Identity:
    found = os.fstat(descriptor)
    return found.st_dev, found.st_ino


def _identity_at(path: str) -> Identity:
    try:
        found = Path(path).stat()
    except FileNotFoundError:
        return -1, -1
    return found.st_dev, found.st_ino


def _refuse_special(found: os.stat_result, path: str) -> None:
    if stat.S_ISLNK(found.st_mode):
        raise refused("Denied", f"{path} became a link while it was being opened")
    if stat.S_ISDIR(found.st_mode):
        raise refused("NotAFile", f"{path} is a folder")
    if not stat.S_ISREG(found.st_mode):
        raise refused("NotAFile", f"{path} is a device, a pipe or a socket")
    if any(found.st_dev == _identity_at(kernel)[0] for kernel in ("/proc", "/sys") if os.path.ismount(kernel)):
        raise refused("Denied", f"{path} is one of the kernel's own files")


@contextmanager
def _told_plainly(where: Place) -> Iterator[None]:
    """The system's refusals as failures that another try would meet again; any other OSError passes as it is."""
    try:
        yield
    except FileNotFoundError:
        raise refused("Missing", f"there is nothing at {where.path}") from None
    except PermissionError:
        raise refused("NoPermission", f"the system doesn't let you {where.use} {where.path}") from None
    except OSError as error:
        if error.errno in (errno.ENOTDIR, errno.ELOOP):
            raise refused("Denied", f"{where.path} leads through something that isn't a folder") from None
        if error.errno in (errno.ENAMETOOLONG, errno.EINVAL):
            raise refused("BadPath", f"the system takes no such name: {where.path[:200]}") from None
        raise


def _leads_out_of(blueprint: str, base: str) -> bool:
    """A link in the blueprint's own folder is the blueprint's doing (a default input), so it may not lead elsewhere."""
    inside = any(_inside(os.path.normpath(base), folder) for folder in (blueprint, os.path.realpath(blueprint)))
    return inside and not _inside(os.path.realpath(base), os.path.realpath(blueprint))


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part)


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
