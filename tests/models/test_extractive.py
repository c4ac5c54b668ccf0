"""The stand-in on the inputs that blueprints give it: invoices, tickets, routes, contracts, tools."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mntui.models.base import Message, ModelReply, ModelRequest, ToolAsk, ToolDeclaration
from mntui.models.extraction.reading import words
from mntui.models.extractive import Extractive

RECONCILED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "explanation": {"type": "string"},
        "next_step": {"enum": ["remind", "refund", "write_off", "check"]},
        "subject": {"type": "string"},
        "body": {"type": "string"},
    },
    "required": ["explanation", "next_step", "subject", "body"],
    "additionalProperties": False,
}
PARTIAL = {
    "invoice_id": "INV-17",
    "customer": "Acme Ltd",
    "amount": 120.0,
    "currency": "EUR",
    "paid": 100.0,
    "difference": 20.0,
    "kind": "partial payment",
    "due_date": "2026-10-31",
    "references": ["PAY-3"],
}
TICKET = (
    "From: Ann Lee <ann@x.org>\nTo: help@us.example\nSubject: Printer down\n\n"
    "Hello,\nour printer is down since Monday. We cannot work and need help asap. "
    "The order number is 4711.\nThanks, Ann"
)
READ = ToolDeclaration(
    "read", "Read a file.", {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
)


def request(arguments: Mapping[str, Any] | None, **more: Any) -> ModelRequest:
    instructions = more.pop("instructions", "")
    messages = more.pop("messages", (Message("system", instructions), Message("user", json.dumps(arguments))))
    role = more.pop("role", "executor")
    return ModelRequest("builtin/extractive", messages, role, "step", more.pop("turn", 1), arguments=arguments, **more)


async def reply(arguments: Mapping[str, Any] | None, **more: Any) -> ModelReply:
    return await Extractive().reply(request(arguments, **more), lambda _: None)


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


@pytest.mark.parametrize(
    ("text", "instructions", "route", "quoted"),
    [
        (TICKET, "", "urgent", "down"),
        (TICKET, "urgent: fire\nnormal: printer, order number", "normal", "printer"),
        ("You are the winner of a prize, click here to claim it.", "", "spam", "click here"),
        ("Where do I find the manual?", "", "normal", ""),
        ("This is not urgent. There is no outage.", "urgent: outage", "normal", ""),
        (
            "Please cancel my subscription.",
            "- **urgent** — cancel, leave\n- normal: everything else",
            "urgent",
            "cancel",
        ),
        ("It is about cheese.", "Pick urgent if the ticket speaks of cheese.", "urgent", "cheese"),
        ("Nothing matches here.", "spam: adverts\nOtherwise answer spam.", "spam", ""),
    ],
)
async def test_a_router_picks_the_nearest_route_and_quotes_what_spoke_for_it(
    text: str, instructions: str, route: str, quoted: str
) -> None:
    routes = ("urgent", "normal", "spam")
    answer = json.loads((await reply({"ticket": text}, routes=routes, role="router", instructions=instructions)).text)
    assert answer["route"] == route
    assert quoted in answer["reason"].lower()
    assert ("speaks for" in answer["reason"]) == (not quoted)


async def test_results_of_many_items_are_counted_and_listed() -> None:
    results = [
        {"index": 0, "item": "a.txt", "status": "succeeded", "error": None},
        {"index": 1, "item": "b.txt", "status": "failed", "error": "boom"},
    ]
    assert (await reply({"results": results}, role="aggregator")).text == (
        "Results: 2 (1 succeeded, 1 failed)\n"
        "- index 0, item a.txt, status succeeded\n"
        "- index 1, item b.txt, status failed, error boom"
    )


async def test_a_tool_is_called_once_where_the_arguments_hold_its_parameters_by_name() -> None:
    first = await reply({"path": "inbox/a.txt"}, tools=(READ,))
    assert (first.asks, first.finish, first.text) == (
        (ToolAsk("read", {"path": "inbox/a.txt"}, "step-1"),),
        "tools",
        "",
    )
    later = (
        Message("user", "read it"),
        Message("assistant", "", first.asks),
        Message("tool", json.dumps({"path": "inbox/a.txt", "text": TICKET}), call_id="step-1"),
    )
    second = await reply(
        {"path": "inbox/a.txt"}, tools=(READ,), messages=later, turn=2, contract=of(order_number={"type": "integer"})
    )
    assert (second.asks, json.loads(second.text)) == ((), {"order_number": 4711})


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        (READ, {"ticket": "inbox/a.txt"}),
        (READ, {"path": 7}),
        (READ, {"ticket": "path: inbox/a.txt\nand nothing else in it"}),
        (ToolDeclaration("clock", "", {"type": "object", "properties": {}}), {"path": "a"}),
        (ToolDeclaration("ask", "", {"type": "object", "properties": {"question": {"type": "string"}},
                                     "required": ["question"]}), {"question": "How many?"}),
    ],
    ids=["no such name", "wrong type", "only said in a text", "nothing to fill", "asking a person"],
)  # fmt: skip
async def test_no_tool_is_called_with_an_invented_value(tool: ToolDeclaration, arguments: Any) -> None:
    assert (await reply(arguments, tools=(tool,))).asks == ()


async def test_of_two_tools_the_one_that_the_arguments_fill_better_is_called() -> None:
    send = ToolDeclaration(
        "send",
        "",
        {
            "type": "object",
            "properties": {"path": {"type": "string"}, "to": {"type": "string"}},
            "required": ["path", "to"],
        },
    )
    assert (await reply({"path": "a", "to": "b@c.d"}, tools=(READ, send))).asks[0].tool == "send"
    assert (await reply({"path": "a"}, tools=(READ, send))).asks[0].tool == "read"


async def test_the_answer_arrives_as_pulses_that_add_up_to_it_and_its_usage_is_an_estimate() -> None:
    pulses: list[str] = []
    sent = request({"exception": PARTIAL}, contract=RECONCILED)
    answer = await Extractive().reply(sent, pulses.append)
    assert "".join(pulses) == answer.text
    assert 2 <= len(pulses) <= 4
    assert answer.usage.estimated
    assert answer.usage.output_tokens == -(-len(answer.text) // 4)
    assert answer.usage.input_tokens > 0


@pytest.mark.parametrize("max_tokens", [40, 80, 120, 300])
async def test_a_contract_is_shortened_into_its_tokens_and_stays_whole(max_tokens: int) -> None:
    long = {"notes": " ".join(f"Sentence {number} tells about the matter." for number in range(300))}
    contract = of(summary={"type": "string"}, amount={"type": "integer"})
    answer = await reply(long, contract=contract, max_tokens=max_tokens)
    assert answer.finish == "stop"
    assert len(answer.text) <= max_tokens * 4
    assert json.loads(answer.text)["summary"]


async def test_a_long_text_is_searched_at_its_beginning_but_copied_whole() -> None:
    text = "It is about cheese. " * 5000 + "The amount is 12.50 EUR."
    answer = await reply(
        {"text": text}, contract=of(text={"type": "string"}, amount={"type": "number"}), max_tokens=99_999
    )
    assert json.loads(answer.text) == {"text": text, "amount": 0}


async def test_what_is_said_after_an_answer_is_about_the_answer_and_not_input() -> None:
    messages = (Message("user", "Customer: Acme"), Message("assistant", "{}"), Message("user", "Customer: is missing"))
    answer = await reply(None, messages=messages, contract=of(customer={"type": "string"}))
    assert json.loads(answer.text) == {"customer": "Acme"}


async def test_the_users_message_is_read_where_there_are_no_arguments() -> None:
    messages = (Message("system", "Extract."), Message("user", "Amount: 12.50 EUR\nCustomer: Acme"))
    answer = await reply(None, messages=messages, contract=of(amount={"type": "number"}, customer={"type": "string"}))
    assert json.loads(answer.text) == {"amount": 12.5, "customer": "Acme"}


async def test_an_empty_input_says_so() -> None:
    assert (await reply({})).text == "The input is empty."
    assert (await reply(None, messages=())).text == "The input is empty."


def test_the_same_request_gets_the_same_answer_in_every_process() -> None:
    script = f"""
