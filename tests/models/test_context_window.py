"""How much context a local model is asked for."""

import pytest

from mntui.models.base import ModelFailure
from mntui.models.context_window import Shape, bytes_per_token, fitting

GIGABYTE = 1 << 30


@pytest.mark.parametrize(
    ("needed", "held", "window"),
    [(10, 0, 4096), (4096, 0, 4096), (4097, 0, 8192), (10, 16384, 16384), (30000, 0, 30500)],
)
def test_it_grows_in_doubling_steps_up_to_the_limit_and_never_shrinks(needed: int, held: int, window: int) -> None:
    assert fitting(needed, Shape(30500), 32768, None, held) == window


@pytest.mark.parametrize(
    ("shape", "most", "memory", "said"),
    [
        (Shape(8192), 32768, None, "what the model can read is 8192"),
        (Shape(131072), 8192, None, "the setting of the largest context is 8192"),
        (Shape(131072, 131072, 4 * GIGABYTE), 65536, 6 * GIGABYTE, "what fits into memory is 6553"),
    ],
)
def test_a_call_that_cannot_fit_names_what_is_in_the_way(
    shape: Shape, most: int, memory: int | None, said: str
) -> None:
    with pytest.raises(ModelFailure) as raised:
        fitting(20000, shape, most, memory)
    assert (raised.value.kind, said in raised.value.message) == ("context", True), raised.value.message
    assert "Give the step less to read" in raised.value.remedy


def test_a_model_larger_than_memory_still_gets_the_smallest_context() -> None:
    assert fitting(100, Shape(131072, 131072, 40 * GIGABYTE), 32768, 8 * GIGABYTE) == 4096


def test_what_a_token_takes_is_read_off_the_shape_of_the_attention() -> None:
    info = {
        "general.architecture": "llama", "llama.block_count": 32, "llama.embedding_length": 4096,
        "llama.attention.head_count": 32, "llama.attention.head_count_kv": 8,
    }  # fmt: skip
    assert bytes_per_token(info) == 32 * 8 * (128 + 128) * 2
    assert bytes_per_token({**info, "llama.attention.key_length": 64, "llama.attention.value_length": 32}) == 49152
    assert bytes_per_token({}) is None
