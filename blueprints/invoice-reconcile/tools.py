"""The outbox and the report of invoice-reconcile. Nothing here computes money: amounts arrive as text and stay text."""

import csv
import io
import os
import re
from pathlib import Path

_AMOUNT = re.compile(r"(?<![\w.,'’])\d[\d.,'’]*[.,]\d{2}(?![.,]?\d)")
_SHOWN = ("id", "party", "amount", "matched", "reference")


def put_into_outbox(
    invoice: str, open_amount: str, to: str, subject: str, body: str, *, idempotency_key: str
) -> dict:
    """Put an approved reminder into the outbox folder. The same key again finds the file that is there."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", invoice).strip("-.") or "reminder"
    path = Path("outbox") / f"{name}-{idempotency_key[:8]}.txt"
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        head = {"To": to, "Subject": subject, "Invoice": f"{invoice}, open {open_amount}"}
        lines = [f"{name}: {_one_line(value)}" for name, value in head.items()]
        _write_whole(path, "\n".join(lines) + f"\n\n{body.rstrip()}\n")
    return {"path": str(path), "to": to}


def summarize(totals: list, explained: list, reminders: list) -> dict:
    """The report as Markdown and CSV, how many reminders were sent, and how many explanations their row doesn't back."""
    outcomes = {item["item"]["row"]: _outcome(item) for item in reminders}
    lines = [_line(item, outcomes) for item in explained]
    sent = sum(outcome.startswith("sent") for outcome in outcomes.values())
    return {
        "markdown": _markdown(totals, lines, reminders, sent),
        "csv": _csv(lines),
        "sent": sent,
        "unbacked": sum(line["backed"] == "no" for line in lines),
    }


def _line(item: dict, outcomes: dict) -> dict:
    """One exception with what was said about it and what came of it."""
    row, said = item["item"], (item.get("output") or {}).get("explain") or {}
    explanation = said.get("explanation", "")
    return {
        **row,
        "explanation": explanation or "(no explanation: the step failed)",
        "next_step": said.get("next_step", ""),
        "backed": "" if not explanation else "yes" if _backed(explanation, row) else "no",
        "reminder": outcomes.get(row["row"], "") if row["side"] == "invoice" else "",
    }


def _backed(explanation: str, row: dict) -> bool:
    """Whether a text cites its row, and names no amount that the row doesn't hold."""
    held = {_digits(amount) for value in row.values() for amount in _AMOUNT.findall(str(value))}
    cites = any(len(str(row[name])) > 2 and str(row[name]) in explanation for name in _SHOWN)
    return cites and all(_digits(amount) in held for amount in _AMOUNT.findall(explanation))


def _digits(amount: str) -> str:
    return re.sub(r"\D", "", amount)


def _outcome(item: dict) -> str:
    if item["status"] != "succeeded":
        return "failed: " + str((item.get("error") or {}).get("message", item["status"]))
    delivered = (item.get("output") or {}).get("deliver")
    return f"sent: {delivered['path']}" if delivered else "not sent: nobody approved it"


def _markdown(totals: list, lines: list, reminders: list, sent: int) -> str:
    parts = [
        "# Reconciliation",
        f"{_rows(totals, 'invoice')} invoices and {_rows(totals, 'payment')} payments, "
        f"{len(lines)} exceptions, {sent} of {len(reminders)} reminders sent. Every row stands in ledger.csv.",
        "## Totals",
        _table(totals, ["side", "category", "currency", "rows", "amount", "paid", "open"]),
        "## Exceptions",
        _table(lines, ["side", "row", "id", "category", "currency", "amount", "open", "explanation", "next_step"]),
        "## Reminders",
        _table(
            [line for line in lines if line["reminder"]],
            ["id", "party", "currency", "open", "due", "days_late", "reminder"],
        ),
    ]
    unbacked = [line["id"] for line in lines if line["backed"] == "no"]
    if unbacked:
        parts += ["## Read these again", "Their explanation names an amount that isn't theirs: " + ", ".join(unbacked)]
    return "\n\n".join(parts) + "\n"


def _rows(totals: list, side: str) -> int:
    return sum(total["rows"] for total in totals if total["side"] == side)


def _table(rows: list, columns: list) -> str:
    if not rows:
        return "None."
    head = [f"| {' | '.join(name.replace('_', ' ') for name in columns)} |", "|" + " --- |" * len(columns)]
    return "\n".join(head + [f"| {' | '.join(_cell(row[name]) for name in columns)} |" for row in rows])


def _cell(value: object) -> str:
    """Text from elsewhere stays within its cell and is no markup."""
    return re.sub(r"([\\|`<\[*])", r"\\\1", _one_line(str(value)))


def _csv(lines: list) -> str:
    columns = [
        *("side", "row", "id", "party", "category", "why", "date", "due", "currency", "amount", "paid", "open", "matched"),
        *("duplicate_of", "reference", "explanation", "next_step", "backed", "reminder"),
    ]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_harmless(str(line[name])) for name in columns] for line in lines)
    return out.getvalue()


def _harmless(text: str) -> str:
    """A cell that a spreadsheet would run as a formula gets an apostrophe, as in ledger.csv."""
    return "'" + text if re.match(r"[=+@\t]|-[^0-9]", text) else text


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _write_whole(path: Path, text: str) -> None:
    """All of it under its name, or nothing: written aside, synced, then renamed."""
    aside = path.with_suffix(".part")
    with aside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
