"""The reconciliation once more, in plain Python: what blueprints/invoice-reconcile's SQL must come to.

Written from the rules in the blueprint's README, row by row and without SQL, so that one mistake isn't made twice. It
is slow on purpose (every payment is held against every invoice) and knows nothing of the query: no shared code, no SQL.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

Row = Mapping[str, str]
SETTLED = {"paid", "rounding", "converted", "open", "matched"}


@dataclass(frozen=True)
class Rules:
    """The inputs that decide. `tolerance` in currency units, `fx_tolerance` as a share of the invoice."""

    today: date = date(2026, 6, 30)
    currency: str = "CHF"
    rates: Mapping[str, float] = field(default_factory=dict)
    tolerance: float = 0.05
    fx_tolerance: float = 0.01
    repeat_days: int = 7
    terms_days: int = 30
    date_format: str = "%Y-%m-%d"

    def rate(self, currency: str) -> Decimal | None:
        if currency == self.currency:
            return Decimal(1)
        rate = Decimal(str(self.rates.get(currency, 0)))
        return rate if rate > 0 else None

    def worth(self, cents: int, paid_in: str, billed_in: str) -> int | None:
        """Cents of one currency in another, the half cent rounded up; None without both rates."""
        if paid_in == billed_in:
            return cents
        paid, billed = self.rate(paid_in), self.rate(billed_in)
        if paid is None or billed is None:
            return None
        return int((cents * paid / billed).quantize(Decimal(1), ROUND_HALF_UP))

    def allowance(self, invoice: "Entry", *, converted: bool) -> int:
        extra = invoice.cents * round(self.fx_tolerance * 1_000_000) // 1_000_000 if converted else 0
        return round(self.tolerance * 100) + extra


@dataclass
class Entry:
    """One row of either file, as read. `readable` is false where something it needs is missing or means two things."""

    side: str
    nr: int
    id: str
    party: str
    reference: str
    cents: int
    day: date
    due: date
    currency: str
    readable: bool


@dataclass(frozen=True)
class Line:
    """What must come out for one row; amounts as text with two decimals, None where the row has none."""

    side: str
    nr: int
    category: str
    matched: str | None = None
    rule: str | None = None
    duplicate_of: str | None = None
    paid: str | None = None
    open: str | None = None
    difference: str | None = None
    exception: bool = True
    remind: bool = False


def reconcile(invoices: Sequence[Row], payments: Sequence[Row], rules: Rules) -> list[Line]:
    """Every row of both files with its outcome, invoices first, in the order of the files. Columns have our names."""
    bills = [read("invoice", nr, row, rules) for nr, row in enumerate(invoices, 1)]
    money = [read("payment", nr, row, rules) for nr, row in enumerate(payments, 1)]
    originals = repeated_numbers(bills)
    seen: dict[str, int] = {}
    for entry in money:
        if entry.readable:
            seen.setdefault(entry.id, entry.nr)
    usable = [b for b in bills if b.readable and b.nr not in originals and b.cents >= 0]
    live = [p for p in money if p.readable and seen[p.id] == p.nr and p.cents > 0]
    chosen = choose(live, usable, rules)
    repeats = find_repeats(live, usable, chosen, rules)
    lines = []
    for bill in bills:
        paying = [p for p in payments_of(bill, live, chosen) if p.nr not in repeats]
        lines.append(bill_line(bill, originals.get(bill.nr), paying, rules))
    for entry in money:
        again = seen.get(entry.id, entry.nr) != entry.nr
        lines.append(money_line(entry, again, chosen.get(entry.nr), repeats.get(entry.nr), rules))
    return lines


def read(side: str, nr: int, row: Row, rules: Rules) -> Entry:
    def cell(name: str) -> str:
        return (row.get(name) or "").strip(" ")

    number = cell("invoice" if side == "invoice" else "payment")
    cents, day = cents_of(cell("amount")), day_of(cell("date"), rules)
    due_text = cell("due") if side == "invoice" else ""
    due = day_of(due_text, rules) if due_text else day and day + timedelta(rules.terms_days)
    currency = (cell("currency") or rules.currency).upper()
    readable = bool(number) and cents is not None and day is not None and due is not None
    readable = readable and re.fullmatch("[A-Z]{3}", currency) is not None
    readable = readable and (bool(plain(number)) if side == "invoice" else cents != 0)
    return Entry(
        side, nr, number, letters(cell("customer" if side == "invoice" else "payer")),
        cell("reference"), cents or 0, day or date.min, due or date.min, currency, readable,
    )  # fmt: skip


def cents_of(text: str) -> int | None:
    """Hundredths of an amount as people write it; None where it is none or could be thousands or thousandths."""
    body = "".join(c for c in text if c not in " \t\r\n\f'’\u00a0\u202f")
    sign = -1 if body.startswith("-") else 1
    body = body[1:] if body[:1] in ("+", "-") else body
    marks = [c for c in body if c in ".,"]
    whole, fraction = body, ""
    if len(marks) == 1 or len(set(marks)) == 2:
        whole, _, fraction = body.rpartition(marks[-1])
        if len(fraction) not in (1, 2) or marks[-1] in whole:
            return None
    groups = re.split("[.,]", whole)
    grouped_well = 1 <= len(groups[0]) <= 3 and all(len(g) == 3 for g in groups[1:]) and len(groups) <= 4
    plain_whole = len(groups) == 1 and 1 <= len(whole) <= 10
    if not (plain_whole or (len(groups) > 1 and grouped_well)):
        return None
    digits = "".join(groups) + fraction.ljust(2, "0")
    return sign * int(digits) if re.fullmatch("[0-9]+", digits) else None


def day_of(text: str, rules: Rules) -> date | None:
    for pattern in (rules.date_format, "%Y-%m-%d"):
        try:
            day = datetime.strptime(text, pattern).replace(tzinfo=UTC).date()
        except ValueError:
            continue
        return day if 1900 <= day.year <= 2200 else None
    return None


def unaccented(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def letters(name: str) -> str:
    return "".join(c for c in unaccented(name).lower() if c.isalnum())


def capitals(text: str) -> str:
    return unaccented(text).upper().replace("O", "0").replace("I", "1")


@cache
def plain(text: str) -> str:
    return "".join(c for c in capitals(text) if c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")


@cache
def bare(text: str) -> str:
    return plain(re.sub("[0-9]+", lambda run: run.group().lstrip("0") or "0", capitals(text)))


def repeated_numbers(bills: Sequence[Entry]) -> dict[int, Entry]:
    """Row number of every repeated invoice → the first row that it repeats."""
    repeats: dict[int, Entry] = {}
    readable = [b for b in bills if b.readable]
    for at, bill in enumerate(readable):
        for earlier in readable[:at]:
            same = (bill.party, bill.currency, bill.cents) == (earlier.party, earlier.currency, earlier.cents)
            if plain(bill.id) == plain(earlier.id) or (same and bare(bill.id) == bare(earlier.id)):
                repeats[bill.nr] = earlier
                break
    return repeats


Chosen = dict[int, tuple[Entry, str]]
"""Row number of a payment → its invoice and the rule; of several fits, the rule is `several` and the invoice is any."""


def choose(live: Sequence[Entry], usable: Sequence[Entry], rules: Rules) -> Chosen:
    chosen: Chosen = {}
    fits: dict[int, list[Entry]] = {}

    def take(rule: str, tests: Sequence[Callable[[Entry, Entry], bool]], among: Sequence[Entry]) -> None:
        for payment in live:
            if chosen.get(payment.nr, (None, "several"))[1] != "several":
                continue
            for fit in tests:
                fits[payment.nr] = [b for b in among if convertible(payment, b, rules) and fit(payment, b)]
                if len(fits[payment.nr]) == 1:
                    chosen[payment.nr] = (fits[payment.nr][0], rule)
                    break
                if fits[payment.nr]:
                    chosen[payment.nr] = (fits[payment.nr][0], "several")

    take("reference", (same_number, same_bare_number, number_within), usable)
    paid = {
        b.nr: [p for p in live if chosen.get(p.nr, (None, ""))[1] == "reference" and chosen[p.nr][0] is b]
        for b in usable
    }
    remaining = {b.nr: b.cents - sum(worth(p, b, rules) for p in paid[b.nr]) for b in usable}
    mixed = {b.nr: any(p.currency != b.currency for p in paid[b.nr]) for b in usable}
    still_open = [b for b in usable if remaining[b.nr] > rules.allowance(b, converted=mixed[b.nr])]
    take("typo", (one_slip_away,), still_open)
    found = {bill.nr for bill, rule in chosen.values() if rule == "typo"}

    def pays_the_rest(payment: Entry, bill: Entry) -> bool:
        allowed = rules.allowance(bill, converted=mixed[bill.nr] or payment.currency != bill.currency)
        return same_party(payment, bill) and abs(worth(payment, bill, rules) - remaining[bill.nr]) <= allowed

    take("amount", (pays_the_rest,), [b for b in still_open if b.nr not in found])
    return chosen


def convertible(payment: Entry, bill: Entry, rules: Rules) -> bool:
    return rules.worth(payment.cents, payment.currency, bill.currency) is not None


def worth(payment: Entry, bill: Entry, rules: Rules) -> int:
    return rules.worth(payment.cents, payment.currency, bill.currency) or 0


def same_party(payment: Entry, bill: Entry) -> bool:
    return bool(payment.party) and payment.party == bill.party


def agrees(payment: Entry, bill: Entry) -> bool:
    same_amount = (payment.currency, payment.cents) == (bill.currency, bill.cents)
    return same_amount or same_party(payment, bill)


def same_number(payment: Entry, bill: Entry) -> bool:
    return plain(payment.reference) == plain(bill.id)


def same_bare_number(payment: Entry, bill: Entry) -> bool:
    return bare(payment.reference) == bare(bill.id)


@cache
def parts(reference: str) -> tuple[str, ...]:
    """The runs of one to three words of a longer text that hold a digit."""
    words = re.split(r"[ \t\r\n\f,;]+", reference)
    runs = [words[start:end] for start in range(len(words)) for end in range(start + 1, min(start + 3, len(words)) + 1)]
    return tuple(" ".join(run) for run in runs if len(words) > 1 and re.search("[0-9]", " ".join(run)))


def number_within(payment: Entry, bill: Entry) -> bool:
    named = any(plain(part) == plain(bill.id) or bare(part) == bare(bill.id) for part in parts(payment.reference))
    return named and agrees(payment, bill)


def one_slip_away(payment: Entry, bill: Entry) -> bool:
    if not agrees(payment, bill):
        return False
    readings = [payment.reference, *parts(payment.reference)]
    return any(near(form(reading), form(bill.id)) for reading in readings for form in (plain, bare))


def near(a: str, b: str) -> bool:
    """Are two texts of 4 to 40 characters the same but for one character wrong, missing, added or swapped?"""
    if not (4 <= len(a) <= 40 and 4 <= len(b) <= 40) or abs(len(a) - len(b)) > 1:
        return False
    if a == b:
        return True
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    x, y = a[at:], b[at:]
    return x[1:] == y[1:] or x[1:] == y or x == y[1:] or (x[:2] == y[1::-1] and len(x) > 1 and x[2:] == y[2:])


def find_repeats(live: Sequence[Entry], usable: Sequence[Entry], chosen: Chosen, rules: Rules) -> dict[int, Entry]:
    """Row number of every payment that its invoice doesn't need and that repeats an earlier one → that one."""
    repeats: dict[int, Entry] = {}
    for bill in usable:
        arrived = sorted(payments_of(bill, live, chosen), key=lambda p: (p.day, p.nr))
        allowed = rules.allowance(bill, converted=any(p.currency != bill.currency for p in arrived))
        running, alike = 0, dict[tuple[str, str, int], Entry]()
        for payment in arrived:
            running += worth(payment, bill, rules)
            kind = (payment.party, payment.currency, payment.cents)
            last = alike.get(kind)
            if last and (payment.day - last.day).days <= rules.repeat_days and running > bill.cents + allowed:
                repeats[payment.nr] = last
            alike[kind] = payment
    return repeats


