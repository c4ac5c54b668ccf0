"""`mntui demo`: what it says where there is no terminal, and that it touches nothing of the person's."""

from pathlib import Path

from mntui.cli.demo import names


def test_without_a_terminal_it_says_how_to_see_it_and_how_to_prove_it(shell):
    told = shell("demo")
    assert told.code == 0
    assert "mntui demo invoice-reconcile" in told.out
    assert "mntui replay" in told.out


def test_every_recording_is_listed_and_replays_the_same(shell):
    listed = shell("demo", "--json").json
    assert [each["id"] for each in listed] == names()
    for each in listed:
        assert Path(each["file"]).is_file()
        replayed = shell("replay", each["file"])
        assert (replayed.code, replayed.err) == (0, "")


def test_an_unknown_recording_is_refused_with_the_names_there_are(shell):
    told = shell("demo", "nothing")
    assert told.code == 3
    assert "invoice-reconcile" in told.err
