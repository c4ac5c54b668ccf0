"""Ledgers made from a seed: invoices and payments as a firm's own files hold them, with everything that goes wrong.

Each seed has its own column names, style of numbers, date format, currencies and customers. Nothing here knows what the
right outcome is: the rows are noise around plausible stories, and reconcile_reference.py says what they come to.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

Row = dict[str, str]

_INVOICE_COLUMNS: tuple[Mapping[str, str], ...] = (
    {"invoice": "Rechnungsnr", "customer": "Kunde", "date": "Datum", "due": "Fällig am", "amount": "Betrag",
     "currency": "Währung", "email": "E-Mail"},
    {"invoice": "Doc No.", "customer": "Bill To", "date": "Issued", "due": "Due Date", "amount": "Total (gross)",
     "currency": "Cur", "email": "contact"},
    {"invoice": "no_facture", "customer": "client", "date": "emise", "due": "echeance", "amount": "montant",
     "currency": "devise", "email": "courriel"},
)  # fmt: skip
_PAYMENT_COLUMNS: tuple[Mapping[str, str], ...] = (
    {"payment": "Buchung", "payer": "Auftraggeber", "date": "Valuta", "amount": "Gutschrift", "currency": "Whg",
     "reference": "Verwendungszweck"},
    {"payment": "Txn", "payer": "From", "date": "Booked", "amount": "Credit", "currency": "Cur", "reference": "Memo"},
    {"payment": "operation", "payer": "donneur", "date": "jour", "amount": "credit", "currency": "devise",
     "reference": "motif"},
)  # fmt: skip
_FIRST = ("Aare", "Blau", "Café", "Dörfli", "Emme", "Föhn", "Gamma", "Hügel", "Inn", "Jura", "Kern", "Löwen")
_LAST = ("Bau AG", "Design GmbH", "& Söhne", "Logistik", "Studio", "Trading Ltd.", "Verlag", "Werk")
_CURRENCIES = ("CHF", "CHF", "CHF", "EUR", "EUR", "USD", "SEK")


@dataclass(frozen=True)
class Ledgers:
    """Rows under our names; `columns` say what the files call them. `extra` columns mean nothing to anyone."""

    invoices: list[Row]
    payments: list[Row]
    invoice_columns: Mapping[str, str]
    payment_columns: Mapping[str, str]
    date_format: str


class Maker:
    """One seed's habits, and the stories of its invoices."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.style = self.random.choice(("INV-{n:05d}", "RE 2026/{n:04d}", "{n}", "F2026-{n:03d}O", "KO.{n:04d}.I"))
        self.date_format = self.random.choice(("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y"))
        self.customers = [f"{first} {last}" for first in _FIRST for last in self.random.sample(_LAST, 2)]
        self.step = self.random.choice((1, 1, 3, 17))
        self.number = self.random.choice((1, 95, 7001, 88000))
        self.invoices: list[Row] = []
        self.payments: list[Row] = []

    def make(self, count: int) -> Ledgers:
        for _ in range(count):
            self.story()
        if self.random.random() < 0.5:
            self.random.shuffle(self.payments)
        habits = self.random
        return Ledgers(
            self.invoices,
            self.payments,
            habits.choice(_INVOICE_COLUMNS),
            habits.choice(_PAYMENT_COLUMNS),
            self.date_format,
        )

    def story(self) -> None:
        """One invoice and what came in for it."""
        self.number += self.random.randint(1, self.step)
        cents = self.random.choice((2900, 4990, 100000, self.random.randint(1, 999), self.random.randint(1000, 900000)))
        currency = self.random.choice(_CURRENCIES)
        issued = date(2026, 1, 1) + timedelta(self.random.randint(0, 200))
        customer = self.random.choice(self.customers)
        number = self.style.format(n=self.number)
        invoice = {
            "invoice": number, "customer": customer, "date": self.day(issued),
            "due": self.day(issued + timedelta(self.random.choice((10, 30, 60)))), "amount": self.amount(cents),
            "currency": currency, "email": f"pay@{self.number}.example",
        }  # fmt: skip
        self.invoices.append(invoice)
        self.trouble(invoice, cents)
        for paid in self.parts(cents):
            self.pay(customer, number, paid, currency, issued + timedelta(self.random.randint(1, 40)))

    def trouble(self, invoice: Row, cents: int) -> None:
        """What is wrong with some invoices: entered twice, negative, illegible, with blanks."""
        kind = self.random.random()
        if kind < 0.04:
            again = dict(invoice)
            if self.random.random() < 0.4:
                again["invoice"] = re.sub("([0-9])", r"0\1", again["invoice"], count=1).lower()
            if self.random.random() < 0.3:
                again["amount"] = self.amount(cents + 500)
            self.invoices.append(again)
        elif kind < 0.06:
            invoice["amount"] = "-" + invoice["amount"]
        elif kind < 0.10:
            field = self.random.choice(("invoice", "date", "due", "amount", "currency"))
            invoice[field] = self.random.choice(("", "n/a", '?"*', "12,345", "2026-02-30", "1.2.3", "Fr. 20", "0-0"))
        elif kind < 0.14:
            invoice[self.random.choice(("due", "currency", "customer", "email"))] = ""
        elif kind < 0.15:
            invoice["amount"] = "0.00"

    def parts(self, cents: int) -> list[int]:
        """The payments that an invoice gets, in cents."""
        kind = self.random.random()
        if kind < 0.15:
            return []
        if kind < 0.55:
            return [cents]
        if kind < 0.65:
            return [max(1, cents + self.random.randint(-6, 6))]
        if kind < 0.75:
            first = self.random.randint(1, max(1, cents - 1))
            return [first, max(1, cents - first)] if self.random.random() < 0.6 else [first]
        if kind < 0.82:
            return [max(1, cents // 2)] * self.random.randint(1, 3)
        if kind < 0.90:
            return [cents] * self.random.randint(2, 3)
        return [cents + self.random.randint(1, 5000)]

    def pay(self, customer: str, number: str, cents: int, currency: str, day: date) -> None:
        paid_in = currency
        if self.random.random() < 0.12:
            paid_in = self.random.choice(_CURRENCIES)
            cents = max(1, round(cents * self.random.choice((0.95, 1 / 0.95, 0.8, 1 / 0.8, 0.842105, 1.1875, 1))))
        payment = {
            "payment": f"P{len(self.payments) + 1:05d}", "payer": self.payer(customer), "date": self.day(day),
            "amount": self.amount(cents), "currency": paid_in, "reference": self.reference(number),
        }  # fmt: skip
        self.payments.append(payment)
        kind = self.random.random()
        if kind < 0.02:
            self.payments.append(dict(payment))
        elif kind < 0.05:
            again = dict(payment, payment=f"P{len(self.payments) + 1:05d}")
            again["date"] = self.day(day + timedelta(self.random.choice((0, 3, 7, 8, 30))))
            self.payments.append(again)
        elif kind < 0.07:
            payment["amount"] = "-" + payment["amount"]
        elif kind < 0.10:
            field = self.random.choice(("payment", "date", "amount", "currency", "payer"))
            payment[field] = self.random.choice(("", "x", "1,234", "0", "31.31.2026", "20260105", "1'00"))

    def payer(self, customer: str) -> str:
        kind = self.random.random()
        if kind < 0.15:
            return customer.upper().replace("Ö", "O")
        return self.random.choice(self.customers) if kind < 0.25 else customer

    def reference(self, number: str) -> str:
        """What a payer writes for an invoice's number."""
        kind = self.random.random()
        if kind < 0.45:
            return number
        if kind < 0.55:
            return (
                number.lower()
                .replace("-", self.random.choice((" ", "", "/")))
                .translate(self.random.choice(({}, {48: "O"}, {49: "I"})))
            )
        if kind < 0.62:
            return number.replace("0", "", 1)
        if kind < 0.70:
            words = ("Rechnung", "invoice no.", "Zahlung,", "Order 17;", "2026", "merci")
            return f"{self.random.choice(words)} {self.slipped(number, 0.2)} {self.random.choice(words)}"
        if kind < 0.90:
            return self.slipped(number, 1)
        return self.random.choice(("", "", "Danke", "Januar", "n/a", "0", "-"))

    def slipped(self, text: str, chance: float) -> str:
        """The text with one or two slips of the keyboard."""
        for _ in range(self.random.choice((1, 1, 1, 2))):
            if self.random.random() > chance or len(text) < 2:
                continue
            at = self.random.randrange(len(text) - 1)
            other = self.random.choice("0123456789ABX")
            text = self.random.choice((
                text[:at] + other + text[at + 1 :],
                text[:at] + text[at + 1 :],
                text[:at] + other + text[at:],
                text[:at] + text[at + 1] + text[at] + text[at + 2 :],
            ))  # fmt: skip
        return text

    def day(self, day: date) -> str:
        return day.isoformat() if self.random.random() < 0.05 else day.strftime(self.date_format)

    def amount(self, cents: int) -> str:
        """An amount as one of many hands would write it."""
        kind = self.random.random()
        if kind < 0.7:
            return f"{cents / 100:.2f}"
        if kind < 0.8:
            return f"{cents / 100:,.2f}".replace(",", self.random.choice((",", "'", " ", "’", "\u00a0")))
        if kind < 0.9:
            return f"{cents / 100:,.2f}".translate(str.maketrans(",.", ".,"))
        if kind < 0.95:
            return f"{cents / 100:.2f}".replace(".", ",")
        return f" +{cents / 100:.2f} " if cents % 100 else str(cents // 100)


def generate(seed: int, count: int) -> Ledgers:
    """About `count` invoices and somewhat more payments. The same seed gives the same ledgers."""
    return Maker(seed).make(count)


def shown(row: Mapping[str, str], columns: Mapping[str, str]) -> Row:
    """A row under the names of the firm's own file, with a column that nobody asked for."""
    return {"Filiale": "Bern, West", **{theirs: row[ours] for ours, theirs in columns.items()}}