def payments_of(bill: Entry, live: Sequence[Entry], chosen: Chosen) -> list[Entry]:
    return [p for p in live if p.nr in chosen and chosen[p.nr][1] != "several" and chosen[p.nr][0].nr == bill.nr]


def money_text(cents: int) -> str:
    return f"{Decimal(cents) / 100:.2f}"


def bill_line(bill: Entry, original: Entry | None, paying: Sequence[Entry], rules: Rules) -> Line:
    if not bill.readable:
        return Line("invoice", bill.nr, "unreadable")
    if original:
        return Line("invoice", bill.nr, "duplicate", duplicate_of=original.id)
    if bill.cents < 0:
        return Line("invoice", bill.nr, "credit_note")
    settled = sum(worth(p, bill, rules) for p in paying)
    category = bill_category(bill, settled, any(p.currency != bill.currency for p in paying), rules)
    still = bill.cents - settled if category in ("overdue", "open", "partial") else 0
    return Line(
        "invoice", bill.nr, category,
        matched="; ".join(p.id for p in sorted(paying, key=lambda p: (p.day, p.nr))) or None,
        paid=money_text(settled), open=money_text(still), difference=money_text(settled + still - bill.cents),
        exception=category not in SETTLED,
        remind=category in ("overdue", "partial") and bill.due < rules.today,
    )  # fmt: skip


