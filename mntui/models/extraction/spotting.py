"""Numbers, dates and addresses in running text, found by pattern and by how near they stand to a name.

A date or number that can be read two ways (03/04/2026; 1,234) is not read at all. A number that belongs to an
identifier (INV-17) or to a date is none.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date

from mntui.core.frozen import frozen
from mntui.models.extraction.reading import GENERIC, sentences, stem, words

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
URL = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)]")
_NUMBER = re.compile(r"(?<![\w.,@#/-])-?(?:\d{1,3}(?:[,'.]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?)(?![\w@/]|[-.,]\d)")
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?(?![\d-])")
_NUMERIC = re.compile(r"\b(\d{1,2})([./])(\d{1,2})\2(\d{4})\b")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\.? {_MONTH},? (\d{{4}})\b", re.IGNORECASE)
_MONTH_FIRST = re.compile(rf"\b{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_NOT = frozenset(
    ("not", "no", "never", "without", "none", "isn't", "isn’t", "don't", "don’t", "doesn't", "doesn’t", "nor")
)


@frozen
class Spot:
    """A value at a place of a text; `said` is how the text says it."""

    start: int
    said: str
    value: float | int | str


SpotsOf = Callable[[str], tuple[Spot, ...]]


def numbers(text: str) -> tuple[Spot, ...]:
    """The numbers of a text, with thousands separators and decimal commas read where they are clear."""
    taken = [(spot.start, spot.start + len(spot.said)) for spot in dates(text)]
    return tuple(
        Spot(match.start(), match.group(), number)
        for match in _NUMBER.finditer(text)
        if not any(start <= match.start() < end for start, end in taken)
        and (number := parse_number(match.group())) is not None
    )


def parse_number(said: str) -> float | int | None:
    """A number as people write it: `1,234.50`, `1.234,50`, `1'234`, `12,5`. None where it could mean two things."""
    bare = said.replace("'", "")
    if re.fullmatch(r"-?[1-9]\d{0,2}[.,]\d{3}", bare):
        return None
    if "," in bare and "." in bare:
        thousands, decimal = (",", ".") if bare.rindex(".") > bare.rindex(",") else (".", ",")
        bare = bare.replace(thousands, "").replace(decimal, ".")
    elif bare.count(".") > 1:
        bare = bare.replace(".", "")
    elif "," in bare:
        groups = bare.lstrip("-").split(",")
        grouped = all(len(group) == 3 for group in groups[1:])
        bare = bare.replace(",", "" if grouped else ".")
    if not re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", bare):
        return None
    return float(bare) if "." in bare else int(bare)


def dates(text: str) -> tuple[Spot, ...]:
    """The dates of a text in order, their values as ISO 8601 days."""
    return tuple(sorted(_dates(text), key=lambda spot: (spot.start, -len(spot.said))))


def emails(text: str) -> tuple[Spot, ...]:
    return tuple(Spot(match.start(), match.group(), match.group()) for match in EMAIL.finditer(text))


def near(text: str, name: tuple[str, ...], spots_of: SpotsOf) -> tuple[Spot, ...]:
    """The spots of the sentences that say a name, nearest to the name first; those after it go before."""
    telling = [stem(word) for word in name if word not in GENERIC] or [stem(word) for word in name]
    found: list[tuple[int, int, Spot]] = []
    for order, sentence in enumerate(sentences(text)):
        places = [
            match.start() for match in re.finditer(r"[^\W_]+", sentence) if stem(match.group().lower()) in telling
        ]
        said = {stem(word) for word in words(sentence)}
        if not places or not all(word in said for word in telling):
            continue
        for spot in spots_of(sentence):
            gap = min(spot.start - place if spot.start > place else 200 + place - spot.start for place in places)
            found.append((gap, order, spot))
    return tuple(spot for _, _, spot in sorted(found, key=lambda entry: (entry[0], entry[1])))


def affirmed(text: str, cues: tuple[str, ...]) -> tuple[str, ...]:
    """The cues (words or phrases) that a text says with no `not` within three words before, in the text's own form."""
    return tuple(dict.fromkeys(said for said in affirmed_each(text, cues) if said))


def affirmed_each(text: str, cues: tuple[str, ...]) -> tuple[str, ...]:
    """As `affirmed`, one entry a cue: how the text says it, or an empty text."""
    split = [_WORD.findall(sentence) for sentence in sentences(text)]
    stemmed = [[stem(token.lower()) for token in tokens] for tokens in split]
    said = frozenset(word for own in stemmed for word in own)
    wanted = ([stem(word) for word in words(cue)] for cue in cues)
    return tuple(_first_affirmed(split, stemmed, cue) if said.issuperset(cue) else "" for cue in wanted)


def denied(text: str, cues: tuple[str, ...]) -> bool:
    """Whether the text says one of the cues, and only with a `not` before."""
    said = frozenset(stem(word) for word in words(text))
    present = [cue for cue in cues if all(stem(word) in said for word in words(cue))]
    return bool(present) and not affirmed(text, tuple(present))


def _first_affirmed(split: list[list[str]], stemmed: list[list[str]], wanted: list[str]) -> str:
    width = len(wanted)
    for tokens, own in zip(split, stemmed, strict=True):
        for start in range(len(own) - width + 1 if width else 0):
            before = (token.lower() for token in tokens[max(0, start - 3) : start])
            if own[start : start + width] == wanted and not any(word in _NOT for word in before):
                return " ".join(tokens[start : start + width])
    return ""


def _dates(text: str) -> Iterator[Spot]:
    for match in _ISO.finditer(text):
        yield from _day(match, int(match[1]), int(match[2]), int(match[3]))
    for match in _NUMERIC.finditer(text):
        first, second = int(match[1]), int(match[3])
        if match[2] == "." or first > 12:
            yield from _day(match, int(match[4]), second, first)
        elif second > 12:
            yield from _day(match, int(match[4]), first, second)
    for match in _DAY_FIRST.finditer(text):
        yield from _day(match, int(match[3]), _MONTHS.index(match[2].lower()) + 1, int(match[1]))
    for match in _MONTH_FIRST.finditer(text):
        yield from _day(match, int(match[3]), _MONTHS.index(match[1].lower()) + 1, int(match[2]))


def _day(match: re.Match[str], year: int, month: int, day: int) -> Iterator[Spot]:
    try:
        yield Spot(match.start(), match.group(), date(year, month, day).isoformat())
    except ValueError:
        return
