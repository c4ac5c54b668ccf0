"""Which words an expression may use, how filters and tests are called, and what to write instead of what isn't there.

Everything is checked when a blueprint is read: an unknown word or a wrong argument never waits for a run.
"""

import difflib
import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NoReturn, cast

from jinja2 import nodes

from mntui.core.language.filters import FILTERS, PRESENCE, TESTS
from mntui.core.language.grammar import ExpressionProblem
from mntui.core.language.reading import constant_key
from mntui.core.values import Json

_INSTEAD_OF_FILTER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "count": "write `| length`",
        "d": "write `| default(…)`",
        "e": "leave it out: nothing here is HTML",
        "escape": "leave it out: nothing here is HTML",
        "filter": "write `| select(…)` or `| selectattr(…)`",
        "format": "join text with `~`",
        "random": "an expression gives the same value every time; let a tool choose",
        "safe": "leave it out: nothing here is HTML",
        "strip": "write `| trim`",
        "tojson": "write `| json`",
    }
)
_INSTEAD_OF_CALL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "append": "write `a + [b]`",
        "endswith": "write `a[-3:] == 'xyz'`",
        "format": "join text with `~`",
        "get": "write `a.b | default(…)`",
        "len": "write `a | length`",
        "now": "there is no clock; `run.started_at` is when the run began",
        "range": "a `for_each` step counts its items as `index`",
        "startswith": "write `a[:3] == 'xyz'`",
        "str": "write `a | string`",
        "strip": "write `a | trim`",
    }
)


def refuse(message: str, remedy: str, token: str = "") -> NoReturn:
    raise ExpressionProblem(message, remedy, token=token)


def check_word(word: str, remedy: str) -> None:
    if word.startswith("_"):
        refuse(f"`{word}` is not allowed: names don't begin with `_`", remedy, word)


def known_test(name: str) -> Callable[..., bool]:
    test = TESTS.get(name) or PRESENCE.get(name)
    if test is None:
        refuse(f"there is no test `{name}`", _nearest(name, {**TESTS, **PRESENCE}), name.partition(".")[0])
    return test


def check_arguments(node: nodes.Filter | nodes.Test, apply: Callable[..., Json], what: str) -> None:
    signature = inspect.signature(apply)
    try:
        signature.bind(None, *node.args, **named_arguments(node))
    except TypeError as error:
        takes = ", ".join(str(each.replace(annotation=each.empty)) for each in [*signature.parameters.values()][1:])
        refuse(f"{what}: {error}", f"it takes ({takes})" if takes else "it takes nothing", node.name.partition(".")[0])


def named_arguments(node: nodes.Filter | nodes.Test) -> dict[str, nodes.Expr]:
    """The arguments written as `name=value`. Jinja types them as pairs too, which only its `dict` makes."""
    return {argument.key: argument.value for argument in cast("list[nodes.Keyword]", node.kwargs)}


def check_test_argument(node: nodes.Filter, position: int) -> None:
    if len(node.args) <= position:
        return
    given = constant_key(node.args[position])
    if given is None:
        refuse(f"`{node.name}` takes the name of a test as text", "write it in quotes: 'eq'", node.name)
    test = nodes.Test(nodes.Const(None), given, node.args[position + 1 :], [], None, None)
    check_arguments(test, known_test(given), f"the test `{given}`")


def refuse_call(called: nodes.Node) -> NoReturn:
    """Calls by name: of a method, of a function, of anything else."""
    if isinstance(called, nodes.Getattr):
        name, what = called.attr, f"methods can't be called: `.{called.attr}(…)`"
    elif isinstance(called, nodes.Name):
        name, what = called.name, f"functions can't be called: `{called.name}(…)`"
    else:
        name, what = "(", "a value can't be called"
    filtered = (
        f"write `a | {name}`" if name in FILTERS or name == "default" else "use a filter (`a | length`) or a tool"
    )
    refuse(what, _INSTEAD_OF_CALL.get(name, filtered), name)


def refuse_filter(name: str) -> NoReturn:
    if "." in name:
        first, rest = name.split(".", 1)
        refuse(f"`{name}` is no filter", f"write `(… | {first}).{rest}`", first)
    remedy = _INSTEAD_OF_FILTER.get(name) or _nearest(name, {**FILTERS, "default": None})
    refuse(f"there is no filter `{name}`", remedy, name)


def _nearest(name: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean `{near[0]}`?" if near else f"known: {', '.join(sorted(known))}"
