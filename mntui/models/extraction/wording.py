"""Sentences made of the input: explanations that cite values, letters, subjects, summaries, listings.

A sentence is quoted from a text, or joins values with a few fixed words. Nothing is promised and nothing is guessed:
what isn't in the input isn't in the sentence.
"""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from mntui.core.frozen import frozen
from mntui.core.values import Json
from mntui.models.extraction.reading import (
    Fact,
    Source,
    beginning,
    mentioned,
    name_words,
    prose,
    sentences,
    stem,
    word_set,
    words,
)
from mntui.models.extraction.records import Record, cite, is_money, joined, pair, record_of, said

_CLOSINGS: Mapping[str, str] = MappingProxyType(
    {
        "remind": "Please pay the missing amount.",
        "refund": "Please tell us where to send the refund.",
        "check": "Please check these values and tell us what they belong to.",
        "": "Please reply if something here is not right.",
    }
)
_INSIDE = frozenset(("score", "confidence", "status", "file", "source", "rule", "match", "kind", "step", "matched"))
_COMMON = word_set(
    "a about after all also am an and any are as at be because been but by can could did do does for from get "
    "had has have he her him his how i if in into is it its just like may me more my no not of on or our out "
    "please she so some than that the their them then there they this to up us was we were what when since "
    "cannot which who will with would you your hello hi dear regards"
)
LISTED = 12


@frozen
class Brief:
    """What a text is for: the words that describe it, the labels already chosen beside it, and its longest size."""

    hint: str = ""
    chosen: tuple[str, ...] = ()
    characters: int = 800


def explanation(source: Source, brief: Brief) -> str:
    """What the values say: the record with its values cited, else the text's salient sentences."""
    record = record_of(source)
    text = longest_prose(source)
    if record and not (text and (record.quoted or len(record.facts) < 3)):
        quoted = _quoted(text, record)
        return shortened([*_record_sentences(record, source, brief), *quoted], brief.characters)
    if text:
        return _capital(shortened(list(salient(text, 3)), brief.characters))
    return listing(source, brief)


def letter(source: Source, brief: Brief) -> str:
    """A message to the one the input is about, ready for a person to edit."""
    record = record_of(source)
    text = longest_prose(source)
    if record and not (text and (record.quoted or len(record.facts) < 3)):
        outward = Record(
            tuple(
                fact for fact in record.facts if not _INSIDE.intersection(name_words(fact.name)) or fact == record.label
            )
        )
        greeting = f"Dear {said(record.party.value)}," if record.party else "Hello,"
        body = shortened(_record_sentences(outward, source, brief, party=False), brief.characters)
        return f"{greeting}\n\n{body}\n\n{_closing(brief.chosen, record)}\n\nKind regards"
    if not text:
        return listing(source, brief)
    sender = _display_name(record) if record else ""
    greeting = f"Hello {sender}," if sender else "Hello,"
    about = _header(source, "subject")
    thanks = f"thank you for your message about “{about}”." if about else "thank you for your message."
    quote = shortened(list(salient(text, 2)), min(brief.characters, 300))
    return f"{greeting}\n\n{thanks} You wrote: “{quote}”\n\nKind regards"


def subject(source: Source, brief: Brief) -> str:
    """One line that says what it is about."""
    about = _header(source, "subject")
    record = record_of(source)
    text = longest_prose(source)
    if about:
        return about if about.lower().startswith("re:") else f"Re: {about}"
    if record and not (text and len(record.facts) < 3):
        name = _identity(record)
        what = _gap(record) or _plain_label(record)
        line = ", ".join(part for part in (name, what) if part) or _record_sentences(record, source, brief)[0].rstrip(
            "."
        )
        reminding = any(stem(name_words(label)[0]) == "remind" for label in brief.chosen if name_words(label))
        return shortened([f"Reminder: {line}" if reminding else _capital(line)], brief.characters)
    return shortened([salient(text, 1)[0].rstrip(".")], min(brief.characters, 80)) if text else listing(source, brief)


