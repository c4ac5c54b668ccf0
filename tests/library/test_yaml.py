"""YAML 1.2 core as blueprints use it: what scalars are, where values stand, and that nothing makes the reader raise."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mntui.library.yaml import line_and_column, lines_of, parse_yaml, place_of


def value_of(text):
    parsed = parse_yaml(text.encode())
    assert parsed.problems == ()
    return parsed.root.value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("false", False),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("True", "True"),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("012", 12),
        ("-3", -3),
        ("0x1F", 31),
        ("0o17", 15),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.2", 1.2),
        ("1.2.0", "1.2.0"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2026-11-22", "2026-11-22"),
        ('"12"', "12"),
        ("'true'", "true"),
        ('"a\\tb"', "a\tb"),
        ("<<", "<<"),
    ],
)
def test_scalars_are_those_of_yaml_1_2_core(written, value):
    found = value_of(f"a: {written}\n")["a"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_text_as_they_are_written():
    assert list(value_of("true: 1\n5: 2\nnull: 3\n'x y': 4\n")) == ["true", "5", "null", "x y"]


def test_trailing_newlines_of_blocks_stay():
    assert value_of("a: |\n  text\nb: |-\n  text\n") == {"a": "text\n", "b": "text"}


PLACES = """\
a: {b: "one two"}
list:
  - x
  - key: 'value'
    block: |
      first
      second
"""


@pytest.mark.parametrize(
    ("where", "of_key", "offset", "place"),
    [
        (("a",), True, 0, (1, 1)),
        (("a",), False, 0, (1, 4)),
        (("a", "b"), True, 0, (1, 5)),
        (("a", "b"), False, 0, (1, 8)),
        (("a", "b"), False, 4, (1, 13)),
        (("list", 1, "key"), True, 0, (4, 5)),
        (("list", 1, "key"), False, 1, (4, 12)),
        (("list", 1, "block"), False, 8, (5, 12)),
        (("list", 0), False, 0, (3, 5)),
        (("list", 7), False, 0, (2, 1)),
        (("a", "missing", "deeper"), False, 0, (1, 1)),
        ((), False, 0, (1, 1)),
    ],
)
def test_every_key_and_value_has_its_place(where, of_key, offset, place):
    assert place_of(parse_yaml(PLACES.encode()).root, where, of_key=of_key, offset=offset) == place


def test_a_value_with_a_tag_or_an_anchor_is_still_read_so_that_other_problems_are_told_too():
    parsed = parse_yaml(b"a: !x 5\nb: &c text\nd: *c\n")
    assert [problem.code for problem in parsed.problems] == ["tag", "anchor", "alias"]
    assert parsed.root.value == {"a": "5", "b": "text", "d": None}


def test_of_two_equal_keys_the_first_is_kept():
    parsed = parse_yaml(b"a: 1\nb: {c: 1, c: 2}\na: 3\n")
    assert [(problem.line, problem.where) for problem in parsed.problems] == [(2, ("b", "c")), (3, ("a",))]
    assert parsed.root.value == {"a": 1, "b": {"c": 1}}


def test_lines_end_where_yaml_says():
    assert lines_of("a\r\nb\rc\nd\x85e\u2028f") == ["a", "b", "c", "d", "e", "f"]
    assert line_and_column("one\ntwo", 5) == (2, 2)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.binary(max_size=200), st.text(alphabet="ab:-[]{}?!&*<|>'\"%@`#,~ \n\t\\", max_size=80).map(str.encode))
)
def test_no_bytes_make_the_reader_raise(content):
    parsed = parse_yaml(content)
    assert parsed.root is not None or parsed.problems
    assert all(problem.line >= 1 and problem.column >= 1 and problem.remedy for problem in parsed.problems)
