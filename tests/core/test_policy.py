"""What an action is called, so that it happens once."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from mntui.core.policy import EFFECT_NAMESPACE, effect_key


@given(st.text(), st.text(), st.integers(min_value=0), st.text())
def test_the_key_of_an_effect_is_the_uuid_of_its_place_by_name(run: str, path: str, generation: int, call: str) -> None:
    named = uuid.uuid5(EFFECT_NAMESPACE, f"{run}/{path}/{generation}/{call}")
    assert effect_key(run, path, generation, call) == str(named)
