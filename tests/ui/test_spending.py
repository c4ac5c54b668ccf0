from mntui.core.messages import AskSql
from mntui.ui.spending import DAYS, day_of, question, read

NOW = 1_800_000_000_000_000


def test_amounts_are_added_by_day_and_by_model_and_unknown_prices_are_counted() -> None:
    today = day_of(NOW)
    told = read(((today, "a/b", "0.250000", 0), (today - 1, "a/b", "1.5", 2), (today, None, None, 1)))
    assert told.days == {today: 250_000, today - 1: 1_500_000}
    assert told.models == {"a/b": 1_750_000, "unknown": 0}
    assert told.unknown == 3


def test_the_question_is_one_select_over_the_last_days() -> None:
    asked = question(NOW)
    assert isinstance(asked, AskSql)
    assert asked.query.startswith("SELECT ")
    assert f"INTERVAL '{719163 + NOW // 86_400_000_000 - DAYS} days'" in asked.query
