import pytest

from mntui.tools.python import ToolsFileProblem, describe_python, python_tools

FILE = '''
from __future__ import annotations
from pathlib import Path
from typing import Annotated, Any, Literal, Optional
import os
os.environ["EXECUTED"] = "1"
raise SystemExit("never run by a check")

def send_reply(to: str, body: str, *, idempotency_key: str) -> dict:
    """Put a reply
    into the outbox.

    More for people.
    """

def send_reply_reconcile(to: str, body: str, *, idempotency_key: str) -> dict | None:
    """What happened under this key?"""

def read_all(paths: list[Path], where: Path, kind: Literal["a", 2] = "a", limit: int = 3) -> list[dict[str, float]]:
    pass

async def odd(a, b: Any, c: "str | None" = None, d: Optional[int] = None, e: Annotated[str, "what it is"] = "",
              f: SomeClass = None, g: int | SomeClass = 1, h: str = None, *, i: bool = True, j: dict[str, int]):
    pass

def lonely_reconcile(x: str): pass
def _private(): pass
class Thing:
    def method(self): pass
'''


@pytest.fixture
def described(world):
    return {spec.use: spec for spec in describe_python(world.tools(FILE))}


def properties(spec):
    return spec.parameters["properties"]


def test_functions_become_tools_in_file_order_and_the_file_is_not_run(described):
    assert list(described) == ["python.send_reply", "python.read_all", "python.odd", "python.lonely_reconcile"]


def test_type_hints_and_the_first_paragraph_are_what_models_see(described):
    spec = described["python.send_reply"]
    assert spec.about == "Put a reply into the outbox."
    assert spec.parameters == {
        "type": "object",
        "properties": {"to": {"type": "string"}, "body": {"type": "string"}},
        "required": ["to", "body"],
        "additionalProperties": False,
    }
    assert spec.result == {"type": "object"}
    assert spec.effect is None


def test_hints_are_read_as_schemas(described):
    path = {"type": "string", "format": "path"}
    spec = described["python.read_all"]
    assert properties(spec) == {
        "paths": {"type": "array", "items": path},
        "where": path,
        "kind": {"enum": ["a", 2], "default": "a"},
        "limit": {"type": "integer", "default": 3},
    }
    assert spec.paths == {"paths": "read", "where": "read"}
    assert spec.result == {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "number"}}}
    odd = properties(described["python.odd"])
    null = {"type": "null"}
    assert odd["a"] == {}
    assert odd["b"] == {}
    assert odd["c"] == {"anyOf": [{"type": "string"}, null]}
    assert odd["d"] == {"anyOf": [{"type": "integer"}, null]}
    assert odd["e"] == {"type": "string", "description": "what it is", "default": ""}
    assert odd["f"] == {}
    assert odd["g"] == {"default": 1}
    assert odd["h"] == {"anyOf": [{"type": "string"}, null]}
    assert odd["i"] == {"type": "boolean", "default": True}
    assert described["python.odd"].parameters["required"] == ["a", "b", "j"]


def test_what_the_effect_classes_need_is_known(world):
    first, second, *_ = python_tools(world.tools(FILE))
    assert (first.takes_key, first.reconciles, first.reconcile_takes_key) == (True, True, True)
    assert (second.takes_key, second.reconciles, second.reconcile_takes_key) == (False, False, False)
    assert first.line == 9


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("x = 1\ndef f(:\n", "invalid syntax", 2),
        ("\ndef f(*parts): pass\n", r"parameters by `\*`", 2),
        ("def f(**parts): pass\n", r"parameters by `\*\*`", 1),
        ("def f(a, /): pass\n", "parameters by `/`", 1),
        ("x = '\0'", "null", 1),
        ("x = " + "(" * 5000, "parentheses", 1),
        ("def f(x: " + "int | " * 2000 + "int): pass", "nested too deeply", 1),
        ("#" * (1024 * 1024 + 1), "bytes", 1),
    ],
)
def test_a_file_that_cannot_be_read_names_the_line(world, text, message, line):
    with pytest.raises(ToolsFileProblem, match=message) as caught:
        describe_python(world.tools(text))
    assert caught.value.line == line
