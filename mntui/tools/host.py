"""The process that runs tools, `python -m mntui.tools.host`: asks on stdin, answers on stdout, prints on stderr.

Each operation runs in a thread of its own. When the worker goes away (stdin ends), the host kills itself and every
child in its group, so nothing of it outlives the worker. Whatever a tool raises becomes a failure told as data; what
kills the process loses the calls in flight, which the worker sees. Absent: timeouts (the worker kills), retries, and
any state from one call to the next but what a tools.py keeps itself.
"""

import importlib
import importlib.util
import inspect
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Final

from mntui.core.plan import ToolSpec
from mntui.core.values import Json
from mntui.tools.base import BUILTIN, ToolCall, ToolFailure, refused
from mntui.tools.bounds import outside
from mntui.tools.limits import ProcessLimits, end_children, limits_in, put_in_force
from mntui.tools.paths import names_of_paths, place
from mntui.tools.patterns import lets_pass
from mntui.tools.protocol import CRASH_VARIABLE, READY, Answer, Ask, decode_ask, encode_answer, framed, read_frame
from mntui.tools.python import KEY_PARAMETER, PythonTool, ToolsFileProblem, python_tools

LONGEST_MESSAGE = 4000

_FAMILIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "files": "mntui.tools.files",
        "sql": "mntui.tools.sql",
        "web": "mntui.tools.web",
        "shell": "mntui.tools.shell",
        "mail": "mntui.tools.mail",
        "notify": "mntui.tools.notify",
    }
)
"""Where the builtin tools are. Imported at the first call: DuckDB and httpx cost more than everything else here."""


def main(limits: str = "") -> None:
    """Serve until stdin ends. `limits` is what `ProcessLimits` wrote; without it only core files are kept away."""
    put_in_force(limits_in(limits) if limits else ProcessLimits())
    sys.dont_write_bytecode = True
    asks, answers = _own_streams()
    host = Host(answers, os.environ.pop(CRASH_VARIABLE, ""))
    _write_all(answers, framed(READY))
    with os.fdopen(asks, "rb") as stream:
        while (payload := read_frame(stream.read)) is not None:
            threading.Thread(target=host.answer, args=(decode_ask(payload),), daemon=True).start()
    _end_with_children()


class Host:
    """The state of one host: the loaded tools.py, the lock of the answers, and how many calls began and ended."""

    def __init__(self, answers: int, crash_at: str) -> None:
        self._answers = answers
        self._writing = threading.Lock()
        self._crash_point, _, number = crash_at.partition(":")
        self._crash_number = int(number or 1)
        self._passed = {"before_call": 0, "after_call": 0}
        self._counting = threading.Lock()
        self._loading = threading.Lock()
        self._loaded: dict[str, tuple[ModuleType, Mapping[str, PythonTool]]] = {}

    def answer(self, ask: Ask) -> None:
        """Do what is asked and say what came of it."""
        try:
            payload = framed(encode_answer(Answer(ask.number, self._perform(ask))))
        except ToolFailure as failure:
            payload = framed(encode_answer(Answer(ask.number, failure=failure)))
        except BaseException as error:  # noqa: BLE001 - whatever a tool's code raises, SystemExit too, is its answer
            traceback.print_exception(error)
            payload = framed(encode_answer(Answer(ask.number, failure=failure_of(error))))
        with self._writing:
            _write_all(self._answers, payload)

    def _perform(self, ask: Ask) -> Json:
        if ask.op == "describe":
            return [_told(tool) for tool in _read_tools(ask.code)]
        if ask.op != "call":
            return self._operate(ask.as_call())
        self._pass("before_call")
        try:
            return self._operate(ask.as_call())
        finally:
            self._pass("after_call")

    def _operate(self, call: ToolCall) -> Json:
        family, _, name = call.use.partition(".")
        if family == "python":
            module, tools = self._tools_file(call.code)
            if name not in tools:
                raise refused("UnknownTool", f"tools.py has no function {name}")
            return _call_python(module, tools[name], call)
        if call.use not in BUILTIN:
            raise refused("UnknownTool", f"there is no tool {call.use}")
        check_rules(BUILTIN[call.use], call)
        operate: Callable[[ToolCall], Json] = importlib.import_module(_FAMILIES[family]).operate
        return operate(call)

    def _tools_file(self, path: str) -> tuple[ModuleType, Mapping[str, PythonTool]]:
        with self._loading:
            if path not in self._loaded:
                tools = {tool.function: tool for tool in _read_tools(path)}
                self._loaded[path] = (_imported(path), tools)
            return self._loaded[path]

    def _pass(self, point: str) -> None:
        with self._counting:
            self._passed[point] += 1
            if point == self._crash_point and self._passed[point] == self._crash_number:
                os.kill(os.getpid(), signal.SIGKILL)


