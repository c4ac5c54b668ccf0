"""An expression on a run: what a step would see, its type, and every way in which there is no value."""

import pytest
from bench import Bench

from mntui.core.evaluated import NoValue, Value, evaluated
from mntui.core.run import Run
from mntui.core.values import Json, Ref

WORK = """
inputs: {who: {type: string, default: ann}, owed: {type: integer, default: 20}}
tools: {post: {use: python.post, effect: keyed}}
steps:
  first: {set: {n: 3, names: ["a", "b"]}}
  each:
    for_each: "{{ first.names }}"
    as: letter
    steps: {shout: {set: {word: "{{ letter }}!"}}}
  post: {tool: post, with: {text: "{{ inputs.who }}"}}
  after: {set: {x: "{{ post.id }}"}}
  rare: {if: "inputs.owed > 100", set: {z: 1}}
"""


@pytest.fixture
def run() -> Run:
    return Bench(WORK, inputs={"who": "ann", "owed": 20}).run


@pytest.mark.parametrize(
    ("text", "place", "value", "kind"),
    [
        ("first.n + inputs.owed", "", 23, "integer"),
        ("first.names", "", ["a", "b"], "list"),
        ("each.results[1].output.shout.word", "", "b!", "string"),
        ("letter ~ index", "each[1]/shout", "b1", "string"),
        ("letter", "each[0]", "a", "string"),
        ("first.n > 2", "each[0]/shout", True, "boolean"),
        ("needs.post.status", "", "running", "string"),
        ("post.id | default('none yet')", "", "none yet", "string"),
        ("rare is not defined", "", True, "boolean"),
        ("none", "", None, "null"),
        ("run.spent_usd", "", 0.0, "number"),
        ("inputs", "", {"who": "ann", "owed": 20}, "map"),
    ],
)
def test_a_value_comes_with_its_type_as_the_place_sees_it(
    run: Run, text: str, place: str, value: Json, kind: str
) -> None:
    assert evaluated(run, text, place, {}) == Value(value, kind)


@pytest.mark.parametrize(
    ("text", "place", "code", "column", "said"),
    [
        ("1 + frist.n", "", "unknown_name", 5, "Did you mean `first`?"),
        ("letter", "", "unknown_name", 1, "nothing here is called `letter`"),
        ("shout.word", "", "unknown_name", 1, "It is a step inside each: add --at"),
        ("qqq", "each[0]/shout", "unknown_name", 1, "letter"),
        ("first.nmaes", "", "no_value", 1, "Did you mean `first.names`?"),
        ("post.id", "", "no_value", 1, "`post` has no output: it is running"),
        ("rare.z", "", "no_value", 1, "`rare` has no output: it is skipped"),
        ("first.n + 'x'", "", "no_value", 0, "string"),
        ("first.n +", "", "expression", 1, "expressions look like"),
        ("first.n | lenght", "", "expression", 11, "`length`"),
        ("{{ first.n }}", "", "expression", 1, "Write: first.n"),
        ("a {{ first.n }}", "", "expression", 3, "~"),
    ],
)
def test_what_gives_nothing_says_where_and_what_to_do(
    run: Run, text: str, place: str, code: str, column: int, said: str
) -> None:
    found = evaluated(run, text, place, {})
    assert isinstance(found, NoValue)
    assert (found.code, found.column) == (code, column), found
    assert said in f"{found.message} {found.remedy}"


def test_a_large_value_is_asked_for_only_where_it_is_read() -> None:
    bench = Bench(
        'inputs: {big: {type: string}}\nsteps: {a: {set: {t: "{{ inputs.big }}"}}, b: {set: {n: 1}}}',
        inputs={"big": "x" * 9000},
    )
    assert evaluated(bench.run, "b.n", "", {}) == Value(1, "integer")
    wanted = evaluated(bench.run, "a.t | length", "", {})
    assert isinstance(wanted, Ref)
    assert evaluated(bench.run, "a.t | length", "", {wanted.digest: {"t": "x" * 9000}}) == Value(9000, "integer")
