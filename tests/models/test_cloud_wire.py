"""Messages as OpenAI's protocol has them."""

import pytest

from mntui.models.base import Message, ToolAsk, ToolDeclaration
from mntui.models.cloud_wire import wire_id, wire_messages, wire_tool


def test_a_call_and_its_result_carry_the_same_id_that_every_provider_takes() -> None:
    ask = ToolAsk("look", {"at": "é"}, "each[1]/a-1-1")
    call, result = wire_messages((Message("assistant", "", (ask,)), Message("tool", "a stone", call_id=ask.id)))
    assert call["content"] is None
    assert call["tool_calls"][0]["function"] == {"name": "look", "arguments": '{"at": "é"}'}
    assert call["tool_calls"][0]["id"] == result["tool_call_id"] == wire_id(ask.id)


@pytest.mark.parametrize("id_", ["call_abc-1", "toolu_01", "a"])
def test_an_id_that_fits_stays(id_: str) -> None:
    assert wire_id(id_) == id_


@pytest.mark.parametrize("id_", ["1.1", "x" * 41, "each[1]/a"])
def test_an_id_that_some_provider_refuses_is_replaced_by_its_digest(id_: str) -> None:
    assert wire_id(id_).startswith("call_")
    assert len(wire_id(id_)) <= 40
    assert wire_id(id_) == wire_id(id_) != wire_id(id_ + "x")


def test_a_tool_keeps_its_whole_schema() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}}
    assert wire_tool(ToolDeclaration("t", "Do.", schema))["function"]["parameters"] == schema
