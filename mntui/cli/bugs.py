"""What a person sees of a bug: one sentence, and the file that holds its traceback. Never the traceback itself."""

import json as json_module
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

Hook = Callable[[type[BaseException], BaseException, TracebackType | None], None]


def crash_hook(arguments: Sequence[str], environment: Mapping[str, str]) -> Hook:
    """For `sys.excepthook`. Python then ends the process with code 1."""

    def hook(kind: type[BaseException], bug: BaseException, trace: TracebackType | None) -> None:
        text = "".join(traceback.format_exception(kind, bug, trace))
        message = f"mntui has a bug: {kind.__name__}: {bug}"
        remedy = f"Your runs are safe in their journal. Please report {_written(text, _home(arguments, environment))}"
        if "--json" in arguments:
            error = {"code": "bug", "message": message, "remedy": remedy, "file": "", "line": 0, "column": 0}
            sys.stdout.write(f"{json_module.dumps({'error': error})}\n")
        else:
            sys.stderr.write(f"error: {message}\n  {remedy}\n")

    return hook


def _home(arguments: Sequence[str], environment: Mapping[str, str]) -> Path:
    """The home that was meant, if there is one already; what reads settings may be what is broken."""
    words = [word for text in arguments for word in text.split("=", 1)]
    named = words[words.index("--home") + 1] if "--home" in words[:-1] else environment.get("MNTUI_HOME", "")
    return Path(named) if named else Path(tempfile.gettempdir())


def _written(text: str, folder: Path) -> Path:
    name = f"crash-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    for place in (folder, Path(tempfile.gettempdir())):
        try:
            (place / name).write_text(text, encoding="utf-8")
        except OSError:
            continue
        return place / name
    return Path("a file, if you can find room for one")
