"""What the input says for one field: a value under a near name, a label, a figure near the name, a text that cites.

Every function yields candidates, best first, each with whether it was found in the input.
"""

import re
from collections.abc import Iterator

from mntui.core.frozen import frozen
from mntui.core.values import Json
from mntui.models.extraction import wording
from mntui.models.extraction.labels import nearest, same_label, spoken_for
from mntui.models.extraction.reading import (
    GENERIC,
    Fact,
    Source,
    mentioned,
    name_words,
    named,
    sentences,
    stem,
    stems,
    word_set,
)
from mntui.models.extraction.records import cite, exact, pair, record_of, said
from mntui.models.extraction.schemas import Schema, types
from mntui.models.extraction.spotting import URL, affirmed, dates, denied, emails, near, numbers
from mntui.models.extraction.wording import Brief

Candidate = tuple[bool, Json]
_EXPLAINING = word_set(
    "explanation summary reason why rationale note notes comment comments analysis details description finding "
    "report answer overview conclusion justification evidence text"
)
_LETTERS = word_set("body reply draft letter message response mail")
_SUBJECTS = word_set("subject title headline heading topic")
_ASIDES = word_set("note notes comment comments")
_STATEMENTS = word_set(
    "points highlights facts findings reasons sentences lines evidence statements explanations details"
)
_KEYWORDS = word_set("keywords tags topics words")
_ACTIONS = word_set("actions todo todos tasks steps")
_ADDRESSES = word_set("to email mail recipient address sender cc")
_SENDERS = (("reply", "to"), ("from",), ("sender",), ("email",), ("customer", "email"))
_DATED = word_set("date day due deadline at on since until from")
_SUMS = word_set("amount total sum price cost balance")
_ONLY = re.compile(r"\b(?:only (?:if|for|when|where|with|on)|unless|if not|except (?:for|when))\b(.*)", re.IGNORECASE)
_TO_DO = ("please", "must", "should", "need to", "has to", "have to", "todo", "action")
_TRUE = ("yes", "true")
_FALSE = ("no", "false")


@frozen
class Field:
    """One field of a contract: its keys from the root, its schema, the source to read, and what stands beside it.

    `whole` is the source before it was narrowed to an object of the same name; `chosen` and `labels` are the labels
    taken and offered beside it; a `closed` field belongs to a label that wasn't chosen, so it stays empty.
    """

    path: tuple[str, ...]
    schema: Schema
    source: Source
    whole: Source
    required: bool = True
    siblings: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    closed: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        return name_words(self.path[-1]) if self.path else ()

    @property
    def hint(self) -> str:
        return str(self.schema.get("description", ""))

    def named(self) -> tuple[Fact, ...]:
        """The facts of the same or a near name; none of a merely general name in an unknown object."""
        if not self.path:
            return ()
        if self.source is not self.whole or len(self.path) == 1:
            own = named(self.source, self.path[-1:])
            return own or (named(self.whole, self.path[-2:]) if len(self.path) > 1 else ())
        parents = frozenset(stem(word) for part in self.path[:-1] for word in name_words(part))
        known = any(
            stem(word) in parents for fact in self.whole.facts for part in fact.path for word in name_words(part)
        )
        if known:
            return named(self.whole, self.path[-2:])
        return () if all(word in GENERIC for word in self.words) else named(self.whole, self.path[-1:])


def is_due(field: Field) -> bool:
    """Whether a field is wanted, given the labels chosen beside it.

    `only for remind`, in its description or in an instruction that names it, asks for that label; so does a name
    that holds a label (`reminder_body` beside `remind | refund`).
    """
    if not field.path or not field.labels:
        return True
    own = frozenset(stem(word) for word in field.words)
    called = [label for label in field.labels if own & {stem(word) for word in name_words(label)} | _agents(label, own)]
    written = field.words[-1:] and field.words[-1] in _LETTERS | _SUBJECTS | _EXPLAINING
    if called and (written or "object" in types(field.schema)) and not field.named():
        return any(label in field.chosen for label in called)
    name = f" {' '.join(field.words)} "
    instructions = sentences(field.source.instructions)
    telling = [field.hint, *(part for part in instructions if name in f" {' '.join(name_words(part))} ")]
    for text in telling:
        clause = _ONLY.search(text)
        asked = frozenset(stems(clause.group(1).replace("_", " "))) if clause else frozenset()
        meant = [label for label in field.labels if asked and all(stem(word) in asked for word in name_words(label))]
        if meant:
            return any(label in field.chosen for label in meant)
    return True


