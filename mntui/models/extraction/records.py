"""One thing the input is about, as named values that a sentence can cite: an invoice, a payment, a ticket's header.

Values are cited as they were given. The one thing worked out here is whether less or more was paid than is due, and
that only where the given values agree on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from mntui.core.values import Json
from mntui.models.extraction.reading import Fact, Source, name_words, word_set
from mntui.models.extraction.spotting import parse_number

_IDENTITIES = ("id", "number", "no", "nr", "reference", "ref", "key", "code")
_PARTIES = (
    "customer",
    "client",
    "party",
    "payer",
    "debtor",
    "supplier",
    "vendor",
    "sender",
    "company",
    "contact",
    "from",
    "name",
)
_LABELS = ("kind", "type", "category", "exception", "issue", "problem", "finding", "status", "state")
_WHYS = ("why", "reason", "because", "cause")
_SORTS = ("side", "entity", "object", "document", "document_type")
_MONEY = word_set(
    "amount total sum price paid difference balance open missing outstanding received expected invoiced fee "
    "cost credit debit net gross tax vat refund overpaid"
)
_NOT_MONEY = frozenset(("cents", "count", "days", "percent", "id", "number", "date", "at", "on", "by", "rate"))
_MANNERS = word_set("tone style language format locale today now index row line path currency side email remind")
_DUE = ("amount", "invoiced", "invoice_amount", "amount_due", "total", "expected", "total_amount")
_PAID = ("paid", "paid_amount", "amount_paid", "received", "payment_amount", "amount_received")
_OPEN = ("open", "outstanding", "remaining", "balance", "still_open")
_GAP = ("difference", "missing", "diff", "gap", *_OPEN)
_SPANS = ("days", "hours", "weeks", "months", "minutes")
_QUIET_ZEROS = frozenset((*_GAP, *_SPANS))


@dataclass(frozen=True, slots=True)
class Balance:
    """What is due against what was paid; `word` says which way they differ: `missing`, `open` or `too much`."""

    due: Fact
    paid: Fact
    gap: Fact | None
    word: str


@dataclass(frozen=True, slots=True)
class Record:
    """The named values of one thing, in the order given. `quoted` ones were read out of a text's header lines."""

    facts: tuple[Fact, ...]
    quoted: bool = False
    by_name: Mapping[str, Fact] = field(init=False)

    def __post_init__(self) -> None:
        first = {"_".join(name_words(fact.name)): fact for fact in reversed(self.facts)}
        object.__setattr__(self, "by_name", MappingProxyType(first))

    @property
    def label(self) -> Fact | None:
        """What kind of case it is: `partial payment`."""
        return self._first(_LABELS, text_only=True)

    @property
    def why(self) -> Fact | None:
        """What the input itself says is the matter: `only a part was paid`."""
        return self._first(_WHYS, text_only=True)

    @property
    def sort(self) -> str:
        """What it is, where a value says so beside a bare id: `invoice`."""
        found = self._first(_SORTS, text_only=True)
        return said(found.value).lower() if found else ""

    @property
    def party(self) -> Fact | None:
        """Whom it is about."""
        plain = self._first(_PARTIES, text_only=True)
        return plain or next(
            (
                fact
                for fact in self.facts
                if isinstance(fact.value, str)
                and name_words(fact.name)[-1:] == ("name",)
                and len(name_words(fact.name)) > 1
            ),
            None,
        )

    @property
    def identity(self) -> Fact | None:
        """What it is called: an invoice before a payment before any other number."""
        ids = [fact for fact in self.facts if (parts := name_words(fact.name)) and parts[-1] in _IDENTITIES]
        bare = [
            fact
            for fact in self.facts
            if name_words(fact.name) in (("invoice",), ("payment",), ("order",), ("ticket",))
        ]
        ranked = [
            fact
            for noun in ("invoice", "payment", "order", "ticket")
            for fact in [*bare, *ids]
            if noun in name_words(fact.name)
        ]
        several = [fact for fact in ids if len(name_words(fact.name)) > 1 and name_words(fact.name)[0] not in _PARTIES]
        return next(iter([*ranked, *several, *ids]), None)

    @property
    def currency(self) -> str:
        found = self._first(("currency",), text_only=True)
        return str(found.value) if found else ""

    @property
    def balance(self) -> Balance | None:
        due, paid = self._first(_DUE), self._first(_PAID)
        owed, given = exact(due.value) if due else None, exact(paid.value) if paid else None
        if due is None or paid is None or owed is None or given is None or owed == given:
            return None
        gaps = (fact for name in _GAP if (fact := self._first((name,))))
        gap = next((fact for fact in gaps if abs(exact(fact.value) or 0) == abs(owed - given)), None)
        short = "open" if gap and "_".join(name_words(gap.name)) in _OPEN else "missing"
        return Balance(due, paid, gap, short if given < owed else "too much")

    def plain(self, hidden: tuple[Fact | None, ...]) -> tuple[Fact, ...]:
        """The values to list: all but those already said, those that only say how to answer, and gaps of zero."""
        gone = {fact.path for fact in hidden if fact}
        return tuple(
            fact
            for fact in self.facts
            if fact.path not in gone
            and not _MANNERS.intersection(name_words(fact.name))
            and not (
                exact(fact.value) == 0 and {"_".join(name_words(fact.name)), *name_words(fact.name)[:1]} & _QUIET_ZEROS
            )
        )

    def _first(self, names: tuple[str, ...], *, text_only: bool = False) -> Fact | None:
        found = (self.by_name[name] for name in names if name in self.by_name)
        return next((fact for fact in found if not text_only or isinstance(fact.value, str)), None)


