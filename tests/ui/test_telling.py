from mntui.core.messages import Waiting, WorkerStatus
from mntui.core.run import Ask
from mntui.ui.overview import Overview
from mntui.ui.telling import asks_for_notice, notice, title

WORKER = WorkerStatus(7, "1", 1, 0, "/home", 0)


def waiting(number: int, question: str = "Send it?") -> Waiting:
    return Waiting("invoice-7f3k", "id", Ask(f"invoice-7f3k.{number}", "approval", "step", "", question, 0))


def test_the_title_says_how_many_wait() -> None:
    assert title(1) == "\x1b]0;◆1 mntui\x07"
    assert title(0) == "\x1b]0;mntui\x07"


def test_a_notice_names_the_run_and_nothing_in_it_can_speak_to_the_terminal() -> None:
    told = notice(waiting(1, "Send\x07\x1b]0;evil\x07 it; now?"), {})
    assert told.startswith("\x1b]9;invoice-7f3k waits for you: Send")
    assert told.count("\x1b") == told.count("\x07") == 1
    assert notice(waiting(1), {"VTE_VERSION": "7600"}).startswith("\x1b]777;notify;mntui;invoice-7f3k")


def test_a_notice_is_due_for_what_is_new_and_not_for_what_waited_at_the_opening() -> None:
    first, both = Overview((), (waiting(1),), WORKER), Overview((), (waiting(1), waiting(2)), WORKER)
    assert not asks_for_notice(Overview(), first)
    assert asks_for_notice(first, both)
    assert not asks_for_notice(both, first)
    assert asks_for_notice(first, Overview((), (waiting(2),), WORKER))
