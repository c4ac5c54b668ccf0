"""What an expression may look like: Jinja's own parser behind a gate that counts tokens first.

The gate bounds length, brackets and nesting before Jinja's recursive parser runs, so a hostile text gives a problem
quickly and never exhausts the stack. It also finds where `{{ … }}` ends, since Jinja would normalise newlines and drop
a trailing one in the text around it.

Deliberately absent: statements, comments, whitespace control, `*`, `**` and `%` (one of them builds 500 MB in a line).
Which names, filters and tests exist is decided by `evaluation`; what values do is in `operations` and `filters`.
"""

import re
from collections.abc import Iterator

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.parser import Parser

from mntui.core.frozen import frozen

LONGEST_EXPRESSION = 4096
MOST_EXPRESSIONS = 1000
DEEPEST_BRACKETS = 16
MOST_PREFIXES = 64
DEEPEST_TREE = 80
MOST_DIGITS = 400

RESERVED = frozenset({"and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"})
"""Words that can't name a step, an item or an input in an expression."""

_TEXT = r"""'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*\""""
_TOKEN = re.compile(rf"(?P<space>\s+)|{_TEXT}|\w+|\*\*|//|[=!<>]=|&&|\|\||[-+*/%~|.,:;()\[\]{{}}<>=]", re.DOTALL)
_MARK = re.compile(r"\{\{|\{%|\{#")
_ESCAPE = re.compile(r"""\\(?:[\\'"nrtbf]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U000[0-9a-fA-F]{5}|U0010[0-9a-fA-F]{4})""")
_CROWDED_TEST = re.compile(r"is\s+(?:not\s+)?(?!not\b)\w+\s+(if|in|is)\b")
_CLOSES = {"(": ")", "[": "]", "{": "}"}
_ENVIRONMENT = Environment(autoescape=False)  # noqa: S701 - only its lexer is used, nothing is rendered by Jinja

_FORBIDDEN = {
    "*": ("multiplication (`*`)", "compute it in a tool, or write the number"),
    "**": ("a power (`**`)", "compute it in a tool, or write the number"),
    "%": ("`%`", "test a remainder with `is divisibleby(n)`, join text with `~`"),
    "&&": ("`&&`", "write `and`"),
    "||": ("`||`", "write `or`"),
    ";": ("`;`", "an expression is one value"),
}


@frozen
class Reference:
    """A name that an expression reads, as far as its path is static: ("draft", "to")."""

    path: tuple[str, ...]


