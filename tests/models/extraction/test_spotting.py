"""Numbers, dates and cues in running text: read where they are clear, left alone where they could mean two things."""

import pytest

from mntui.models.extraction.spotting import affirmed, dates, denied, emails, numbers


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,234.50 and 1.234,50 and 1'234.50", [1234.5, 1234.5, 1234.5]),
        ("12,5 or 12.5 or -3", [12.5, 12.5, -3]),
        ("1,234 or 1.234 may be thousands or not", []),
        ("0.125 and 1234.567 are clear", [0.125, 1234.567]),
        ("INV-17, A4, 2026-10-31, 3/4, v1.2.3 and user7@x.org are no numbers", []),
        ("It costs 20.", [20]),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, values: list[float]) -> None:
    assert [spot.value for spot in numbers(text)] == values


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2026-10-31", ["2026-10-31"]),
        ("31.10.2026 and 31/10/2026 and 10/31/2026", ["2026-10-31"] * 3),
        ("31 October 2026, Oct 31, 2026 and 31st Oct. 2026", ["2026-10-31"] * 3),
        ("03/04/2026 can be read two ways; 2026-02-30 is no day", []),
    ],
)
def test_dates_are_read_only_where_one_day_is_meant(text: str, days: list[str]) -> None:
    assert [spot.value for spot in dates(text)] == days


def test_addresses_end_before_the_full_stop() -> None:
    assert [spot.said for spot in emails("Write to ann@x.org. Or <bob@y.example>!")] == ["ann@x.org", "bob@y.example"]


def test_a_cue_counts_unless_a_not_stands_close_before_it_in_its_sentence() -> None:
    text = "It does not work. Outage! We were never refunded."
    assert affirmed(text, ("outage", "refund")) == ("Outage",)
    assert denied(text, ("refund",))
    assert not denied(text, ("outage",))
