import importlib.util
from pathlib import Path

import pytest
import tiktoken

from tests.models.aimock import installed


@pytest.fixture(scope="session")
def aimock_program(pytestconfig: pytest.Config) -> Path:
    assert pytestconfig.cache is not None
    return installed(pytestconfig.cache.mkdir("aimock"))


@pytest.fixture(scope="session")
def offline_encoding() -> tiktoken.Encoding:
    """A real tokenizer, from the file that litellm bundles."""
    found = importlib.util.find_spec("litellm")
    assert found is not None
    assert found.origin is not None
    folder = Path(found.origin).parent / "litellm_core_utils" / "tokenizers"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TIKTOKEN_CACHE_DIR", str(folder))
        return tiktoken.get_encoding("cl100k_base")
