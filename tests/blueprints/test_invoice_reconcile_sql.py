"""What the query of blueprints/invoice-reconcile says of every row, against the same rules in plain Python."""

import csv
import io
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path

import pytest

from mntui.core.values import Json
from mntui.tools.base import Grants, ToolCall, ToolFailure
from mntui.tools.sql import operate
from tests.blueprints.generate_ledgers import Ledgers, generate, shown
from tests.blueprints.reconcile_reference import Line, Row, Rules, reconcile

BLUEPRINT = Path(__file__).parents[2] / "blueprints/invoice-reconcile"
RATES = {"EUR": 0.95, "USD": 0.8}
BOOLEANS = ("exception", "remind")


def ask(folder: Path, tables: Mapping[str, Json], rules: Rules, at_most: int = 100_000) -> Json:
    """The one row that the query gives, asked as a run asks it."""
    rates = "{" + ", ".join(f'"{name}": {rate}' for name, rate in rules.rates.items()) + "}"
    params = {**asdict(rules), "rates": rates, "today": f"{rules.today}T08:00:00Z", "at_most": at_most}
    query = (BLUEPRINT / "sql/reconcile.sql").read_text()
    grants = Grants(folder=str(folder), home=str(folder.parent), blueprint=str(BLUEPRINT))
    arguments = {"query": query, "tables": dict(tables), "params": params}
    found = operate(ToolCall("call", "sql.query", arguments, "", grants, 30.0))
    assert found["count"] == 1
    return found["rows"][0]


def write_csv(path: Path, rows: Sequence[Row], delimiter: str = ",") -> str:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path.name


def ledger_of(answer: Json) -> list[Line]:
    """The ledger's rows, with the two marks that stand in the list of exceptions only."""
    marks = {(e["side"], e["row"]): e["remind"] for e in answer["exceptions"]}
    rows = [row for part in answer["ledger"] for row in csv.DictReader(io.StringIO(part["text"], newline=""))]
    names = [field.name for field in fields(Line) if field.name not in ("side", "nr", "category", *BOOLEANS)]
    return [
        Line(
            row["side"], int(row["row"]), row["category"],
            **{name: row[name] or None for name in names},
            exception=(row["side"], int(row["row"])) in marks,
            remind=marks.get((row["side"], int(row["row"])), False),
        )
        for row in rows
    ]  # fmt: skip


def reconciled(folder: Path, ledgers: Ledgers, rules: Rules) -> Json:
    invoices = [shown(row, ledgers.invoice_columns) for row in ledgers.invoices]
    payments = [shown(row, ledgers.payment_columns) for row in ledgers.payments]
    tables = {
        "invoices": {
            "path": write_csv(folder / "invoices.csv", invoices, ";"),
            "columns": dict(ledgers.invoice_columns),
        },
        "payments": {"path": write_csv(folder / "payments.csv", payments), "columns": dict(ledgers.payment_columns)},
    }
    return ask(folder, tables, rules)


def sample(folder: Path, today: date) -> Json:
    for name in ("invoices.csv", "payments.csv"):
        shutil.copy(BLUEPRINT / "data" / name, folder)
    return ask(folder, {"invoices": "invoices.csv", "payments": "payments.csv"}, Rules(rates=RATES, today=today))


@pytest.mark.parametrize("seed", range(6))
def test_every_row_of_generated_ledgers_comes_out_as_the_rules_say(tmp_path, seed):
    ledgers = generate(seed, 150)
    tolerance, share = ((0.05, 0.01), (0, 0), (0.5, 0.03))[seed % 3]
    rules = Rules(
        rates=RATES, date_format=ledgers.date_format, repeat_days=seed, tolerance=tolerance, fx_tolerance=share
    )
    answer = reconciled(tmp_path, ledgers, rules)
    wanted = reconcile(ledgers.invoices, ledgers.payments, rules)
    assert ledger_of(answer) == wanted
    assert answer["balanced"] is True
    assert [(e["side"], e["row"]) for e in answer["exceptions"]] == [(x.side, x.nr) for x in wanted if x.exception]


@pytest.mark.parametrize("seed", range(2))
def test_totals_add_up_from_the_rows(tmp_path, seed):
    ledgers = generate(seed, 80)
    rules = Rules(rates=RATES, date_format=ledgers.date_format)
    answer = reconciled(tmp_path, ledgers, rules)
    lines = reconcile(ledgers.invoices, ledgers.payments, rules)
    counted, paid = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for total in answer["totals"]:
        counted[total["side"], total["category"]] += total["rows"]
        paid[total["side"], total["category"]] += cents(total["paid"])
    assert counted == Counter((line.side, line.category) for line in lines)
    for kind in counted:
        assert paid[kind] == sum(cents(line.paid) for line in lines if (line.side, line.category) == kind)


def cents(amount: str | None) -> int:
    return int((amount or "0.00").replace(".", ""))