def labelled(field: Field) -> Iterator[Candidate]:
    """Values of an enumeration: the one given under its name, the nearest label, the label for everything else."""
    values: list[Json] = list(field.schema["enum"])
    labels = tuple(value for value in values if isinstance(value, str))
    for fact in field.named():
        if fact.value in values and isinstance(fact.value, bool) in [
            isinstance(value, bool) for value in values if value == fact.value
        ]:
            yield True, fact.value
        elif isinstance(fact.value, str) and (label := same_label(fact.value, labels)):
            yield True, label
    flagged = {label: fact.value for fact in field.source.facts if (label := _flag(fact, labels))}
    yield from ((True, label) for label, up in flagged.items() if up)
    labels = tuple(label for label in labels if flagged.get(label, True)) or labels
    if labels:
        for text in (*_case(field.source), field.source.text, field.whole.text):
            choice = nearest(labels, field.source, text=text)
            if choice.score:
                yield True, choice.label
        if None in values:
            yield False, None
        yield False, nearest(labels, field.source, text="").label
    yield from ((False, value) for value in sorted(values, key=lambda value: value is not None))


def scalars(field: Field, kind: str) -> Iterator[Candidate]:
    """Numbers and booleans."""
    if kind == "boolean":
        yield from _booleans(field)
    elif kind in ("integer", "number"):
        for value in _figures(field):
            if kind == "number":
                yield True, value
            elif value == int(value):
                yield True, int(value)


def texts(field: Field, characters: int) -> Iterator[Candidate]:
    """Texts: formats and patterns as they stand in the input, values under the name, else sentences that cite."""
    form = field.schema.get("format", "")
    last = field.words[-1] if field.words else ""
    if form in ("date", "date-time"):
        yield from _days(field)
    elif form == "email" or (last in _ADDRESSES and not form):
        yield from _addresses(field)
    elif form in ("uri", "url"):
        yield from ((True, match.group()) for match in URL.finditer(field.source.text))
    elif "pattern" in field.schema:
        yield from ((True, text) for text in _matching(field))
    elif last in _LETTERS | _SUBJECTS | _EXPLAINING:
        yield from _written(field, last, characters)
    else:
        yield from ((True, cite(fact)) for fact in field.named() if fact.short or isinstance(fact.value, str | list))
        if set(field.words) & _DATED:
            yield from ((True, spot.said) for spot in near(field.source.text, field.words, dates))
        told = [fact for fact in mentioned(field.source, field.hint) if fact.short]
        if told:
            yield True, said(told[0].value) if len(told) == 1 else ", ".join(pair(fact) for fact in told)


def lists(field: Field, items: Schema) -> Iterator[list[Json]]:
    """Given lists under the field's name; a text with commas as its parts; the input's only list of things."""
    for fact in field.named():
        if isinstance(fact.value, list):
            yield fact.value
        elif isinstance(fact.value, str) and "string" in types(items) and "enum" not in items:
            yield [part.strip() for part in re.split(r"[,;\n]", fact.value) if part.strip()]
        elif fact.short:
            yield [fact.value]
    things = [fact.value for fact in field.source.facts if isinstance(fact.value, list) and fact.value]
    if len(things) == 1 and "object" in types(items):
        yield things[0]


def statements(field: Field, items: Schema, characters: int) -> tuple[Json, ...]:
    """Items read out of running text: the labels it speaks for, its keywords, its salient sentences, its figures."""
    if "enum" in items:
        return spoken_for(tuple(label for label in items["enum"] if isinstance(label, str)), field.source)
    own = set(field.words)
    text = wording.longest_prose(field.source)
    if "string" in types(items):
        if own & _KEYWORDS:
            return wording.keywords(text, 5)
        if own & _ACTIONS:
            return tuple(part for part in sentences(text) if affirmed(part, _TO_DO))
        if own & _STATEMENTS:
            return tuple(wording.shortened([point], characters) for point in wording.points(field.source, 3))
        if own & {"emails", "addresses", "recipients"}:
            return tuple(spot.said for spot in emails(field.source.text))
        if own & {"dates", "days"}:
            return tuple(spot.value for spot in dates(field.source.text))
    return ()


def _agents(label: str, own: frozenset[str]) -> frozenset[str]:
    """`remind` in `reminder`: the words of a name that a label's first word begins."""
    first = stem(name_words(label)[0]) if name_words(label) else ""
    return frozenset(word for word in own if len(first) > 3 and word.startswith(first))


def _flag(fact: Fact, labels: tuple[str, ...]) -> str | None:
    """The label that a true or false value is named after (`remind: false`)."""
    return same_label(fact.name, labels) if isinstance(fact.value, bool) else None


