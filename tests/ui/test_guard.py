import pytest

from mntui.ui.guard import ALONE_SECONDS, DEAD_SECONDS, Guard


def watched(item: str = "one", at: float = 0.0) -> Guard:
    guard = Guard()
    guard.show(item, at)
    return guard


def pressed(guard: Guard, at: float) -> str:
    guard.key(at)
    return guard.deaf(at)


def test_a_lone_key_counts_once_the_item_has_stood_for_half_a_second() -> None:
    assert not pressed(watched(), DEAD_SECONDS)


@pytest.mark.parametrize("after", [0.0, 0.1, DEAD_SECONDS - 0.001])
def test_a_key_is_dead_while_the_item_has_only_just_appeared(after: float) -> None:
    assert "just appeared" in pressed(watched(), after)


def test_another_item_or_a_changed_one_begins_anew() -> None:
    guard = watched()
    guard.show("one, changed", 10.0)
    assert "just appeared" in pressed(guard, 10.4)
    assert not pressed(guard, 10.6)


def test_the_same_item_shown_again_begins_nothing_anew() -> None:
    guard = watched()
    guard.show("one", 10.0)
    assert not pressed(guard, 10.1)


def test_where_nothing_is_shown_nothing_is_decided() -> None:
    assert pressed(watched(""), 10.0)


def test_a_terminal_that_gets_the_focus_back_is_deaf_for_half_a_second() -> None:
    guard = watched()
    guard.blur()
    guard.focus(10.0)
    assert "come back" in pressed(guard, 10.3)
    assert not pressed(guard, 10.6)


def test_a_key_shows_that_a_blurred_terminal_has_the_focus_again() -> None:
    guard = watched()
    guard.blur()
    assert "come back" in pressed(guard, 10.0)
    assert not pressed(guard, 10.6)


def test_a_key_in_a_flood_is_dead_however_long_the_flood() -> None:
    guard = watched()
    pressed(guard, 10.0)
    for step in range(1, 100):
        assert "too fast" in pressed(guard, 10.0 + step * ALONE_SECONDS * 0.9)


def test_an_item_that_comes_back_before_the_eyes_has_just_appeared() -> None:
    guard = watched()
    guard.appeared(10.0)
    assert pressed(guard, 10.1)