def test_generated_ledgers_hold_every_category(tmp_path):
    lines = [
        line
        for seed in range(6)
        for ledgers in [generate(seed, 150)]
        for line in reconcile(ledgers.invoices, ledgers.payments, Rules(rates=RATES, date_format=ledgers.date_format))
    ]
    found = Counter((line.side, line.category) for line in lines)
    settled = [("invoice", name) for name in ("paid", "rounding", "converted", "open")]
    amiss = [("invoice", name) for name in ("overdue", "partial", "overpaid", "duplicate", "credit_note", "unreadable")]
    matched = [("payment", name) for name in ("matched", "typo", "by_amount")]
    loose = [("payment", name) for name in ("duplicate", "unmatched", "refund", "unreadable")]
    assert found.keys() == {*settled, *amiss, *matched, *loose}
    assert min(found.values()) >= 5


SAMPLE_EXCEPTIONS = [
    ("INV-2026-0125", "duplicate", "", "", False),
    ("INV-2026-0131", "unreadable", "", "", False),
    ("INV-2026-0133", "overdue", "", "1860.00", True),
    ("INV-2026-0134", "partial", "P-5037", "980.40", True),
    ("INV-2026-0135", "overpaid", "P-5038", "0.00", False),
    ("CN-2026-0007", "credit_note", "", "", False),
    ("INV-2026-0136", "overdue", "", "1045.00", True),
    ("P-5018", "duplicate", "INV-2026-0116", "", False),
    ("P-5021", "by_amount", "INV-2026-0119", "", False),
    ("P-5024", "typo", "INV-2026-0122", "", False),
    ("P-5028", "unmatched", "", "", False),
    ("P-5035", "unreadable", "", "", False),
    ("P-5039", "unmatched", "", "", False),
]
SAMPLE_ROWS = {
    "invoice": {
        "paid": 27, "rounding": 2, "converted": 2, "open": 2, "overdue": 2, "partial": 1, "overpaid": 1,
        "duplicate": 1, "credit_note": 1, "unreadable": 1,
    },
    "payment": {"matched": 33, "typo": 1, "by_amount": 1, "duplicate": 1, "unmatched": 2, "unreadable": 1},
}  # fmt: skip


@pytest.mark.parametrize("today", [date(2026, 5, 4), date(2030, 12, 31)])
def test_the_sample_data_comes_out_as_its_readme_says_whatever_the_day(tmp_path, today):
    answer = sample(tmp_path, today)
    shown_rows = [(e["id"], e["category"], e["matched"], e["open"], e["remind"]) for e in answer["exceptions"]]
    assert shown_rows == SAMPLE_EXCEPTIONS
    counted: dict[str, Counter[str]] = {"invoice": Counter(), "payment": Counter()}
    for total in answer["totals"]:
        counted[total["side"]][total["category"]] += total["rows"]
    assert counted == SAMPLE_ROWS
    assert answer["balanced"] is True


def test_the_edges_of_the_rules(tmp_path):
    invoices = [
        bill("A-10", "10.00", due="2026-06-30"),
        bill("A-11", "11.00", due="2026-06-29"),
        bill("B012", "12.00", "Bo"),
        bill("RE 2026 0013", "13.00", "Cy"),
        bill("KI-14", "14.00", "Di"),
        bill("KI-0015", "15.00", "Ed"),
        bill("ki 15", "15.00", "ED."),
        bill("KI-016", "16.00", "Flo"),
        bill("KI-16", "16.00", "Gus"),
        bill("0", "0.00", "Hal"),
    ]
    payments = [
        pay("four characters, one swapped", "12.00", "B0 21"),
        pay("a number of three words in a text", "13.00", "for RE 2026 13 thanks"),
        pay("1 for I and half an amount", "7.00", "k1 14"),
        pay("whole before bare", "16.00", "KI-16"),
        pay("whole text before a part of it", "16.00", "KI 016"),
        pay("two invoices of nearly that number", "16.00", "KI-0016"),
    ]
    assert [(line.category, line.matched, line.duplicate_of) for line in lines_of(tmp_path, invoices, payments)] == [
        ("open", None, None),
        ("overdue", None, None),
        ("paid", payments[0]["payment"], None),
        ("paid", payments[1]["payment"], None),
        ("partial", payments[2]["payment"], None),
        ("overdue", None, None),
        ("duplicate", None, "KI-0015"),
        ("paid", payments[4]["payment"], None),
        ("paid", payments[3]["payment"], None),
        ("paid", None, None),
        ("typo", "B012", None),
        ("matched", "RE 2026 0013", None),
        ("matched", "KI-14", None),
        ("matched", "KI-16", None),
        ("matched", "KI-016", None),
        ("unmatched", None, None),
    ]


def test_instalments_of_the_same_size_are_no_repeat_but_one_too_many_is(tmp_path):
    invoice = {"invoice": "A-100", "customer": "Ana", "date": "2026-01-05", "amount": "100.00"}
    paid = [pay(f"P{n}", "40.00" if n == 2 else "60.00", "a100") for n in (1, 2, 3)]
    lines = lines_of(tmp_path, [invoice], paid)
    assert [(line.category, line.duplicate_of) for line in lines] == [
        ("paid", None), ("matched", None), ("matched", None), ("duplicate", "P1"),
    ]  # fmt: skip