def record_of(source: Source) -> Record | None:
    """The group of values under one parent that says most; None where nothing short is given.

    Two given values that stand together come before a text's header lines, these before a single value.
    """
    groups: dict[tuple[tuple[str, ...], bool], list[Fact]] = {}
    for fact in source.facts:
        if fact.short or _citable_list(fact.value):
            groups.setdefault((fact.path[:-1], fact.quoted), []).append(fact)
    best, most = None, (0, 0)
    for (parent, quoted), facts in groups.items():
        telling = sum(not _MANNERS.intersection(name_words(fact.name)) for fact in facts)
        inner = [] if quoted else _inner(source, parent)
        weight = ((0 if telling < 2 else 1 if quoted else 2), 2 * telling + len(inner))
        if telling and weight > most:
            best, most = Record((*facts, *inner), quoted), weight
    return best


def cite(fact: Fact, currency: str = "") -> str:
    """A value as text: money with two decimals and its currency, lists joined, nothing rounded."""
    value = fact.value
    if isinstance(value, list):
        return joined([said(item) for item in value])
    if is_money(fact) and exact(value) is not None:
        text = f"{value:.2f}" if isinstance(value, float) and round(value, 2) == value else said(value)
        return f"{text} {currency}" if currency and currency not in text else text
    return said(value)


def pair(fact: Fact, currency: str = "") -> str:
    """`paid 100.00 EUR`, `due date 2026-10-31`, `12 days late`, `not past due`."""
    cited = cite(fact, currency)
    name = " ".join(name_words(fact.name)) or fact.name
    if isinstance(fact.value, bool):
        return name if fact.value else f"not {name}"
    if name.split(" ", 1)[0] in _SPANS and " " in name:
        return f"{cited} {name}"
    quoted = f"“{cited}”" if isinstance(fact.value, str) and len(cited.split()) > 2 else cited
    return f"{name} {quoted}"


def said(value: Json) -> str:
    """Any small value as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return " ".join(said(item) for item in value.values() if item is not None and item != "")
    if isinstance(value, list):
        return joined([said(item) for item in value])
    return "none" if value is None else str(value).strip()


def joined(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def is_money(fact: Fact) -> bool:
    parts = name_words(fact.name)
    return bool(_MONEY.intersection(parts)) and not _NOT_MONEY.intersection(parts)


def exact(value: Json) -> Decimal | None:
    """A number, or a text that starts with one (`120.00 EUR`), without binary rounding."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return Decimal(str(value))
    if isinstance(value, str) and value.strip():
        parts = value.split()
        number = next((parsed for part in parts[:2] if (parsed := parse_number(part)) is not None), None)
        return Decimal(str(number)) if number is not None and len(parts) <= 2 else None
    return None


def _citable_list(value: Json) -> bool:
    return isinstance(value, list) and 0 < len(value) <= 6 and all(len(said(item)) <= 80 for item in value)


def _inner(source: Source, parent: tuple[str, ...]) -> list[Fact]:
    """Short values one level deeper (`customer: {name}`), renamed to say whose they are."""
    depth = len(parent)
    return [
        Fact((*parent, fact.path[depth] if fact.name == "name" else f"{fact.path[depth]}_{fact.name}"), fact.value)
        for fact in source.facts
        if len(fact.path) == depth + 2 and fact.path[:depth] == parent and fact.short and not fact.quoted
    ]