class ExpressionProblem(ValueError):
    """Why a text can't be an expression or a template. `offset` counts characters of that text; `where` leads to it.

    `where` holds the keys and positions within the checked value; `token` is the word that the message is about.
    """

    def __init__(
        self,
        message: str,
        remedy: str = "",
        offset: int | None = None,
        *,
        where: tuple[str | int, ...] = (),
        token: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.offset = offset
        self.where = where
        self.token = token

    def moved(self, by: int) -> "ExpressionProblem":
        """The same problem, told for a text in which the expression begins `by` characters later."""
        return ExpressionProblem(self.message, self.remedy, (self.offset or 0) + by, where=self.where, token=self.token)

    def inside(self, key: str | int) -> "ExpressionProblem":
        """The same problem, told for a list or map that holds the text under `key`."""
        return ExpressionProblem(self.message, self.remedy, self.offset, where=(key, *self.where), token=self.token)


@frozen
class Span:
    """An expression within a template: its text without the braces, and where that text begins."""

    source: str
    start: int


def has_template(text: str) -> bool:
    """Whether a text holds anything that a template would read as more than text."""
    last_comment = text.rfind("#}")
    return any(mark.group() != "{#" or mark.end() <= last_comment for mark in _MARK.finditer(text))


def split_template(text: str) -> tuple[str | Span, ...]:
    """A template's parts in order, its text untouched. Raises ExpressionProblem."""
    parts: list[str | Span] = []
    done = 0
    last_comment = text.rfind("#}")
    while (opened := _next_opening(text, done, last_comment)) is not None:
        if opened > done:
            parts.append(text[done:opened])
        closed = _closing(text, opened + 2)
        parts.append(Span(text[opened + 2 : closed], opened + 2))
        if len(parts) > 2 * MOST_EXPRESSIONS:
            raise ExpressionProblem(
                f"one text holds more than {MOST_EXPRESSIONS} expressions", "pass a list or a map instead", opened
            )
        done = closed + 2
    if done < len(text):
        parts.append(text[done:])
    return tuple(parts)


def parse(source: str) -> nodes.Expr:
    """The tree of one bare expression, bounded in every direction. Raises ExpressionProblem."""
    _check_tokens(source)
    try:
        parser = Parser(_ENVIRONMENT, source, state="variable")
        tree = parser.parse_expression()
        rest = parser.stream.current
    except TemplateSyntaxError as error:
        raise ExpressionProblem(f"`{_short(source)}` can't be read: {error.message}", _LOOK, 0) from error
    except RecursionError as error:
        raise _too_deep(0) from error
    if rest.type != "eof":
        raise _leftover(source, str(rest.value))
    _check_depth(tree)
    return tree


def offset_of(source: str, word: str) -> int:
    """Where a word first stands as a token of its own, else 0."""
    return next((offset for offset, token in _tokens(source, 0) if token == word), 0)


_LOOK = "expressions look like `draft.to`, `each.failed == 0` or `inputs.tone | default('brief')`"


def _next_opening(text: str, start: int, last_comment: int) -> int | None:
    """Where the next `{{` stands; statements and comments before it are refused."""
    for mark in _MARK.finditer(text, start):
        if mark.group() == "{{":
            if text.startswith("-", mark.end()):
                raise ExpressionProblem(
                    "`{{-` is not allowed: text around an expression stays as it is",
                    "write `{{ -1 }}`, with a space, for a negative number",
                    mark.start(),
                )
            return mark.start()
        if mark.group() == "{%":
            raise ExpressionProblem(
                "statements (`{% … %}`) are not allowed",
                "choose a value by `{{ a if b else c }}`; repeat with a `for_each` step; write the text as "
                '`{{ "{%" }}` if it is meant literally',
                mark.start(),
            )
        if mark.end() <= last_comment:
            raise ExpressionProblem(
                "comments (`{# … #}`) are not allowed", 'use a YAML comment, or `{{ "{#" }}` for the text', mark.start()
            )
    return None


def _closing(text: str, start: int) -> int:
    """Where the `}}` stands that ends the expression beginning at `start`."""
    depth = 0
    previous = ""
    for offset, token in _tokens(text, start):
        if offset - start > LONGEST_EXPRESSION:
            break
        if token in _CLOSES:
            depth += 1
        elif token in _CLOSES.values():
            if depth == 0 and text.startswith("}}", offset):
                if previous == "-":
                    raise ExpressionProblem("`-}}` is not allowed: text stays as it is", "write `}}`", offset - 1)
                return offset
            if depth == 0:
                raise _closes_nothing(token, offset)
            depth -= 1
        previous = token
    raise ExpressionProblem(
        f"`{{{{` is not closed by `}}}}` within {LONGEST_EXPRESSION} characters",
        'close it, or write `{{ "{{" }}` if the braces are meant literally',
        start - 2,
    )


def _tokens(text: str, start: int) -> Iterator[tuple[int, str]]:
    position = start
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            character = text[position]
            if character in "'\"":
                raise ExpressionProblem(f"the text after {character} is not closed", f"add {character}", position)
            remedy = "write `not`" if character == "!" else _LOOK
            raise ExpressionProblem(f"`{character}` is not allowed in an expression", remedy, position)
        if match["space"] is None:
            yield position, match.group()
        position = match.end()


def _check_tokens(source: str) -> None:
    if len(source) > LONGEST_EXPRESSION:
        raise ExpressionProblem(
            f"an expression may have {LONGEST_EXPRESSION} characters, this one has {len(source)}",
            "split it with a `set` step",
            0,
        )
    expected: list[str] = []
    prefixes = 0
    before = (-1, "")
    for offset, word in _tokens(source, 0):
        _check_token(source, offset, word)
        if word == "{" and before == (offset - 1, "{"):
            raise ExpressionProblem("this is an expression already: no `{{` here", _mended(source), offset - 1)
        if word in _CLOSES:
            expected.append(_CLOSES[word])
        elif word in _CLOSES.values() and (not expected or expected.pop() != word):
            raise _closes_nothing(word, offset)
        prefixes += word in ("not", "else", "-", "+")
        if len(expected) > DEEPEST_BRACKETS or prefixes > MOST_PREFIXES:
            raise _too_deep(offset)
        before = (offset, word)
    if before[1] == "":
        raise ExpressionProblem("the expression is empty", _LOOK, 0)
    if expected:
        raise ExpressionProblem(f"a `{expected[-1]}` is missing", f"add `{expected[-1]}`", before[0])


def _check_token(source: str, offset: int, word: str) -> None:
    if word in _FORBIDDEN:
        what, remedy = _FORBIDDEN[word]
        raise ExpressionProblem(f"{what} is not allowed", remedy, offset)
    if word[0] in "'\"":
        if "\\" in word and "\\" in _ESCAPE.sub("", word):
            raise ExpressionProblem(
                f"an escape in {_short(word)} is not allowed", r"\\ \' \" \n \r \t \b \f \xhh \uhhhh are", offset
            )
    elif word[0].isdigit() and (len(word) > MOST_DIGITS or not word.isascii()):
        raise ExpressionProblem(f"`{_short(word)}` is no number here", "write ASCII digits, or text", offset)
    elif word == "is":  # Jinja would read the `if` of `x is defined if y else z` as the test's argument.
        match = _CROWDED_TEST.match(source, offset)
        if match:
            raise ExpressionProblem(
                f"`{match[1]}` can't follow a test directly", f"write `(… is …) {match[1]} …`", offset
            )


def _check_depth(tree: nodes.Node) -> None:
    level = [tree]
    for _ in range(DEEPEST_TREE):
        level = [child for node in level for child in node.iter_child_nodes()]
        if not level:
            return
    raise _too_deep(0)


def _too_deep(offset: int) -> ExpressionProblem:
    return ExpressionProblem("the expression is nested too deeply", "split it with a `set` step", offset)


def _closes_nothing(token: str, offset: int) -> ExpressionProblem:
    return ExpressionProblem(f"`{token}` closes nothing", "take it out, or open it before", offset)


def _leftover(source: str, rest: str) -> ExpressionProblem:
    remedy = "compare with `==`" if rest == "=" else "write a list as `[a, b]`" if rest == "," else _LOOK
    return ExpressionProblem(f"`{_short(rest)}` is not expected there", remedy, offset_of(source, rest))


def _mended(source: str) -> str:
    """The remedy for braces in a bare expression: the same line without them."""
    kept = re.sub(rf"({_TEXT})|\{{\{{\s*|\s*\}}\}}", lambda match: match[1] or "", source)
    return f"write `{kept.strip()}`"


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
