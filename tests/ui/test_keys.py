"""The one table of keys: ids, clashes, Help, remapping."""

from collections.abc import Iterator
from typing import Any

import pytest
from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.widgets import Input, TextArea

from mntui.ui.drawing.text import plain
from mntui.ui.going import Go
from mntui.ui.keys import FORM, GRAPH, JUMP, KEYS, LIST, PAGE, PALETTE, PANES, SURE, clashes, of_scope
from mntui.ui.screens.help import TITLES, help_page
from mntui.ui.screens.page import Page
from tests.ui.person import APPROVE, Person

SCREENS = {
    "home": (LIST, PAGE),
    "run": (LIST, GRAPH, PAGE),
    "approvals": (LIST, PAGE),
    "blueprint": (GRAPH, PAGE),
    "scorecard": (PAGE,),
    "doctor": (PAGE,),
}
MODALS = (FORM, SURE, JUMP, PALETTE)


def test_every_key_has_an_id_of_its_own_and_words() -> None:
    ids = [key.id for key in KEYS]
    assert len(ids) == len(set(ids))
    assert all(key.about.endswith(".") for key in KEYS)


@pytest.mark.parametrize("screen", SCREENS)
def test_no_two_keys_clash_on_a_screen(screen: str) -> None:
    for inner in SCREENS[screen]:
        places = of_scope(screen, inner, PANES)
        assert not clashes(places), clashes(places)
        beyond = [key for key in of_scope("app") if key.id != "app.back"]
        assert not clashes([*places, *beyond])


@pytest.mark.parametrize("modal", MODALS)
def test_no_two_keys_clash_in_a_modal(modal: str) -> None:
    assert not clashes(of_scope(modal))


def test_a_clash_would_be_found() -> None:
    assert clashes([KEYS[0], KEYS[0].__class__("other", KEYS[0].keys, "x", "x", "X.", ("home",))])


def test_every_key_is_in_help() -> None:
    shown = "\n".join(plain(line) for line in help_page(list(TITLES), 120))
    assert not [key.id for key in KEYS if key.id not in shown]
    assert {scope for key in KEYS for scope in key.scopes} == set(TITLES)


def test_only_keys_answer_and_all_answers_are_marked_as_such() -> None:
    assert {key.id for key in KEYS if key.answers} == {
        "answer.approve",
        "answer.reject",
        "answer.edit",
        "answer.editor",
        "approvals.mark",
        "sure.yes",
    }


async def test_every_binding_of_every_screen_is_in_the_table(person: Person) -> None:
    run = await person.started(APPROVE)
    await person.asks(run)
    known = {key.id for key in KEYS}
    async with person.before():
        for where in (None, Go("run", run), Go("approvals"), Go("blueprint", "bench"), Go("scorecard"), Go("doctor")):
            if where is not None:
                person.app.go(where)
                await person.until(
                    lambda w=where: isinstance(person.app.screen, Page) and person.app.screen.scope == w.place
                )
            strangers = [b for b in bound(person.app) if b.id not in known]
            assert not strangers, strangers


def bound(app: App[Any]) -> Iterator[Binding]:
    """The bindings of the app, its screen, and every widget on it but text fields, whose keys are the usual ones."""
    nodes: list[DOMNode] = [app, app.screen, *app.screen.query("*")]
    for node in nodes:
        if not isinstance(node, Input | TextArea):
            for bindings in node._bindings.key_to_bindings.values():
                yield from bindings


async def test_a_key_can_be_remapped_by_its_id(person: Person) -> None:
    async with person.before():
        person.app.set_keymap({"home.doctor": "f5"})
        await person.press("f5")
        await person.sees("the worker runs")


async def test_a_key_of_config_that_is_none_is_named_by_the_doctor(person: Person) -> None:
    person.keys = {"home.docter": "f5"}
    async with person.before():
        await person.press("D")
        await person.sees("there is no key home.docter")


async def test_help_shows_the_keys_of_the_screen_one_comes_from(person: Person) -> None:
    async with person.before():
        await person.press("question_mark")
        await person.sees("Enter and space never approve")
        assert (
            person.screen.index("home.new") < person.screen.index("Approvals") if "Approvals" in person.screen else True
        )
        await person.press("escape")
        await person.sees("1 blueprints")
