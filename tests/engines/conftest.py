from collections.abc import Iterator
from pathlib import Path

import pytest

from mntui.settings import Settings
from tests.homes import home_below


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    with home_below(tmp_path) as settings:
        yield settings
