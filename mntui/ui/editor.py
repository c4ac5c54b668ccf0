"""The person's own editor: the terminal is lent to it, and taken back when it ends."""

import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textual.app import App, SuspendNotSupported

from mntui.library.find import Found
from mntui.library.folder import MAIN
from mntui.ui.given import Given


class EditorProblem(Exception):
    """The editor can't be used; the message says why and what would work."""


def edit_file(app: App[Any], editor: str, path: Path) -> None:
    """Open a file in the editor and come back when it ends. Raises EditorProblem."""
    if not editor:
        raise EditorProblem("No editor is set. Set EDITOR, for example: export EDITOR=nano")
    try:
        with app.suspend():
            ended = subprocess.run([*shlex.split(editor), str(path)], check=False).returncode
    except SuspendNotSupported as error:
        raise EditorProblem("This terminal can't be lent to an editor. Edit the values with e.") from error
    except OSError as error:
        raise EditorProblem(f"{editor} can't be started: {error.strerror}. Set EDITOR to a program.") from error
    if ended:
        raise EditorProblem(f"{editor} ended with code {ended}; nothing was taken.")


def open_path(app: App[Any], given: Given, path: Path) -> None:
    """Open a file or folder as this desktop would; where there is none, a file in the editor. Raises EditorProblem."""
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    desktop = sys.platform == "darwin" or given.environment.get("DISPLAY") or given.environment.get("WAYLAND_DISPLAY")
    if desktop and shutil.which(opener):
        nowhere = subprocess.DEVNULL
        subprocess.Popen([opener, str(path)], stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True)
    elif path.is_file():
        edit_file(app, given.editor, path)
    else:
        raise EditorProblem(f"There is no desktop to open it on. It lies here: {path}")


def edit_texts(app: App[Any], editor: str, texts: Mapping[str, str]) -> dict[str, str]:
    """Several texts, one after the other, each in a file of its own. Raises EditorProblem."""
    changed = {}
    with tempfile.TemporaryDirectory(prefix="mntui-edit-") as folder:
        for name, text in texts.items():
            path = Path(folder) / f"{''.join(c if c.isalnum() else '-' for c in name)}.txt"
            path.write_text(text, encoding="utf-8")
            edit_file(app, editor, path)
            after = path.read_text(encoding="utf-8", errors="replace")
            # Editors end a file with a line end of their own; the value had none.
            changed[name] = after if text.endswith("\n") else after.removesuffix("\n")
    return changed


def own_copy(found: Found, home: Path) -> Path:
    """The file of a blueprint to be edited; a shipped one is copied into the home first, under the same name."""
    if found.origin != "shipped":
        return found.path / MAIN if found.path.is_dir() else found.path
    target = home / "blueprints" / found.name
    if not target.exists():
        shutil.copytree(found.path, target)
    return target / MAIN
