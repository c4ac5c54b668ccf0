"""Tokens counted by the bundled o200k: the same as tiktoken's own count, without building its encoder."""

import pytest
import tiktoken
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sizes import sized

from mntui.models.tokenizers import LONGEST_PIECE, Tokenizers, bundled
from mntui.models.tokens import estimate_tokens

TOKENIZERS = Tokenizers()


@pytest.fixture(scope="module")
def real(request):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_CACHE_DIR", str(bundled()))
        yield tiktoken.get_encoding("o200k_base")


@given(text=st.text(max_size=400))
@example(
    text="Dear Ms Roth,\n\n  invoice INV-2026-0136: CHF 1'045.00 open since 2026-03-28. Straße, naïve, 東京, 🙂🏽\r\n"
)
@settings(max_examples=sized(150, 5000), deadline=None)
def test_the_count_is_tiktokens(real, text):
    assert TOKENIZERS.count(text) == len(real.encode_ordinary(text))


def test_a_word_without_an_end_is_counted_in_pieces(real):
    text = "a" * (3 * LONGEST_PIECE)
    assert abs(TOKENIZERS.count(text) - len(real.encode_ordinary(text))) <= 3


@pytest.mark.parametrize(
    ("model", "own"),
    [
        ("openai/gpt-5.4-mini", True),
        ("openai/gpt-4o", True),
        ("openai/gpt-4-turbo", False),
        ("openai/gpt-4", False),
        ("anthropic/claude-sonnet-5-5", False),
        ("ollama/nemotron3:33b", False),
    ],
)
def test_it_is_a_models_own_only_where_it_is(model, own):
    assert TOKENIZERS.of(model)[1] is own


def test_where_none_is_bundled_everything_is_an_estimate(tmp_path):
    assert Tokenizers(tmp_path).of("openai/gpt-5.4") == (estimate_tokens, False)
