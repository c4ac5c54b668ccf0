"""blueprints/invoice-reconcile as a whole: it checks clean, and its own tools write once and tell what is so."""

import csv
import importlib.util
import io
from pathlib import Path

import pytest

from mntui.library.load import load
from mntui.tools.base import BUILTIN
from mntui.tools.python import describe_source

BLUEPRINT = Path(__file__).parents[2] / "blueprints/invoice-reconcile"


@pytest.fixture
def tools():
    spec = importlib.util.spec_from_file_location("invoice_reconcile_tools", BLUEPRINT / "tools.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The run's folder, in which a blueprint's functions run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def exception(**changes):
    row = {
        "side": "invoice", "row": 1, "id": "INV-7", "party": "Ana | Söhne", "category": "partial",
        "why": "a part was paid", "date": "2026-01-05", "due": "2026-02-04",
        "currency": "CHF", "amount": "1250.00", "paid": "250.00",
        "open": "1000.00", "difference": "0.00", "matched": "P-1", "duplicate_of": "", "reference": "",
        "email": "ana@example.com", "remind": True, "days_late": 90,
    }  # fmt: skip
    return {**row, **changes}


def explained(text, **changes):
    output = {"explain": {"explanation": text, "next_step": "remind"}}
    return {"index": 0, "item": exception(**changes), "status": "succeeded", "error": None, "output": output}


def test_it_checks_without_a_problem_or_a_warning():
    loaded = load(BLUEPRINT, BUILTIN, describe_source)
    assert loaded.findings == ()
    assert loaded.plan is not None


def test_it_needs_no_model_and_no_network_to_run():
    plan = load(BLUEPRINT, BUILTIN, describe_source).plan
    assert plan is not None
    assert all(role.builtin_allowed for role in plan.models.values())
    assert not plan.servers
    assert all(not given.required for given in plan.inputs.values())


def test_a_reminder_is_written_once_however_often_its_call_is_repeated(tools, here):
    letter = {
        "invoice": "INV/7 a",
        "open_amount": "CHF 5.00",
        "to": "a@b.example",
        "subject": "Hello\nBcc: x@y",
        "body": "Dear",
    }
    first = tools.put_into_outbox(**letter, idempotency_key="0123456789ab")
    assert tools.put_into_outbox(**letter, idempotency_key="0123456789ab") == first
    assert [path.name for path in (here / "outbox").iterdir()] == ["INV-7-a-01234567.txt"]
    head = "To: a@b.example\nSubject: Hello Bcc: x@y\nInvoice: INV/7 a, open CHF 5.00\n\nDear\n"
    assert (here / first["path"]).read_text() == head


def test_a_half_written_reminder_of_a_killed_call_is_written_whole_by_the_next(tools, here):
    (here / "outbox").mkdir()
    (here / "outbox/INV-7-01234567.part").write_text("To: hal")
    letter = {"invoice": "INV-7", "open_amount": "CHF 5.00", "to": "a@b.example", "subject": "Hello", "body": "Dear"}
    tools.put_into_outbox(**letter, idempotency_key="0123456789ab")
    assert [path.name for path in (here / "outbox").iterdir()] == ["INV-7-01234567.txt"]


@pytest.mark.parametrize(
    ("text", "unbacked"),
    [
        ("INV-7 got 250.00 of 1,250.00, so 1'000.00 is open since 04.02.2026.", 0),
        ("INV-7 of 2026-01-05 is 3 months late.", 0),
        ("INV-7 is late, with a fee of 25.00.", 1),
        ("Somebody owes us 1000.00.", 1),
        ("INV-7 owes 999,99.", 1),
    ],
)
def test_an_explanation_is_backed_if_it_cites_its_row_and_invents_no_amount(tools, text, unbacked):
    assert tools.summarize([], [explained(text)], [])["unbacked"] == unbacked


def test_the_report_says_what_became_of_each_reminder(tools):
    items = [exception(row=n, id=f"INV-{n}") for n in (1, 2, 3)]
    reminders = [
        {"item": items[0], "status": "succeeded", "error": None, "output": {"deliver": {"path": "outbox/a.txt"}}},
        {"item": items[1], "status": "succeeded", "error": None, "output": {"draft": {}}},
        {"item": items[2], "status": "failed", "error": {"message": "no model"}, "output": None},
    ]
    texts = [explained(f"INV-{n}", row=n, id=f"INV-{n}") for n in (1, 2, 3)]
    told = tools.summarize([{"side": "invoice", "rows": 3} | dict.fromkeys(COLUMNS, "")], texts, reminders)
    rows = list(csv.DictReader(io.StringIO(told["csv"])))
    assert [row["reminder"] for row in rows] == [
        "sent: outbox/a.txt", "not sent: nobody approved it", "failed: no model",
    ]  # fmt: skip
    assert told["sent"] == 1
    assert "3 invoices and 0 payments, 3 exceptions, 1 of 3 reminders sent" in told["markdown"]


COLUMNS = ("category", "currency", "amount", "paid", "open")


def test_text_from_the_files_is_no_markup_and_no_formula_in_the_report(tools):
    told = tools.summarize([], [explained("INV-7 <b>A|B</b>", reference="=1+1")], [])
    assert r"\<b>A\|B\</b>" in told["markdown"]
    assert next(csv.DictReader(io.StringIO(told["csv"])))["reference"] == "'=1+1"


def test_a_failed_explanation_still_has_its_row_in_the_report(tools):
    failed = {"index": 0, "item": exception(), "status": "failed", "error": {"message": "x"}, "output": None}
    told = tools.summarize([], [failed], [])
    assert "no explanation" in told["markdown"]
    assert told["unbacked"] == 0