def bill_category(bill: Entry, settled: int, converted: bool, rules: Rules) -> str:
    short = bill.cents - settled
    if settled == 0 and bill.cents > 0:
        return "overdue" if bill.due < rules.today else "open"
    if converted and abs(short) <= rules.allowance(bill, converted=True):
        return "converted"
    if short == 0:
        return "paid"
    if abs(short) <= rules.allowance(bill, converted=False):
        return "rounding"
    return "partial" if short > 0 else "overpaid"


def money_line(
    entry: Entry, again: bool, match: tuple[Entry, str] | None, repeated: Entry | None, rules: Rules
) -> Line:  # fmt: skip
    if not entry.readable:
        return Line("payment", entry.nr, "unreadable")
    if again:
        return Line("payment", entry.nr, "duplicate", duplicate_of=entry.id)
    if entry.cents < 0:
        return Line("payment", entry.nr, "refund")
    if match is None or match[1] == "several":
        return Line("payment", entry.nr, "unmatched")
    bill, rule = match
    if repeated:
        return Line("payment", entry.nr, "duplicate", bill.id, rule, repeated.id)
    category = {"reference": "matched", "typo": "typo", "amount": "by_amount"}[rule]
    applied = money_text(worth(entry, bill, rules))
    return Line("payment", entry.nr, category, bill.id, rule, paid=applied, exception=category not in SETTLED)
