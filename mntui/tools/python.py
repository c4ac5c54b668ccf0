"""A blueprint's own tools.py, read without running it: its functions as tools, by their type hints and docstrings.

A blueprint is checked before it is trusted, so this file only parses. A top-level function is a tool unless its name
begins with `_`, or is another's name with `_reconcile` behind it. `idempotency_key` is handed in and no parameter; a
parameter typed `Path` is held against the rules for paths. A hint that isn't known allows anything.
Absent: effect classes (the blueprint declares them) and imported functions (they are no tools).
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from mntui.core.frozen import frozen
from mntui.core.plan import EffectClass, ToolSpec
from mntui.core.values import Json

KEY_PARAMETER = "idempotency_key"
LARGEST_FILE = 1024 * 1024

_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
_Function = ast.FunctionDef | ast.AsyncFunctionDef

_SCALARS: Final[Mapping[str, Mapping[str, Json]]] = MappingProxyType(
    {
        "str": MappingProxyType({"type": "string"}),
        "int": MappingProxyType({"type": "integer"}),
        "float": MappingProxyType({"type": "number"}),
        "bool": MappingProxyType({"type": "boolean"}),
        "None": MappingProxyType({"type": "null"}),
        "Path": MappingProxyType({"type": "string", "format": "path"}),
        "dict": MappingProxyType({"type": "object"}),
        "Dict": MappingProxyType({"type": "object"}),
        "Mapping": MappingProxyType({"type": "object"}),
        "list": MappingProxyType({"type": "array"}),
        "List": MappingProxyType({"type": "array"}),
        "Sequence": MappingProxyType({"type": "array"}),
    }
)


class ToolsFileProblem(ValueError):
    """Why a tools.py can't be read. `line` and `column` count from 1."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


@frozen
class PythonTool:
    """One function. `takes_key` and `reconciles` say which effect classes it can keep (keyed, reconcilable)."""

    spec: ToolSpec
    function: str
    line: int
    takes_key: bool
    reconciles: bool
    reconcile_takes_key: bool


def describe_python(path: str | Path) -> tuple[ToolSpec, ...]:
    """The specs of a tools.py, in file order, without running it. Raises ToolsFileProblem, OSError."""
    return tuple(tool.spec for tool in python_tools(path))


def describe_source(text: str) -> tuple[ToolSpec, ...]:
    """The same from the text of a tools.py. Raises ToolsFileProblem."""
    return tuple(tool.spec for tool in _tools_in(_parsed(text.encode(), "tools.py")))


def python_tools(path: str | Path) -> tuple[PythonTool, ...]:
    """The same, with what the effect classes need to know. Raises ToolsFileProblem, OSError."""
    return _tools_in(_parsed(Path(path).read_bytes(), Path(path).name))


def _tools_in(tree: ast.Module) -> tuple[PythonTool, ...]:
    functions = {node.name: node for node in tree.body if isinstance(node, _FUNCTION)}
    try:
        return tuple(_tool(name, functions) for name in functions if _is_tool(name, functions))
    except RecursionError:
        raise ToolsFileProblem("a type hint is nested too deeply") from None


def _parsed(source: bytes, name: str) -> ast.Module:
    if len(source) > LARGEST_FILE:
        raise ToolsFileProblem(f"the file has {len(source):,} bytes, the most is {LARGEST_FILE:,}")
    try:
        return ast.parse(source, filename=name)
    except SyntaxError as error:
        raise ToolsFileProblem(error.msg, error.lineno or 1, error.offset or 1) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise ToolsFileProblem(f"the file can't be parsed: {error}") from None


def _is_tool(name: str, functions: Mapping[str, _Function]) -> bool:
    base = name.removesuffix("_reconcile")
    return not name.startswith("_") and (base == name or base not in functions)


def _tool(name: str, functions: Mapping[str, _Function]) -> PythonTool:
    node = functions[name]
    parameters = {argument.arg: _schema(argument.annotation) for argument in _arguments(node)}
    for argument, default in _defaults(node):
        if argument in parameters:
            parameters[argument] = _with_default(parameters[argument], default)
    optional = {argument for argument, _ in _defaults(node)}
    reconcile = functions.get(f"{name}_reconcile")
    spec = ToolSpec(
        use=f"python.{name}",
        about=" ".join((ast.get_docstring(node) or "").partition("\n\n")[0].split()),
        parameters={
            "type": "object",
            "properties": parameters,
            "required": [argument for argument in parameters if argument not in optional],
            "additionalProperties": False,
        },
        result=_schema(node.returns),
        effect=None,
        paths={argument: "read" for argument, schema in parameters.items() if _holds_path(schema)},
        classes=_classes(takes_key=_takes_key(node), reconciles=reconcile is not None),
    )
    return PythonTool(
        spec,
        function=name,
        line=node.lineno,
        takes_key=_takes_key(node),
        reconciles=reconcile is not None,
        reconcile_takes_key=reconcile is not None and _takes_key(reconcile),
    )


