"""The house holds: one direction, no cycle, every library at its home, and what is deliberately absent stays absent.

Imports are counted wherever they stand: at the top, in functions, under TYPE_CHECKING.
"""

import ast
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "mntui"
LAYERS = [
    {"core", "crash"},
    {"wire", "library", "models", "tools", "settings", "config"},
    {"journal"},
    {"effects"},
    {"worker", "engines"},
    {"ui", "bench"},
    {"cli"},
    {"__main__", "__init__"},
]
HOMES = {
    "duckdb": {"journal", "tools"},
    "textual": {"ui"},
    "typer": {"cli"},
    "rich": {"cli", "ui"},
    "litellm": {"models"},
    "ollama": {"models"},
    "json_repair": {"models"},
    "httpx": {"models", "tools"},
    "pydantic": {"wire"},
    "pydantic_core": {"wire"},
    "yaml": {"library", "models"},
    "opentelemetry": {"cli"},
    "textual_serve": {"cli"},
    "aiohttp": {"cli"},
}
CORE_MAY_IMPORT = {"jinja2", "immutables", "jsonschema", "referencing", "mntui"}
FRONTS = {"cli": {"worker", "journal", "effects"}, "ui": {"worker", "journal", "effects", "models", "tools", "wire"}}
"""What a person's program must not reach past the Engine for."""

INNER_IMPORTS = {"cli": "bodies of commands", "models": "providers opened by name", "tools": "duckdb in the tool host"}
OPENED_BY_NAME = {"mntui.__main__", "mntui.worker.daemon"}
"""The program, and the worker's process, which detaches before it imports what a worker is made of."""

LONGEST_FUNCTION = 40
LONGEST_FILE = 400


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        yield name, ast.parse(path.read_text())


TREES = dict(modules())


def imports(tree: ast.AST) -> Iterator[tuple[ast.stmt, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute here"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield node, inner if inner in TREES else str(node.module)


GRAPH = {name: {t for _, t in imports(tree) if t in TREES and t != name} for name, tree in TREES.items()}


def part(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


def floor(module: str) -> int:
    (level,) = (n for n, names in enumerate(LAYERS) if part(module) in names)
    return level


def test_imports_point_down_and_siblings_do_not_know_each_other() -> None:
    upward = [
        f"{a} -> {b}"
        for a, targets in GRAPH.items()
        for b in targets
        if part(a) != part(b) and part(b) != "__init__" and floor(b) >= floor(a)
    ]
    assert not upward


def test_there_is_no_cycle_of_any_kind() -> None:
    left = {name: set(targets) for name, targets in GRAPH.items()}
    while free := [name for name, targets in left.items() if not targets & left.keys()]:
        for name in free:
            del left[name]
    assert not left, f"these import each other in a circle: {sorted(left)}"


def test_every_library_has_one_home_and_the_core_knows_none_of_them() -> None:
    import sys

    astray = []
    for name, tree in TREES.items():
        for _, target in imports(tree):
            outside = target.split(".")[0]
            if part(name) not in HOMES.get(outside, {part(name)}):
                astray.append(f"{outside} in {name}")
            if part(name) == "core" and outside not in sys.stdlib_module_names | CORE_MAY_IMPORT:
                astray.append(f"{outside} in the core: {name}")
    assert not astray


def test_the_core_reads_no_clock_draws_no_lots_and_touches_no_disk() -> None:
    forbidden = {
        "time",
        "random",
        "secrets",
        "os",
        "pathlib",
        "socket",
        "subprocess",
        "asyncio",
        "logging",
        "threading",
    }
    found = [
        f"{name} imports {target}"
        for name, tree in TREES.items()
        if part(name) == "core"
        for _, target in imports(tree)
        if target.split(".")[0] in forbidden
    ]
    assert not found


def test_fronts_reach_runs_only_through_the_engine() -> None:
    found = [
        f"{a} -> {b}"
        for a, targets in GRAPH.items()
        for b in targets
        if part(b) in FRONTS.get(part(a), set()) and not b.startswith("mntui.worker.daemon")
    ]
    assert not found


def test_init_files_hold_one_idea_and_export_nothing() -> None:
    for path in PACKAGE.rglob("__init__.py"):
        tree = ast.parse(path.read_text())
        assert ast.get_docstring(tree), f"{path} says no idea"
        names = {t.id for n in tree.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)}
        assert names <= {"__version__"}
        assert not list(imports(tree)), f"{path} re-exports"


def test_nothing_is_imported_inside_a_function_but_where_it_is_opened_by_name() -> None:
    found = [
        f"{name}:{statement.lineno}"
        for name, tree in TREES.items()
        if part(name) not in INNER_IMPORTS and name not in OPENED_BY_NAME
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for statement, _ in imports(function)
    ]
    assert not found


MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)


def test_no_module_keeps_state_that_can_change() -> None:
    found = []
    for name, tree in TREES.items():
        for node in tree.body:
            value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            if value is None or not isinstance(value, MUTABLE):
                continue
            typed = ast.unparse(node.annotation) if isinstance(node, ast.AnnAssign) else ""
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            constant = all(isinstance(t, ast.Name) and t.id.lstrip("_").isupper() for t in targets)
            exports = all(isinstance(t, ast.Name) and t.id == "__all__" for t in targets)
            if not constant and not exports and not typed.startswith(("Mapping", "Sequence", "Final")):
                found.append(f"{name}:{node.lineno}")
    assert not found


def test_nothing_swallows_every_exception() -> None:
    broad = [
        f"{name}:{node.lineno}"
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"})
        and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    ]
    assert len(broad) <= 4, broad


@pytest.mark.parametrize("share", [0.95])
def test_files_and_functions_stay_small(share: float) -> None:
    files = sorted(len(path.read_text().splitlines()) for path in PACKAGE.rglob("*.py"))
    functions = sorted(
        int(node.end_lineno or 0) - node.lineno + 1
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert files[int(len(files) * share) - 1] <= LONGEST_FILE
    assert functions[int(len(functions) * share) - 1] <= LONGEST_FUNCTION


def test_every_file_opens_with_its_idea() -> None:
    silent = [name for name, tree in TREES.items() if not ast.get_docstring(tree)]
    assert not silent


def test_siblings_are_really_told_apart() -> None:
    """The check itself can fail: two siblings that knew each other would be found."""
    siblings = list(itertools.permutations(LAYERS[1], 2))
    assert all(floor(f"mntui.{a}") >= floor(f"mntui.{b}") for a, b in siblings)
