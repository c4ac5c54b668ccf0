"""Triggers: one cause each, a schedule of five fields, inputs that exist."""

import pytest

from mntui.core.compiling.compile import compile_blueprint


def codes(trigger):
    document = {
        "blueprint": "b",
        "inputs": {"day": {"type": "date", "default": "2026-01-01"}, "box": {"type": "path", "default": "x"}},
        "steps": {"a": {"set": {"x": 1}}},
        "triggers": {"t": trigger},
    }
    return [finding.code for finding in compile_blueprint(document, {}, {})[1]]


@pytest.mark.parametrize(
    "trigger",
    [
        {
            "schedule": "0 7 * * 1-5",
            "timezone": "Europe/Zurich",
            "jitter": "2m",
            "catch_up": "last",
            "overlap": "skip",
            "with": {"day": "{{ trigger.at }}"},
        },
        {"schedule": "*/5 0-12/2 1,15 jan-mar MON,5"},
        {"watch": "{{ inputs.box }}/*.csv", "debounce": "5s", "with": {"box": "{{ trigger.path }}"}},
        {"signal": "go"},
    ],
)
def test_triggers_of_the_format_are_accepted(trigger):
    assert codes(trigger) == []


@pytest.mark.parametrize(
    ("trigger", "code"),
    [
        ({}, "kind"),
        ({"signal": "go", "watch": "x"}, "kind"),
        ({"schedule": "0 7 * *"}, "schedule"),
        ({"schedule": "60 7 * * *"}, "schedule"),
        ({"schedule": "0 7 0 * *"}, "schedule"),
        ({"schedule": "0 12-7 * * *"}, "schedule"),
        ({"schedule": "*/0 7 * * *"}, "schedule"),
        ({"schedule": "0 7 * smarch *"}, "schedule"),
        ({"schedule": "0 99999999999999 * * *"}, "schedule"),
        ({"signal": "go", "timezone": "Europe/Zurich"}, "key"),
        ({"schedule": "0 7 * * *", "debounce": "5s"}, "key"),
        ({"signal": "go", "with": {"gone": 1}}, "reference"),
        ({"signal": "go", "with": {"day": "{{ trigger.gone }}"}}, "reference"),
        ({"signal": "go", "with": {"day": "{{ a.x }}"}}, "reference"),
        ({"watch": "{{ run.folder }}"}, "reference"),
        ({"signal": "go", "overlap": "maybe"}, "choice"),
    ],
)
def test_everything_else_is_a_problem(trigger, code):
    assert codes(trigger) == [code]
