"""Durations: text with units, larger units first."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mntui.core.contracts.durations import DURATION_PATTERN, ContractProblem, seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("24h", 86400),
        ("1s", 1),
        ("2m", 120),
        ("1h30m", 5400),
        ("500ms", 0.5),
        ("7d", 604800),
        ("0s", 0),
        ("1d2h3m4s5ms", 93784.005),
    ],
)
def test_a_duration_is_so_many_seconds(text, seconds):
    assert seconds_of(text) == seconds
    assert re.search(DURATION_PATTERN, text)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "5",
        "m",
        "1.5h",
        "30m1h",
        "1h1h",
        "1h 30m",
        " 1h",
        "1h\n",
        "-1h",
        "1H",
        "PT1H",
        "1w",
        "１h",
        "9999999999s",
        "999999999d",
        5,
        0.5,
        True,
        None,
        ["1h"],
        {"for": "1h"},
    ],
)
def test_what_is_no_duration_is_a_problem_with_a_remedy(value):
    with pytest.raises(ContractProblem) as problem:
        seconds_of(value)
    assert problem.value.remedy


@given(st.text(alphabet="0123456789dhms. "))
def test_random_text_is_a_duration_or_a_problem(text):
    with contextlib.suppress(ContractProblem):
        assert seconds_of(text) >= 0