def test_an_amount_that_means_two_things_or_none_is_an_exception_and_no_guess(tmp_path):
    amounts = ["1,234", "1.234", "12.345", "1,23,456", "12 CHF", "", "1.2.3", "--5", "1e3", "٣", ".5", "5.", "9" * 11]
    lines = lines_of(tmp_path, billed(amounts), [pay("P1", "5", "x")])
    assert {line.category for line in lines[:-1]} == {"unreadable"}


def test_amounts_as_people_write_them_are_the_same_amount(tmp_path):
    amounts = ["1234.5", "1,234.50", "1.234,50", "1'234.50", "1 234,5", "+1234.50", " 1234.50 ", "1\u202f234.50"]
    paid = [pay(f"P{n}", "1234.50", f"A-{n}") for n in range(len(amounts))]
    assert {line.category for line in lines_of(tmp_path, billed(amounts), paid)} == {"paid", "matched"}


def billed(amounts: Sequence[str]) -> list[Row]:
    rows = enumerate(amounts)
    return [{"invoice": f"A-{n}", "customer": "Ana", "date": "2026-01-05", "amount": amount} for n, amount in rows]


def test_a_reference_that_is_one_slip_from_two_invoices_of_a_customer_matches_neither(tmp_path):
    invoices = [
        {"invoice": number, "customer": "Ana", "date": "2026-01-05", "amount": "100.00"}
        for number in ("A-101", "A-102")
    ]
    assert [line.category for line in lines_of(tmp_path, invoices, [pay("P1", "100.00", "A-103")])][2] == "unmatched"


def test_a_payment_without_a_known_rate_stays_unmatched_and_says_so(tmp_path):
    invoice = {"invoice": "A-100", "customer": "Ana", "date": "2026-01-05", "amount": "100.00"}
    payment = {**pay("P1", "100.00", "A-100"), "currency": "JPY"}
    answer = ask_rows(tmp_path, [invoice], [payment])
    assert answer["exceptions"][1]["why"] == "no invoice fits, and there is no rate for JPY"


def test_a_spreadsheet_formula_in_a_cell_is_disarmed_in_the_ledger(tmp_path):
    invoice = {"invoice": "A-100", "customer": '=HYPERLINK("x","y")', "date": "2026-01-05", "amount": "-5.00"}
    text = ask_rows(tmp_path, [invoice], [pay("P1", "5", "x")])["ledger"][0]["text"]
    row = next(csv.DictReader(io.StringIO(text, newline="")))
    assert (row["party"], row["amount"]) == ('\'=HYPERLINK("x","y")', "-5.00")


def test_a_large_ledger_is_told_in_several_files_that_hold_every_row_once(tmp_path):
    invoices = [
        {"invoice": f"A-{n:05d}", "customer": f"C{n % 7}", "date": "2026-01-05", "amount": f"{n + 1}.00"}
        for n in range(2600)
    ]
    answer = ask_rows(tmp_path, invoices, [pay("P1", "5.00", "A-00004")])
    assert [part["file"] for part in answer["ledger"]] == ["ledger.csv", "ledger-2.csv"]
    assert [line.nr for line in ledger_of(answer)] == [*range(1, 2601), 1]


def test_more_exceptions_than_allowed_stop_the_run_with_a_hint(tmp_path):
    invoices = [{"invoice": f"A-{n}", "customer": "Ana", "date": "x", "amount": "1"} for n in range(9)]
    with pytest.raises(ToolFailure, match=r"10 exceptions are more than at_most allows \(5\).*columns"):
        ask_rows(tmp_path, invoices, [pay("P1", "5", "x")], at_most=5)


def test_a_file_without_a_needed_column_is_refused_by_its_name(tmp_path):
    with pytest.raises(ToolFailure, match="amount"):
        ask_rows(tmp_path, [{"invoice": "A-1", "customer": "Ana", "date": "2026-01-05"}], [pay("P1", "5", "x")])


def bill(number: str, amount: str, customer: str = "Ana", due: str = "2026-02-04") -> Row:
    return {"invoice": number, "customer": customer, "date": "2026-01-05", "due": due, "amount": amount}


def pay(number: str, amount: str, reference: str) -> Row:
    return {"payment": number, "payer": "Ana", "date": "2026-01-06", "amount": amount, "reference": reference}


def ask_rows(folder: Path, invoices: Sequence[Row], payments: Sequence[Row], at_most: int = 100_000) -> Json:
    names = {
        "invoices": write_csv(folder / "invoices.csv", invoices),
        "payments": write_csv(folder / "payments.csv", payments),
    }
    return ask(folder, names, Rules(), at_most)


def lines_of(folder: Path, invoices: Sequence[Row], payments: Sequence[Row]) -> list[Line]:
    """The outcome, once the query and the plain rules agree on it."""
    found = ledger_of(ask_rows(folder, invoices, payments))
    assert found == reconcile(invoices, payments, Rules())
    return found
