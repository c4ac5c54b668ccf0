"""Counts without a tokenizer: one never too high, one hardly ever too low."""

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st

from mntui.models.tokens import estimate_tokens, least_tokens, most_tokens

TEXTS = [
    "The quick brown fox jumps over the lazy dog, again and again.",
    '{"invoice": "INV-1042", "amount": 1250.50, "due": "2026-03-31", "open": true}',
    "Rechnungsbetrag überfällig: bitte überweisen Sie den Betrag bis Ende März.",
    "支払い期限が過ぎています。至急ご確認ください。",
    "def fitting(needed, shape):\n    return min(max(window, held), limit)\n" * 5,
    "1,2,3\n4,5,6\n2026-01-01,17.25,CHF\n" * 10,
]


@pytest.mark.parametrize("text", TEXTS)
def test_the_bounds_hold_for_a_real_tokenizer(text: str, offline_encoding: tiktoken.Encoding) -> None:
    really = len(offline_encoding.encode(text))
    assert least_tokens(text) <= really <= most_tokens(text)


@given(st.text())
def test_the_bounds_are_in_order(text: str) -> None:
    assert least_tokens(text) <= most_tokens(text)
    assert (estimate_tokens(text) == 0) == (text == "")
