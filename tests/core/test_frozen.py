"""A frozen class behaves as a frozen dataclass with slots does."""

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, is_dataclass, replace

import pytest

from mntui.core.frozen import frozen


@frozen
class Point:
    """With a default of each kind."""

    x: int
    y: int = 2
    names: list[str] = field(default_factory=list)


@frozen
class Nothing:
    pass


@frozen
class One:
    value: int


@dataclass(frozen=True, slots=True)
class Dataclass:
    x: int
    y: int = 2
    names: list[str] = field(default_factory=list)


def test_it_is_made_shown_and_taken_apart_as_a_dataclass_is() -> None:
    point, other = Point(1, names=["a"]), Dataclass(1, names=["a"])
    assert repr(point).replace("Point", "Dataclass") == repr(other)
    assert asdict(point) == asdict(other)
    assert is_dataclass(point)
    assert [each.name for each in fields(point)] == [each.name for each in fields(other)]
    assert Point.__match_args__ == Dataclass.__match_args__
    assert replace(point, y=3) == Point(1, 3, ["a"])
    assert not hasattr(point, "__dict__")


def test_defaults_are_made_anew_for_each() -> None:
    assert Point(1).names == []
    assert Point(1).names is not Point(1).names


def test_equality_and_hash_are_of_the_class_and_its_values() -> None:
    assert Point(1) == Point(1, 2)
    assert Point(1) != Point(2)
    different: object = Point(1)
    assert One(1) != different
    assert Nothing() == Nothing()
    assert len({One(1), One(1), One(2), Nothing(), Nothing()}) == 3


@pytest.mark.parametrize("made", [Point(1, names=["a"]), One(1), Nothing()])
def test_copies_and_pickles_are_equal(made: object) -> None:
    assert copy.copy(made) == copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == made


def test_nothing_can_be_set_or_deleted() -> None:
    point = Point(1)
    with pytest.raises(FrozenInstanceError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del point.x
    with pytest.raises(FrozenInstanceError):
        point.other = 2  # type: ignore[attr-defined]


def test_a_missing_or_unknown_argument_is_refused() -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        Point()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        Point(1, z=1)  # type: ignore[call-arg]
