"""Findings as people and programs read them."""

from mntui.library.report import Notice, count_text, report_json, report_text

NOTICE = Notice(
    severity="problem",
    file="b/blueprint.yaml",
    line=3,
    column=7,
    code="key",
    message="`wiht` is not a key of a step",
    expected="with",
    remedy="Did you mean `with`?",
    where=("steps", "a", "wiht"),
    source="\t  a: {wiht: 1}",
)


def test_the_source_line_is_shown_with_a_caret_under_the_place():
    assert report_text([NOTICE]).split("\n") == [
        "b/blueprint.yaml:3:7  problem  `wiht` is not a key of a step — Did you mean `with`?",
        "    \t  a: {wiht: 1}",
        "    \t     ^",
    ]


def test_a_long_source_line_is_cut_around_the_place():
    notice = Notice("warning", "f", 1, 5000, "c", "m", "e", "r", (), "x" * 4999 + "HERE" + "x" * 5000)
    _, source, caret = report_text([notice]).split("\n")
    assert len(source) <= 124
    assert source[caret.index("^") :].startswith("HERE")


def test_json_has_the_key_as_people_write_it():
    told = report_json(NOTICE)
    assert told["key"] == "steps.a.wiht"
    assert {"severity", "code", "message", "expected", "remedy", "file", "line", "column"} <= told.keys()


def test_findings_are_counted_by_severity():
    warning = Notice("warning", "f", 1, 1, "c", "m", "e", "r")
    assert count_text([NOTICE, NOTICE, warning]) == "2 problems, 1 warning"
    assert count_text([]) == "no problems"
