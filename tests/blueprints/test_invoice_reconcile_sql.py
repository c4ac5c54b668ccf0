"""What the query of blueprints/invoice-reconcile says of every row, against the same rules in plain Python."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
        "invoices": {"path": write_csv(folder / "invoices.csv", invoices, ";"), "columns": dict(ledgers.invoice_columns)},
        "payments": {"path": write_csv(folder / "payments.csv", payments), "columns": dict(ledgers.payment_columns)},
    }
    return ask(folder, tables, rules)


@pytest.mark.parametrize("seed", range(8))
def test_every_row_of_generated_ledgers_comes_out_as_the_rules_say(tmp_path, seed):
    ledgers = generate(seed, 250)
    rules = Rules(rates=RATES, date_format=ledgers.date_format, today=date(2026, 6, 30), repeat_days=seed)
    answer = reconciled(tmp_path, ledgers, rules)
    wanted = reconcile(ledgers.invoices, ledgers.payments, rules)
    assert ledger_of(answer) == wanted
    assert answer["balanced"] is True
    assert [(e["side"], e["row"]) for e in answer["exceptions"]] == [(x.side, x.nr) for x in wanted if x.exception]
    assert {(t["side"], t["category"]): 0 for t in answer["totals"]}.keys() == {(x.side, x.category) for x in wanted}
