"""Editing a blueprint in the person's editor; a shipped one is copied into the home first."""

from mntui.ui.editor import EditorProblem, edit_file, own_copy
from mntui.ui.screens.page import Page
from mntui.ui.shelf import Shelved


def edit_blueprint(page: Page, each: Shelved | None) -> None:
    if each is None:
        page.say("There is no blueprint under the cursor.")
        return
    try:
        edit_file(page.app, page.desk.given.editor, own_copy(each.found, page.desk.given.home))
    except EditorProblem as problem:
        page.say(str(problem), "bad")
