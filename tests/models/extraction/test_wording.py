"""Explanations, letters and subjects on the rows and tickets that blueprints give: each cites its own values."""

from collections.abc import Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mntui.models.extraction.filling import fill
from mntui.models.extraction.reading import source_of

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

LEDGER = {
    "side": "invoice",
    "row": 4,
    "id": "INV-17",
    "party": "Acme Ltd",
    "category": "partial",
    "why": "only a part was paid",
    "date": "2026-09-30",
    "due": "2026-10-31",
    "currency": "EUR",
    "amount": "1250.00",
    "paid": "1000.00",
    "open": "250.00",
    "difference": "0.00",
    "matched": "PAY-3",
    "duplicate_of": "",
    "reference": "",
    "email": "pay@acme.example",
    "remind": True,
    "days_late": 22,
}


def filled(arguments: Mapping[str, Any], contract: Mapping[str, Any], instructions: str = "") -> Any:
    answer = fill(contract, source_of(dict(arguments), instructions), 2000)
    Draft202012Validator(dict(contract)).validate(answer)
    return answer


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def exception(**changes: Any) -> Any:
    return filled({"exception": {**PARTIAL, **changes}}, RECONCILED)


def ledger(**changes: Any) -> Any:
    return filled({"exception": {**LEDGER, **changes}}, RECONCILED)


def test_an_invoice_paid_in_part_is_explained_from_its_own_values_and_reminded() -> None:
    told = (
        "partial payment. Amount 120.00 EUR, paid 100.00 EUR: 20.00 EUR missing. Due date 2026-10-31, references PAY-3."
    )
    assert exception() == {
        "explanation": f"Invoice INV-17 (Acme Ltd): {told}",
        "next_step": "remind",
        "subject": "Reminder: invoice INV-17, 20.00 EUR missing",
        "body": f"Dear Acme Ltd,\n\nInvoice INV-17: {told}\n\nPlease pay the missing 20.00 EUR.\n\nKind regards",
    }


def test_an_invoice_paid_twice_is_refunded() -> None:
    answer = exception(paid=240.0, difference=-120.0, kind="duplicate", references=["PAY-4", "PAY-9"])
    assert (answer["next_step"], answer["explanation"]) == (
        "refund",
        (
            "Invoice INV-17 (Acme Ltd): duplicate. Amount 120.00 EUR, paid 240.00 EUR: 120.00 EUR too much. "
            "Due date 2026-10-31, references PAY-4 and PAY-9."
        ),
    )


def test_a_payment_that_fits_nothing_is_checked_and_empty_values_are_left_out() -> None:
    row = {"invoice_id": None, "customer": "Gamma", "amount": "55.50", "currency": "CHF", "paid": None}
    more = {"payment_id": "PAY-7", "kind": "unmatched payment", "reference": "thanks for the lunch"}
    answer = filled({"row": {**row, **more}}, RECONCILED)
    assert (answer["next_step"], answer["explanation"]) == (
        "check",
        "Payment PAY-7 (Gamma): unmatched payment. Amount 55.50 CHF, reference “thanks for the lunch”.",
    )


@pytest.mark.parametrize(
    ("row", "step", "explanation"),
    [
        (
            {"invoice_id": "INV-3", "amount": 9.99, "paid": 9.98, "difference": 0.01, "kind": "rounding difference"},
            "write_off",
            "Invoice INV-3: rounding difference. Amount 9.99, paid 9.98: 0.01 missing.",
        ),
        (
            {"invoice": "INV-4", "customer": {"name": "Delta", "email": "d@d.example"}, "amount": 80, "paid": 0},
            "remind",
            "Invoice INV-4 (Delta). Amount 80, paid 0.",
        ),
        (
            {"invoice_id": "INV-5", "customer": "Eps", "amount": 100, "paid": 130, "difference": 7},
            "refund",
            "Invoice INV-5 (Eps). Amount 100, paid 130. Difference 7.",
        ),
    ],
    ids=["rounding", "underpaid without a kind", "a difference that doesn't add up is only cited"],
)
def test_each_kind_of_exception_gets_its_next_step(row: Any, step: str, explanation: str) -> None:
    answer = filled({"row": row}, RECONCILED)
    assert (answer["next_step"], answer["explanation"]) == (step, explanation)