def _case(source: Source) -> tuple[str, ...]:
    """What the record says about its own case: its label, and whether less or more was paid than is due."""
    record = record_of(source)
    if record is None:
        return ()
    label = (f"{record.sort} {said(record.label.value)}".replace("_", " "),) if record.label else ()
    balance = record.balance
    return (*label, "overpaid" if balance.word == "too much" else "underpaid") if balance else label


def _booleans(field: Field) -> Iterator[Candidate]:
    for fact in field.named():
        if isinstance(fact.value, bool):
            yield True, fact.value
        elif isinstance(fact.value, str) and fact.value.strip().lower() in (*_TRUE, *_FALSE):
            yield True, fact.value.strip().lower() in _TRUE
    telling = tuple(
        word for word in field.words if word not in {"is", "has", "was", "needs", "should", "requires", "are"}
    )
    text = field.source.text
    if telling and any(len(affirmed(part, telling)) == len(set(telling)) for part in sentences(text)):
        yield True, True
    elif telling and denied(text, telling):
        yield True, False
    elif len(telling) == 1 and nearest(telling, field.source).score:
        yield True, True


def _figures(field: Field) -> Iterator[int | float]:
    for fact in field.named():
        number = exact(fact.value)
        if number is not None:
            yield int(number) if number == int(number) else float(number)
        elif isinstance(fact.value, list) and "integer" in types(field.schema):
            yield len(fact.value)
    counted = [fact.value for fact in field.source.facts if isinstance(fact.value, list)]
    if {"count", "number"} & set(field.words) or field.words[:1] == ("total",):
        rest = tuple(word for word in field.words if word not in ("count", "number", "of", "total"))
        called = [fact.value for fact in named(field.source, rest) if isinstance(fact.value, list)] if rest else counted
        yield from (len(value) for value in called[:1] if len(called) == 1 or rest)
    for spot in near(field.source.text, field.words, numbers):
        yield float(spot.value) if isinstance(spot.value, float) else int(spot.value)
    alone = numbers(field.source.text)
    if len(alone) == 1 and _SUMS & set(field.words) and not isinstance(alone[0].value, str):
        yield alone[0].value


def _days(field: Field) -> Iterator[Candidate]:
    for fact in field.named():
        if isinstance(fact.value, str):
            yield True, fact.value
            yield from ((True, spot.value) for spot in dates(fact.value))
    yield from ((True, spot.value) for spot in near(field.source.text, field.words, dates))
    every = dates(field.source.text)
    if len({spot.value for spot in every}) == 1:
        yield True, every[0].value


def _addresses(field: Field) -> Iterator[Candidate]:
    """An address under the name; for the one to write to, where the message came from; else the only one there is."""
    outward = field.words[-1:] in (("to",), ("recipient",))
    senders = [fact for name in _SENDERS for fact in field.whole.facts if outward and name_words(fact.name) == name]
    given = [fact for fact in field.named() if not fact.quoted]
    for fact in [*given, *senders, *field.named()]:
        if isinstance(fact.value, str):
            yield from ((True, spot.said) for spot in emails(fact.value))
    everything = emails(field.source.text)
    if len({spot.said for spot in everything}) == 1 or (outward and everything):
        yield True, everything[0].said
    if field.schema.get("format") != "email":
        yield from ((True, said(fact.value)) for fact in given if fact.short)


def _matching(field: Field) -> Iterator[str]:
    for fact in field.named():
        if fact.short:
            yield said(fact.value)
    try:
        wanted = re.compile(field.schema["pattern"].removeprefix("^").removesuffix("$"))
    except re.error:
        return
    yield from (match.group() for match in wanted.finditer(field.source.text) if match.group())


def _written(field: Field, last: str, characters: int) -> Iterator[Candidate]:
    brief = Brief(field.hint, field.chosen, min(characters, field.schema.get("maxLength", characters)))
    replying = {"to", "recipient"} & set(field.siblings) or {"reply", "respond", "draft"} & set(
        stems(field.source.instructions)
    )
    same = [
        fact
        for fact in field.named()
        if fact.name == field.path[-1] and isinstance(fact.value, str) and not fact.quoted
    ]
    if same and not (replying and last in _LETTERS | _SUBJECTS):
        yield True, same[0].value
    writes_letter = last in _LETTERS or (last == "text" and {"to", "subject"} & set(field.siblings))
    if last in _SUBJECTS:
        text = wording.subject(field.source, brief)
    elif writes_letter:
        text = wording.letter(field.source, brief)
    else:
        text = wording.explanation(field.source, brief)
    if text:
        yield field.required or last not in _ASIDES, text
        yield field.required or last not in _ASIDES, wording.shortened([text], brief.characters)
