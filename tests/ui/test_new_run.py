"""The form of a new run: what is left alone stays the blueprint's own, and each wrong text has a sentence."""

from pathlib import Path

import pytest

from mntui.core.messages import Start
from mntui.core.plan import BudgetPlan, InputPlan, Plan, RolePlan
from mntui.ui.forms import problem_of
from mntui.ui.given import ModelOffer
from mntui.ui.new_run import BUDGET, MODEL, new_run_form, start_of

NONE: dict[str, object] = {}
PLAN = Plan(
    "letter",
    "1",
    "Writes.",
    {
        "who": InputPlan("string", required=True),
        "times": InputPlan("integer", default=2, required=False),
        "file": InputPlan("path", default="data/a.csv", required=False),
        "tone": InputPlan("string", enum=("warm", "cold"), default="warm", required=False),
    },
    {"fast": RolePlan(("ollama/qwen3:4b",))},
    *({}, {}, {}, {}),
    (),
    {},
    {},
    BudgetPlan(500_000),
)
OFFERS = (ModelOffer("ollama/qwen3:4b", "local"), ModelOffer("openai/gpt-5.4-nano", "$0.05 in, $0.40 out"))
EMPTY = Start("letter", "/here", actor="person:ada")


def form(typed: dict[str, str] | None = None, cwd: Path = Path("/nowhere")) -> dict[str, str]:
    return {field.name: field.text for field in new_run_form(PLAN, OFFERS, typed or {}, cwd).fields}


def field(name: str, cwd: Path = Path("/nowhere")):  # type: ignore[no-untyped-def]  # a Field
    return next(each for each in new_run_form(PLAN, OFFERS, {}, cwd).fields if each.name == name)


def test_what_is_left_as_it_was_is_left_out() -> None:
    assert start_of(PLAN, EMPTY, {**form(), "who": "Ada"}) == Start(
        "letter", "/here", {"who": "Ada"}, actor="person:ada"
    )


def test_inputs_are_read_by_their_type_roles_and_budget_are_bound() -> None:
    texts = {**form(), "who": "Ada", "times": "5", MODEL + "fast": " openai/gpt-5.4-nano ", BUDGET: "$1.50"}
    start = start_of(PLAN, EMPTY, texts)
    assert (start.inputs, start.models, start.budget_micros) == (
        {"who": "Ada", "times": 5},
        {"fast": "openai/gpt-5.4-nano"},
        1_500_000,
    )


def test_what_was_typed_last_stands_there_again_and_still_counts_as_typed() -> None:
    texts = form({"who": "Bo", "times": "7", "gone": "x"})
    assert (texts["who"], texts["times"], texts["file"]) == ("Bo", "7", "data/a.csv")
    assert start_of(PLAN, EMPTY, texts).inputs == {"who": "Bo", "times": 7}


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("who", "", "it is needed"),
        ("times", "many", "write a whole number"),
        ("tone", "loud", "warm"),
        (MODEL + "fast", "qwen", "PROVIDER/NAME: for example: ollama/qwen3:4b"),
        (BUDGET, "much", "for example: 0.50"),
        (BUDGET, "0", "more than zero"),
    ],
)
def test_a_wrong_text_is_a_sentence_with_a_remedy(name: str, text: str, told: str) -> None:
    assert told in problem_of(field(name), text)


def test_a_model_is_completed_and_told_with_its_price() -> None:
    role = field(MODEL + "fast")
    assert role.complete("op") == "openai/gpt-5.4-nano"
    assert role.told("openai/gpt-5.4-nano") == "$0.05 in, $0.40 out"
    assert role.complete("") is None
    assert field("tone").complete("c") == "cold"


def test_a_path_is_completed_from_the_persons_folder(tmp_path: Path) -> None:
    (tmp_path / "bank").mkdir()
    (tmp_path / "bank" / "may.csv").write_text("")
    (tmp_path / ".hidden").write_text("")
    path = field("file", tmp_path)
    assert path.complete("b") == "bank/"
    assert path.complete("bank/m") == "bank/may.csv"
    assert path.complete("bank/may.csv") == "bank/may.csv"
    assert path.complete(".h") == ".hidden"
    assert path.complete("x") is None
    assert path.complete("no/such/folder/a") is None
    assert path.told("bank/may.csv") == str(tmp_path / "bank" / "may.csv")
    assert path.told("other.csv") == f"there is no {tmp_path / 'other.csv'}"
    assert path.told("data/a.csv") is None, "the default is seen from the blueprint's folder"


def test_a_stand_in_is_told_from_a_model() -> None:
    assert "stand-in" in (field(f"{MODEL}fast").told("builtin/extractive") or "")
    assert field(f"{MODEL}fast").told("ollama/qwen3:4b") == "local"
