from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from world import Setting, World

from tests.ui.person import Person


@pytest.fixture
async def person(tmp_path: Path) -> AsyncIterator[Person]:
    setting = Setting(tmp_path / "home", World())
    setting.home.mkdir()
    worker = setting.worker()
    await worker.adopt()
    yield Person(setting, worker)
    await worker.drain(5)
    await worker.close()
    assert not setting.fatal


@pytest.fixture
def setting_of_nobody(tmp_path: Path) -> Setting:
    return Setting(tmp_path)