def _classes(*, takes_key: bool, reconciles: bool) -> tuple[EffectClass, ...]:
    """The effect classes that the code can keep: without a key it isn't keyed, without a reconcile not reconcilable."""
    keyed: tuple[EffectClass, ...] = ("keyed",) if takes_key else ()
    reconcilable: tuple[EffectClass, ...] = ("reconcilable",) if reconciles else ()
    return ("none", *keyed, *reconcilable, "unsafe")


def _arguments(node: _Function) -> Iterator[ast.arg]:
    """What callers name. A function is called by names alone, so nothing else can be described."""
    given = node.args
    for kind, found in (("/", given.posonlyargs), ("*", given.vararg), ("**", given.kwarg)):
        if found:
            message = f"{node.name} takes parameters by `{kind}`; a tool's parameters each have a name"
            raise ToolsFileProblem(message, node.lineno, node.col_offset + 1)
    return (argument for argument in (*given.args, *given.kwonlyargs) if argument.arg != KEY_PARAMETER)


def _defaults(node: _Function) -> Iterator[tuple[str, ast.expr]]:
    given = node.args
    if given.defaults:
        named = [argument.arg for argument in given.args[-len(given.defaults) :]]
        yield from zip(named, given.defaults, strict=True)
    for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
        if default is not None:
            yield argument.arg, default


def _takes_key(node: _Function) -> bool:
    return any(argument.arg == KEY_PARAMETER for argument in (*node.args.args, *node.args.kwonlyargs))


def _with_default(schema: dict[str, Json], default: ast.expr) -> dict[str, Json]:
    if not isinstance(default, ast.Constant) or not isinstance(default.value, str | int | float | bool | None):
        return schema
    if default.value is None:
        return {"anyOf": [schema, {"type": "null"}]} if schema.get("type", "null") != "null" else schema
    return {**schema, "default": default.value}


def _holds_path(schema: Mapping[str, Json]) -> bool:
    inner = [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])]
    return schema.get("format") == "path" or any(_holds_path(part) for part in inner)


def _schema(hint: ast.expr | None) -> dict[str, Json]:
    """The JSON Schema of a type hint; {} (anything) where it can't be told."""
    match hint:
        case ast.Constant(value=None):
            return dict(_SCALARS["None"])
        case ast.Constant(value=str(text)):
            return _quoted_schema(text)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return dict(_SCALARS.get(name, {}))
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _any_of([left, right])
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return _generic(name, parts)
    return {}


def _quoted_schema(text: str) -> dict[str, Json]:
    try:
        return _schema(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}


def _generic(name: str, parts: list[ast.expr]) -> dict[str, Json]:
    readers: dict[str, Callable[[list[ast.expr]], dict[str, Json]]] = {
        "list": _array,
        "List": _array,
        "Sequence": _array,
        "dict": _map,
        "Dict": _map,
        "Mapping": _map,
        "Union": _any_of,
        "Optional": lambda inner: _any_of([*inner, ast.Constant(value=None)]),
        "Literal": _literal,
        "Annotated": _annotated,
    }
    return readers[name](parts) if name in readers else {}


def _array(parts: list[ast.expr]) -> dict[str, Json]:
    return {"type": "array", "items": _schema(parts[0])}


def _map(parts: list[ast.expr]) -> dict[str, Json]:
    return {"type": "object", "additionalProperties": _schema(parts[-1])}


def _any_of(parts: list[ast.expr]) -> dict[str, Json]:
    schemas = [_schema(part) for part in parts]
    return {} if {} in schemas else {"anyOf": schemas}


def _literal(parts: list[ast.expr]) -> dict[str, Json]:
    values = [part.value for part in parts if isinstance(part, ast.Constant)]
    return {"enum": values} if len(values) == len(parts) and all(_plain(value) for value in values) else {}


def _plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | bool)


def _annotated(parts: list[ast.expr]) -> dict[str, Json]:
    schema = _schema(parts[0])
    texts = [part.value for part in parts[1:] if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return {**schema, "description": texts[0]} if texts else schema