@pytest.mark.parametrize(
    ("remind", "days_late", "step", "late"), [(True, 22, "remind", ", 22 days late"), (False, 0, "check", "")]
)
def test_a_flag_named_after_a_label_decides(remind: bool, days_late: int, step: str, late: str) -> None:
    answer = ledger(remind=remind, days_late=days_late)
    assert (answer["next_step"], answer["explanation"]) == (
        step,
        (
            "Invoice INV-17 (Acme Ltd): partial – only a part was paid. Amount 1250.00 EUR, paid 1000.00 EUR: "
            f"250.00 EUR open. Date 2026-09-30, due 2026-10-31, matched PAY-3{late}."
        ),
    )


def test_a_repeated_payment_is_refunded_and_a_repeated_invoice_checked() -> None:
    gone = dict.fromkeys(("due", "paid", "open", "difference", "matched"), "")
    changes = {**gone, "category": "duplicate", "duplicate_of": "PAY-3", "remind": False, "days_late": 0}
    answer = ledger(**changes, side="payment", id="PAY-7", why="it repeats payment PAY-3")
    assert (answer["next_step"], answer["explanation"]) == (
        "refund",
        (
            "Payment PAY-7 (Acme Ltd): duplicate – it repeats payment PAY-3. "
            "Date 2026-09-30, amount 1250.00 EUR, duplicate of PAY-3."
        ),
    )
    assert ledger(**changes)["next_step"] == "check"


def test_a_rule_given_beside_the_row_is_quoted_and_the_rows_own_words_are_not_repeated() -> None:
    rules = "Be kind to everybody. A partial payment gets one reminder after ten days."
    told = filled({"row": PARTIAL, "rules": rules}, RECONCILED)["explanation"]
    assert told.endswith("references PAY-3. “A partial payment gets one reminder after ten days.”")
    why = "its partial reference names no invoice, but the amount fits"
    assert ledger(why=why)["explanation"].count(why) == 1


def test_a_letter_speaks_to_the_customer_and_leaves_out_what_is_ours() -> None:
    assert ledger()["body"] == (
        "Dear Acme Ltd,\n\nInvoice INV-17: partial – only a part was paid. Amount 1250.00 EUR, paid 1000.00 EUR: "
        "250.00 EUR open. Date 2026-09-30, due 2026-10-31, 22 days late.\n\n"
        "Please pay the open 250.00 EUR.\n\nKind regards"
    )


def test_an_instruction_line_decides_over_the_usual_meaning_of_a_label() -> None:
    instructions = "Choose the next step.\n- check: partial payment, anything odd\n- remind: unpaid"
    assert (filled({"row": PARTIAL}, RECONCILED, instructions=instructions))["next_step"] == "check"


@pytest.mark.parametrize("hint", ["Only for remind.", "Empty unless next_step is remind.", "Filled only if we remind"])
def test_a_draft_wanted_for_one_label_only_stays_empty_for_the_others(hint: str) -> None:
    contract = of(next_step={"enum": ["remind", "check"]}, body={"type": "string", "description": hint})
    assert (filled({"row": PARTIAL}, contract))["body"].startswith("Dear Acme Ltd,")
    assert (filled({"row": {**PARTIAL, "kind": "unmatched"}}, contract)) == {"next_step": "check", "body": ""}


def test_an_optional_reminder_is_left_out_when_nothing_is_to_be_reminded() -> None:
    contract = {
        **of(next_step={"enum": ["remind", "check"]}, reminder=of(subject={"type": "string"}, body={"type": "string"})),
        "required": ["next_step"],
    }
    reminded = filled({"row": PARTIAL}, contract)
    assert reminded["reminder"]["subject"] == "Reminder: invoice INV-17, 20.00 EUR missing"
    assert filled({"row": {**PARTIAL, "kind": "unmatched"}}, contract) == {"next_step": "check"}


def test_a_description_steers_which_values_are_cited() -> None:
    contract = of(explanation={"type": "string", "description": "One sentence with the due date."})
    answer = filled({"row": PARTIAL}, contract)
    assert answer["explanation"] == "Invoice INV-17 (Acme Ltd): partial payment. Due date 2026-10-31."


def test_a_reply_goes_to_the_sender_of_the_ticket_and_quotes_it() -> None:
    contract = of(to={"type": "string"}, subject={"type": "string"}, body={"type": "string"})
    assert filled({"ticket": TICKET, "tone": "brief"}, contract) == {
        "to": "ann@x.org",
        "subject": "Re: Printer down",
        "body": "Hello Ann Lee,\n\nthank you for your message about “Printer down”. You wrote: “We cannot work and "
        "need help asap. The order number is 4711.”\n\nKind regards",
    }
