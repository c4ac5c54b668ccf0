"""The label nearest to an input: which of its words, and of the words its instructions explain it with, the input says.

Evidence, heaviest first: a value that is the label itself, the phrases of an instruction line (`urgent: outage, down`),
the label's own words, other words of sentences that name it, and a few cues for labels that most people use alike.
Where nothing speaks for any label, the one for everything else is taken, and the choice says that nothing was found.
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from mntui.core.frozen import frozen
from mntui.models.extraction.reading import Source, name_words, sentences, stem, word_set, words
from mntui.models.extraction.spotting import affirmed_each

_CUES: Mapping[tuple[str, ...], tuple[str, ...]] = MappingProxyType(
    {
        ("urgent", "high", "critical", "emergency"): (
            "urgent", "urgently", "asap", "immediately", "outage", "down", "critical", "emergency", "blocked",
            "right now", "cannot work", "can't work", "production",
        ),
        ("spam", "junk", "bin"): (
            "unsubscribe", "lottery", "winner", "won", "prize", "click here", "casino", "free money", "viagra",
            "crypto", "limited offer",
        ),
        ("billing", "payment", "invoice", "finance"): ("invoice", "charged", "payment", "billing", "receipt", "paid"),
        ("remind", "reminder", "dunning"): (
            "partial", "partially", "underpaid", "underpayment", "short payment", "unpaid", "overdue", "outstanding",
            "missing payment", "no payment", "open",
        ),
        ("refund", "repay", "credit"): (
            "refund", "overpaid", "overpayment", "payment duplicate", "duplicate payment", "paid twice", "money back",
        ),
        ("write", "writeoff"): ("rounding", "small difference", "tolerance", "cents", "bank fee", "trivial"),
        ("check", "review", "manual", "investigate", "human"): (
            "unmatched", "unknown", "ambiguous", "unclear", "unreadable", "mismatch", "suspicious", "conflict",
            "no invoice", "invoice duplicate", "duplicate invoice",
        ),
        ("bug", "technical", "support", "error"): (
            "error", "crash", "bug", "fails", "exception", "broken", "does not work",
        ),
        ("sales", "order"): ("quote", "pricing", "demo", "buy", "purchase", "order"),
        ("positive", "praise", "good"): ("thanks", "thank you", "great", "love", "happy", "excellent", "good"),
        ("negative", "complaint", "bad"): (
            "bad", "terrible", "angry", "disappointed", "unhappy", "poor", "worst", "complaint", "unacceptable",
        ),
    }
)  # fmt: skip
_PLAIN = frozenset(
    (
        "normal",
        "other",
        "else",
        "general",
        "default",
        "none",
        "unknown",
        "neutral",
        "misc",
        "medium",
        "standard",
        "check",
    )
)
_REST = re.compile(
    r"\b(otherwise|(every|any)thing else|all else|all others?|any other|the rest|by default|in doubt|if unsure)\b",
    re.IGNORECASE,
)
_FILLER = word_set(
    "a an and any are as at be by can choose do does for from has have if in into is it its label mentions of "
    "on one only or pick route says send should something speaks such take tells that the their them they this "
    "to use want wants when which who with you your ticket message text input answer reason word words key"
)
_WEIGHTS = MappingProxyType({"phrase": 4, "own": 3, "aside": 1, "cue": 1})


@frozen
class Choice:
    """A label, how much speaks for it (0: nothing does), and the words of the input that do."""

    label: str
    score: int
    found: tuple[str, ...] = ()


def nearest(labels: tuple[str, ...], source: Source, *, text: str | None = None) -> Choice:
    """The label that most of the input speaks for; of equals the first. `labels` must not be empty."""
    said = source.text if text is None else text
    weighed = [_weigh(label, labels, source.instructions, said) for label in labels]
    best = max(choice.score for choice in weighed)
    if best:
        return next(choice for choice in weighed if choice.score == best)
    return Choice(_for_the_rest(labels, source.instructions), 0)


def spoken_for(labels: tuple[str, ...], source: Source) -> tuple[str, ...]:
    """All labels that anything in the input speaks for, in their order."""
    return tuple(label for label in labels if _weigh(label, labels, source.instructions, source.text).score)


def same_label(value: str, labels: tuple[str, ...]) -> str | None:
    """The label that a value is, whatever its case and joints: `Partial payment` is `partial_payment`."""
    own = tuple(stem(word) for word in name_words(value))
    return next((label for label in labels if own and own == tuple(stem(word) for word in name_words(label))), None)


def _weigh(label: str, labels: tuple[str, ...], instructions: str, said: str) -> Choice:
    evidence = tuple(_evidence(label, labels, instructions))
    hits = affirmed_each(said, tuple(cue for _, cue in evidence))
    score, found = 0, []
    seen: list[frozenset[str]] = []
    for (kind, cue), hit in zip(evidence, hits, strict=True):
        own = tuple(stem(word) for word in words(cue))
        if hit and not any(other.issuperset(own) for other in seen):
            seen.append(frozenset(own))
            score += _WEIGHTS[kind] * len(own)
            found.append(hit)
    return Choice(label, score, tuple(dict.fromkeys(found)))


def _evidence(label: str, labels: tuple[str, ...], instructions: str) -> Iterator[tuple[str, str]]:
    """What would speak for a label, heaviest kind first."""
    own = name_words(label)
    lines = _explained(label, instructions)
    for phrase in (phrase for line in lines for phrase in _phrases(line)):
        yield "phrase", phrase
    if own:
        yield "own", " ".join(own)
    others = frozenset(stem(word) for other in labels if other != label for word in name_words(other))
    telling = [word for word in own if len(word) > 3 and stem(word) not in others]
    yield from (("own", word) for word in telling)
    theirs = frozenset(
        stem(word)
        for other in labels
        if other != label
        for line in _told(other, labels, instructions)
        for word in words(line)
    )
    asides = [word for line in _told(label, labels, instructions) for word in words(line)]
    yield from (
        ("aside", word)
        for word in asides
        if len(word) > 2 and word not in _FILLER and stem(word) not in theirs | others
    )
    stemmed = frozenset(stem(word) for word in own)
    for names, cues in _CUES.items():
        if any(stem(name) in stemmed for name in names):
            yield from (("cue", cue) for cue in cues)


def _explained(label: str, instructions: str) -> list[str]:
    """What the instruction lines `label: …`, `- **label** — …` or `label = …` say about it."""
    name = r"[ _-]".join(re.escape(word) for word in name_words(label)) or re.escape(label)
    line = re.compile(
        rf"^[\s>*+\d.)#-]*[`*\"'_]*{name}[`*\"'_]*\s*(?::|=|–|—|->|→|\bif\b|\bwhen\b|- )\s*(.+)$",
        re.IGNORECASE | re.MULTILINE,
    )
    return [match.group(1) for match in line.finditer(instructions)]


def _told(label: str, labels: tuple[str, ...], instructions: str) -> list[str]:
    """The lines and sentences that explain a label or name it and no other one."""
    names = [" ".join(name_words(label)), *(" ".join(name_words(other)) for other in labels if other != label)]
    said = []
    for sentence in sentences(instructions):
        flat = f" {' '.join(name_words(sentence))} "
        if f" {names[0]} " in flat and not any(f" {other} " in flat for other in names[1:] if other):
            said.append(sentence)
    return [*_explained(label, instructions), *said]


def _phrases(line: str) -> tuple[str, ...]:
    parts = re.split(r"[,;/|.()]|\bor\b|\band\b", line)
    cleaned = (" ".join(word for word in words(part) if word not in _FILLER) for part in parts)
    return tuple(phrase for phrase in cleaned if phrase and not _REST.search(phrase))


def _for_the_rest(labels: tuple[str, ...], instructions: str) -> str:
    """The label for everything else: as the instructions say, else by its name, else the last one."""
    for sentence in sentences(instructions):
        rest = _REST.search(sentence)
        if rest:
            flat = f" {' '.join(name_words(sentence))} "
            named = [label for label in labels if f" {' '.join(name_words(label))} " in flat]
            after = f" {' '.join(name_words(sentence[rest.start() :]))} "
            closest = [label for label in named if f" {' '.join(name_words(label))} " in after]
            if closest or named:
                return (closest or named)[0]
    plain = (label for label in labels if any(word in _PLAIN for word in name_words(label)))
    return next(plain, labels[-1])