import asyncio, json
from mntui.models.base import Message, ModelRequest
from mntui.models.extractive import Extractive
row, contract, ticket = {PARTIAL!r}, {RECONCILED!r}, {TICKET!r}
requests = [
    ModelRequest("m", (), "executor", "s", 1, contract=contract, arguments={{"row": row, "ticket": ticket}}),
    ModelRequest("m", (), "router", "s", 1, routes=("a", "urgent", "b"), arguments={{"ticket": ticket}}),
    ModelRequest("m", (), "aggregator", "s", 1, arguments={{"ticket": ticket}}),
]
for request in requests:
    print(asyncio.run(Extractive().reply(request, lambda _: None)).text)
"""
    runs = {
        subprocess.run(
            [sys.executable, "-c", script], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "4242")
    }
    assert len(runs) == 1
    assert b"INV-17" in runs.pop()


_NAMES = st.sampled_from(
    ["amount", "customer", "body", "subject", "tags", "due_date", "is_open", "kind", "x", "to", "reason"]
)
_VOCABULARY = frozenset(
    words(
        "not stated and more the input is empty dear hello kind regards thank you for your message about wrote re "
        "reminder please pay missing too much amount tell us where to send refund check these values what they belong "
        "to reply if something here is right yes no none null true false says nothing in speaks one of routes"
    )
)
_SAMPLE = "Invoice INV-9 was paid late. The printer is down! Customer: Acme Amount: 12.50 due 2026-10-31\n\n no"
_PROSE = st.lists(
    st.sampled_from(
        [
            "Invoice",
            "INV-9",
            "was",
            "paid",
            "late.",
            "The",
            "printer",
            "is",
            "down!",
            "Customer:",
            "Acme",
            "Amount:",
            "12.50",
            "due",
            "2026-10-31\n\n",
            "no",
        ]
    ),
    max_size=25,
).map(" ".join)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(_NAMES, st.one_of(_PROSE, st.integers(0, 999), st.text(max_size=40)), min_size=1, max_size=4))
async def test_every_word_of_an_answer_is_in_the_input_or_in_a_small_vocabulary(arguments: dict[str, Any]) -> None:
    text = {"type": "string"}
    contract = of(
        explanation=text, subject=text, body=text, customer=text, tags={"type": "array", "items": text}, to=text
    )
    given_words = {*words(json.dumps(arguments, ensure_ascii=False)), *words(" ".join(map(str, arguments.values())))}
    given_words |= {word for key in arguments for word in key.split("_")}
    for more in ({"contract": contract}, {}, {"routes": ("urgent", "normal"), "role": "router"}):
        answer = (await reply(arguments, **more)).text
        said = json.loads(answer) if more else {"text": answer}
        texts = [entry for value in said.values() for entry in ([value] if isinstance(value, str) else value)]
        for word in words(" ".join(texts)):
            assert word in _VOCABULARY | given_words | {"urgent", "normal"}, (word, answer)
