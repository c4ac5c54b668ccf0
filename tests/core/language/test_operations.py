"""Bounds and comparisons of values, apart from any expression."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mntui.core.language.operations import (
    DEEPEST_VALUE,
    LARGEST_OUTPUT,
    ExpressionFailure,
    bounded,
    contains,
    describe,
    same,
)
from mntui.core.values import canonical

SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, 1.0, 1.5]) | st.text(max_size=2)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=1), inner, max_size=3)
)


def test_a_value_that_refers_to_itself_many_times_is_measured_without_being_built():
    value = ["x" * 100]
    for _ in range(60):
        value = [value, value]
    with pytest.raises(ExpressionFailure, match="1 MiB"):
        bounded(value)


def test_depth_has_a_limit():
    def nested(levels):
        value = 1
        for _ in range(levels):
            value = [value]
        return value

    assert bounded(nested(DEEPEST_VALUE - 1))
    with pytest.raises(ExpressionFailure, match="nested"):
        bounded(nested(DEEPEST_VALUE))


@given(JSON)
def test_what_is_bounded_has_a_canonical_form_that_fits(value):
    assert bounded(value) is value
    assert len(canonical(value)) <= LARGEST_OUTPUT


@given(JSON, JSON)
def test_sameness_is_symmetric_and_never_mixes_booleans_with_numbers(left, right):
    assert same(left, left)
    assert same(left, right) == same(right, left)
    if same(left, right):
        assert isinstance(left, bool) == isinstance(right, bool)
    assert contains([left], right) == same(left, right)


def test_a_value_is_described_by_its_type_in_the_words_of_contracts():
    described = [describe(value) for value in (None, True, 1, 1.5, "x", [1], {"a": 1})]
    assert described == [
        "null",
        "the boolean true",
        "the integer 1",
        "the number 1.5",
        "the string 'x'",
        "a list of 1",
        "a map of 1",
    ]
