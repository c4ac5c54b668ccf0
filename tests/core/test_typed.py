import pytest

from mntui.core.contracts.contracts import ContractProblem
from mntui.core.requests import Respond, Settle
from mntui.core.run import Ask
from mntui.core.typed import budget_answer, by_schema, editable, json_of, settlement


def ask(**fields: object) -> Ask:
    return Ask("run.1", fields.pop("kind", "approval"), "step", "", "?", 0, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "schema", "value"),
    [
        ("5", {"type": "string"}, "5"),
        ("5", {"type": "integer"}, 5),
        ("true", {"type": "boolean"}, True),
        ('["a"]', {"type": "array"}, ["a"]),
        ("5", None, 5),
        ("five", None, "five"),
    ],
)
def test_a_text_is_read_by_the_type_that_is_asked_for(text: str, schema: dict[str, str] | None, value: object) -> None:
    assert by_schema(text, schema) == value


def test_an_edited_value_keeps_the_type_that_it_has() -> None:
    fields = editable(ask(shown={"to": "7", "copies": 3}, edit=("to", "copies")))
    assert by_schema("8", fields["to"][1]) == "8"
    assert by_schema("8", fields["copies"][1]) == 8


@pytest.mark.parametrize("text", ["", "lots", "-1", "1e9"])
def test_a_budget_is_raised_by_an_amount_or_not_at_all(text: str) -> None:
    with pytest.raises(ContractProblem):
        budget_answer(ask(kind="budget", limit="usd"), text)


def test_a_budget_is_raised_in_its_own_unit_or_stopped() -> None:
    assert budget_answer(ask(kind="budget", limit="usd"), "$1.50") == Respond("run.1", {"raise_usd": 1.5})
    assert budget_answer(ask(kind="budget", limit="tokens"), "10000") == Respond("run.1", {"raise_tokens": 10000})
    assert budget_answer(ask(kind="budget", limit="usd"), "stop") == Respond("run.1", "stop")


def test_an_effect_in_doubt_is_settled_by_one_of_four_words() -> None:
    assert settlement(ask(kind="in_doubt"), 'happened {"id": 17}') == Settle("run.1", "happened", {"id": 17})
    assert settlement(ask(kind="in_doubt"), "not-happened") == Settle("run.1", "not-happened")
    with pytest.raises(ContractProblem):
        settlement(ask(kind="in_doubt"), "perhaps")


@pytest.mark.parametrize("text", ["NaN", "{", "nope", "9" * 30])
def test_what_is_no_json_is_said(text: str) -> None:
    with pytest.raises(ContractProblem):
        json_of(text)