def listing(source: Source, brief: Brief) -> str:
    """The values themselves, a line each; a list of many things with how many are of which status."""
    tops = [fact for fact in source.facts if len(fact.path) == 1]
    lines: list[str] = []
    for fact in tops:
        if isinstance(fact.value, list):
            lines += _list_lines(fact)
        elif isinstance(fact.value, dict):
            inner = [item for item in source.facts if item.path[:1] == fact.path and item.short and not item.quoted]
            lines += [f"{_title(fact)}: {', '.join(pair(item) for item in inner[:LISTED])}"] if inner else []
        elif fact.short:
            lines.append(f"{_title(fact)}: {said(fact.value)}")
        elif isinstance(fact.value, str) and fact.value.strip():
            lines.append(f"{_title(fact)}: {' '.join(salient(fact.value, 2))}")
    return _lines_within(lines, brief.characters)


def points(source: Source, count: int) -> tuple[str, ...]:
    """Single statements: salient sentences of the text, else the record's values."""
    text = longest_prose(source)
    if text:
        return salient(text, count)
    record = record_of(source)
    return tuple(pair(fact, record.currency) for fact in record.plain(())[:count]) if record else ()


def keywords(text: str, count: int) -> tuple[str, ...]:
    """The words said most often, common ones left out, of equals the first."""
    counted = Counter(word for word in words(text) if len(word) > 3 and word not in _COMMON and not word.isdigit())
    return tuple(word for word, _ in counted.most_common(count))


def salient(text: str, count: int) -> tuple[str, ...]:
    """The sentences whose words the text repeats most, the first one and those with figures ahead; in order."""
    text = beginning(text)
    parts = list(dict.fromkeys(part for part in sentences(prose(text) or text) if words(part)))
    weight = Counter(stem(word) for word in words(text) if word not in _COMMON)

    def worth(place: int) -> int:
        own = [stem(word) for word in words(parts[place]) if word not in _COMMON]
        figures = any(character.isdigit() for character in parts[place])
        greeting = len(own) < 2
        return (
            100 * sum(weight[word] for word in own) // (len(own) + 3)
            + 60 * (place == 0)
            + 40 * figures
            - 200 * greeting
        )

    chosen = sorted(range(len(parts)), key=lambda place: (-worth(place), place))[:count]
    return tuple(parts[place] for place in sorted(chosen)) or ((text.strip(),) if text.strip() else ())


def longest_prose(source: Source) -> str:
    """The longest given text that has sentences: five words or more outside its header lines."""
    texts = [prose(beginning(fact.value)) for fact in source.facts if isinstance(fact.value, str) and not fact.quoted]
    return max((text for text in texts if len(words(text)) >= 5), key=len, default="")


def shortened(parts: list[str], characters: int) -> str:
    """As many whole sentences as fit; a first one that doesn't is cut between words."""
    kept: list[str] = []
    for part in parts:
        if kept and len(" ".join([*kept, part])) > characters:
            break
        kept.append(part)
    text = " ".join(kept)
    if len(text) <= characters:
        return text
    cut = text[: max(characters - 1, 1)]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(" ,;:") + "…"


def _record_sentences(record: Record, source: Source, brief: Brief, *, party: bool = True) -> list[str]:
    """`Invoice INV-17 (Acme): partial payment. Amount 120.00, paid 100.00: 20.00 missing. Due date 2026-10-31.`"""
    wanted = {fact.path for fact in mentioned(source, brief.hint)} & {fact.path for fact in record.facts}
    name, label = _identity(record), " – ".join(part for part in (_plain_label(record), _why(record)) if part)
    party_name = said(record.party.value) if party and record.party else ""
    who = f"{name} ({party_name})" if name and party_name else name or party_name
    sentences_ = [f"{_capital(': '.join(part for part in (who, label) if part))}."] if who or label else []
    balance = record.balance
    told: list[Fact | None] = [record.identity, record.party, record.label, record.why]
    if balance and (not wanted or {balance.due.path, balance.paid.path} <= wanted):
        sentences_.append(_balance_sentence(record))
        told += [balance.due, balance.paid, balance.gap]
    rest = [fact for fact in record.plain(tuple(told)) if not wanted or fact.path in wanted]
    if rest:
        sentences_.append(f"{_capital(', '.join(pair(fact, record.currency) for fact in rest[:LISTED]))}.")
    return sentences_ or [f"{_capital(joined([pair(fact, record.currency) for fact in record.facts[:LISTED]]))}."]


