from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pytest

from mntui.wire.codec import decode, encode
from mntui.wire.layout import layout_of


@dataclass(frozen=True, slots=True)
class Untagged:
    a: int


@dataclass(frozen=True, slots=True)
class Tree:
    name: str
    leaves: tuple["Tree", ...] = ()
    names: Mapping[str, "Tree"] = field(default_factory=dict)
    kind: Literal["Tree"] = "Tree"


@dataclass(frozen=True, slots=True)
class OtherTree:
    kind: Literal["Tree"] = "Tree"


def test_a_class_may_hold_itself():
    tree = Tree("a", (Tree("b", (Tree("c"),)),), {"d": Tree("e")})
    assert decode(Tree, encode(tree)) == tree


def test_a_union_without_a_tag_has_no_layout():
    with pytest.raises(TypeError, match="kind or op"):
        layout_of(Tree | Untagged)


def test_a_union_of_two_with_the_same_tag_has_no_layout():
    with pytest.raises(TypeError, match="the same kind"):
        layout_of(Tree | OtherTree)


@pytest.mark.parametrize("form", [set[int], dict[int, str], bytes, tuple[int, str], Mapping[int, str]])
def test_a_type_that_json_has_no_place_for_has_no_layout(form: object):
    with pytest.raises(TypeError, match="no layout"):
        layout_of(form)