def check_rules(spec: ToolSpec, call: ToolCall) -> None:
    """Hold the arguments against `allow`, before anything is done. Raises ToolFailure `Denied`."""
    for name, value in call.arguments.items():
        if name not in spec.paths:
            if not lets_pass(call.grants.allow, name, value):
                raise refused("Denied", f"no `allow` rule for `{name}` lets {value!r:.200} pass")
            continue
        for path in names_of_paths(value):
            place(call.grants, name, path, spec.paths[name])
    denied = outside(spec.use, call.arguments, call.grants.allow)
    if denied:
        raise refused("Denied", denied)


def failure_of(error: BaseException) -> ToolFailure:
    """What a tool raised, as data. OSErrors (ConnectionError, TimeoutError among them) are worth another try."""
    names = [cls.__name__ for cls in type(error).__mro__]
    not_sent = "NotSent" in names
    kind = "NotSent" if not_sent else type(error).__name__
    return ToolFailure(kind, _text_of(error), retryable=not_sent or isinstance(error, OSError), not_sent=not_sent)


def _text_of(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException as worse:  # noqa: BLE001 - an exception of a tool may even fail to be told
        text = f"(can't be told: {type(worse).__name__})"
    return (text or type(error).__name__)[:LONGEST_MESSAGE].encode(errors="replace").decode()


def _call_python(module: ModuleType, tool: PythonTool, call: ToolCall) -> Json:
    if call.op == "prepare":
        return None
    if call.op == "reconcile" and not tool.reconciles:
        raise refused("UnknownTool", f"tools.py has no function {tool.function}_reconcile")
    check_rules(tool.spec, call)
    arguments = {name: _as_hinted(value, tool.spec, name) for name, value in call.arguments.items()}
    reconciling = call.op == "reconcile"
    if tool.reconcile_takes_key if reconciling else tool.takes_key:
        arguments[KEY_PARAMETER] = call.effect_key
    function = getattr(module, f"{tool.function}_reconcile" if reconciling else tool.function)
    found = function(**arguments)
    if inspect.iscoroutine(found):  # Rare, and asyncio costs a host half of its start, so it is imported by name.
        return importlib.import_module("asyncio").run(found)
    return found


def _as_hinted(value: Json, spec: ToolSpec, name: str) -> object:
    if name not in spec.paths:
        return value
    if isinstance(value, list):
        return [Path(item) for item in value]
    return Path(value) if isinstance(value, str) else value


def _read_tools(path: str) -> tuple[PythonTool, ...]:
    try:
        return python_tools(path)
    except ToolsFileProblem as problem:
        raise refused("SyntaxError", f"tools.py, line {problem.line}: {problem.message}") from None
    except FileNotFoundError:
        raise refused("Missing", f"there is no file {path}") from None


def _imported(path: str) -> ModuleType:
    """Run a tools.py as the module `tools`. What it raises then happened before any function of it was called."""
    folder = str(Path(path).parent)
    if folder not in sys.path:
        sys.path.append(folder)  # Last, so that a file beside it can't stand in for a library.
    spec = importlib.util.spec_from_file_location("tools", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["tools"] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:  # noqa: BLE001 - whatever a tools.py raises while it is read, SystemExit too
        traceback.print_exception(error)
        raise refused(type(error).__name__, f"tools.py can't be imported: {_text_of(error)}") from None
    return module


def _told(tool: PythonTool) -> Json:
    return asdict(tool)


def _own_streams() -> tuple[int, int]:
    """Take stdin and stdout away from the tools: what they print goes to stderr, what they read is empty."""
    asks, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return asks, answers


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        try:
            left = left[os.write(descriptor, left) :]
        except BrokenPipeError:
            _end_with_children()


def _end_with_children() -> None:
    """End at once, with what was started. A host that leads its own process group takes the group along."""
    end_children()
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