def _balance_sentence(record: Record) -> str:
    balance = record.balance
    if balance is None:
        return ""
    stated = f": {_gap(record)}" if balance.gap else ""
    return f"{_capital(pair(balance.due, record.currency))}, {pair(balance.paid, record.currency)}{stated}."


def _gap(record: Record) -> str:
    """`20.00 EUR missing`, where the input itself says how much."""
    balance = record.balance
    if balance is None or balance.gap is None:
        return ""
    return f"{cite(balance.gap, record.currency).lstrip('-')} {balance.word}"


def _quoted(text: str, record: Record) -> list[str]:
    """The one sentence of a text given beside the record that speaks of the record's label."""
    own = [said(fact.value) for fact in record.facts]
    if not text or not record.label or text in own:
        return []
    label = {stem(word) for word in words(said(record.label.value))}
    speaking = (part for part in sentences(text) if label & {stem(word) for word in words(part)})
    return [f"“{part}”" for part in list(speaking)[:1]]


def _closing(chosen: tuple[str, ...], record: Record) -> str:
    for label in chosen:
        key = stem(name_words(label)[0]) if name_words(label) else ""
        balance = record.balance
        if key == "remind" and balance and balance.gap and balance.word != "too much":
            return f"Please pay the {balance.word} {cite(balance.gap, record.currency).lstrip('-')}."
        if key in _CLOSINGS:
            return _CLOSINGS[key]
    return _CLOSINGS[""]


def _identity(record: Record) -> str:
    fact = record.identity
    if fact is None:
        return ""
    nouns = [word for word in name_words(fact.name) if word not in ("id", "number", "no", "nr", "ref", "key", "code")]
    if not nouns and record.sort:
        nouns = [record.sort]
    value = said(fact.value)
    # `ticket-7` and `Invoice 17` already say what they are.
    return value if nouns and value.lower().startswith(nouns[0]) else " ".join([*nouns, value])


def _why(record: Record) -> str:
    return said(record.why.value).rstrip(".") if record.why else ""


def _plain_label(record: Record) -> str:
    return said(record.label.value).replace("_", " ") if record.label else ""


def _display_name(record: Record) -> str:
    sender = next((fact for fact in record.facts if name_words(fact.name) in (("from",), ("sender",), ("name",))), None)
    name = said(sender.value).split("<")[0].strip(' "') if sender else ""
    return "" if "@" in name else name


def _header(source: Source, name: str) -> str:
    return next((said(fact.value) for fact in source.facts if fact.quoted and fact.name.lower() == name), "")


def _list_lines(fact: Fact) -> list[str]:
    items: list[Json] = fact.value
    statuses = Counter(
        status for item in items if isinstance(item, dict) and isinstance(status := item.get("status"), str)
    )
    counted = f" ({', '.join(f'{count} {status}' for status, count in statuses.items())})" if statuses else ""
    lines = [f"{_title(fact)}: {len(items)}{counted}"]
    lines += [f"- {shortened([_item_line(item)], 200)}" for item in items[:LISTED]]
    return [*lines, f"- and {len(items) - LISTED} more"] if len(items) > LISTED else lines


def _item_line(item: Json) -> str:
    if not isinstance(item, dict):
        return said(item)
    facts = [Fact((str(key),), value) for key, value in item.items() if value is not None and value not in ("", {}, [])]
    return ", ".join(
        pair(fact) if is_money(fact) or fact.short else f"{fact.name} {said(fact.value)}" for fact in facts
    )


def _lines_within(lines: list[str], characters: int) -> str:
    kept: list[str] = []
    for line in lines:
        if kept and len("\n".join([*kept, line])) > characters:
            break
        kept.append(line)
    return "\n".join(kept) if len(kept) > 1 else shortened(kept, characters)


def _title(fact: Fact) -> str:
    return _capital(" ".join(name_words(fact.name)) or fact.name)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
