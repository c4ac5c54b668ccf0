from pathlib import Path

from mntui.library.find import Found
from mntui.ui.editor import own_copy
from mntui.ui.going import Go
from mntui.ui.screens.form import FormScreen
from tests.ui.person import Person

GOOD = "steps:\n  first: {set: {a: 1}}\n  second: {set: {b: '{{ first.a }}'}}\n"
BROKEN = "steps:\n  first: {set: {a: 1}}\n  second: {set: {b: '{{ frist.a }}'}}\n"


async def test_a_save_is_seen_and_a_broken_one_keeps_the_last_good_steps(person: Person) -> None:
    person.setting.blueprint(GOOD, "mine")
    async with person.before():
        person.app.go(Go("blueprint", "mine"))
        await person.sees("○ second")
        await person.sees("no problems")
        person.setting.blueprint(BROKEN, "mine")
        await person.sees("problem blueprint.yaml:4")
        await person.sees("those of the last version")
        await person.sees("○ second")
        person.setting.blueprint(GOOD.replace("second", "third"), "mine")
        await person.sees("○ third")
        await person.sees("no problems")


async def test_a_new_folder_is_found_and_a_broken_blueprint_says_where(person: Person) -> None:
    async with person.before():
        person.setting.blueprint(BROKEN, "later")
        await person.sees("later")
        await person.sees("1 problem")
        await person.press("g", "n")
        await person.sees("press b to see them")


async def test_n_on_a_blueprint_starts_a_run(person: Person) -> None:
    person.setting.blueprint(GOOD, "mine")
    async with person.before():
        person.app.go(Go("blueprint", "mine"))
        await person.sees("○ second")
        await person.press("n")
        await person.until(lambda: isinstance(person.app.screen, FormScreen))
        await person.press("ctrl+s")
        await person.sees("✓ succeeded")


async def test_e_without_an_editor_says_what_to_do(person: Person) -> None:
    person.setting.blueprint(GOOD, "mine")
    async with person.before():
        person.app.go(Go("blueprint", "mine"))
        await person.sees("○ second")
        await person.press("e")
        await person.sees("Set EDITOR")


def test_a_shipped_blueprint_is_copied_before_it_is_edited_and_only_once(tmp_path: Path) -> None:
    shipped = tmp_path / "package" / "letter"
    (shipped / "prompts").mkdir(parents=True)
    (shipped / "blueprint.yaml").write_text("one")
    (shipped / "prompts" / "a.md").write_text("hello")
    home = tmp_path / "home"
    own = own_copy(Found("letter", shipped, "shipped"), home)
    assert own == home / "blueprints" / "letter" / "blueprint.yaml"
    assert (own.parent / "prompts" / "a.md").read_text() == "hello"
    own.write_text("two")
    assert own_copy(Found("letter", shipped, "shipped"), home).read_text() == "two"
    assert (shipped / "blueprint.yaml").read_text() == "one"
