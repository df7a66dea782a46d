"""What a request's headers mean, decided without a server."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.packing import CODINGS, Coding
from aggregator.web.conditional import has_current, wanted_coding

CHANGED = datetime(2024, 4, 20, 4, 30, 15, 999_999, tzinfo=UTC)
SAME = format_datetime(CHANGED, usegmt=True)


@pytest.mark.parametrize(
    "written", ['"a"', 'W/"a"', '"x", "a"', '"x","a","y"', 'W/"x", W/"a"', "*", ' "a" ', '"x,y", "a"', '"", "a"']
)
def test_a_tag_is_met_weakly_in_lists_and_by_a_star(written: str) -> None:
    """If-None-Match compares weakly, over lists, and a star stands for any tag (D4)."""
    assert has_current(written, None, '"a"', CHANGED)


@pytest.mark.parametrize("written", ['"b"', 'W/"b"', "", "a", '"a', '"A"', '"a-gzip"', '"*"'])
def test_another_tag_is_not_met(written: str) -> None:
    """A tag is its exact characters between quotes; the tag of another coding is another tag."""
    assert not has_current(written, None, '"a"', CHANGED)


def test_a_tag_takes_precedence_over_a_date() -> None:
    """Where If-None-Match stands, If-Modified-Since is not asked (RFC 9110 §13.1.3)."""
    assert not has_current('"b"', SAME, '"a"', CHANGED)
    assert has_current('"a"', "Thu, 01 Jan 1970 00:00:00 GMT", '"a"', CHANGED)


@pytest.mark.parametrize(("late", "current"), [(-1, False), (0, True), (1, True), (86_400, True)])
def test_a_date_is_current_from_the_last_change_on(late: int, current: bool) -> None:  # noqa: FBT001 - a table's column
    """If-Modified-Since at or after the last change to the second is 304, before it is not."""
    since = format_datetime(CHANGED + timedelta(seconds=late), usegmt=True)
    assert has_current(None, since, '"a"', CHANGED) is current


@pytest.mark.parametrize(
    "written",
    [
        None,
        "",
        "yesterday",
        "1800",
        "Sat, 99 Foo 2024 04:30:15 GMT",
        "2099-01-01",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
    ],
)
def test_a_date_that_is_none_is_ignored(written: str | None) -> None:
    """An invalid If-Modified-Since asks for the whole document."""
    assert not has_current(None, written, '"a"', CHANGED)


@pytest.mark.parametrize(
    ("written", "coding"),
    [
        (None, None),
        ("", None),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate", "gzip"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, zstd", "zstd"),
        ("br;q=0.9, gzip, zstd;q=0.5", "gzip"),
        ("br;q=0, *", "zstd"),
        ("deflate", None),
        ("identity", None),
        ("gzip;q=0", None),
        ("gzip;q=0.0, *;q=0.5", "br"),
        ("gzip; q=0.001", "gzip"),
        ("*", "br"),
        ("*;q=0", None),
        ("gzip;q=0.5, identity;q=0.8", None),
        ("gzip;q=1.0, identity;q=0.5", "gzip"),
        ("gzip;q=much", None),
    ],
)
def test_codings_are_chosen_by_weight(written: str | None, coding: Coding | None) -> None:
    """What is liked best, the smallest of those liked alike; q=0 forbids, and no coding may be liked more (D7)."""
    assert wanted_coding(written) == coding


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_no_header_is_an_error(tags: str, date: str, codings: str) -> None:
    """Whatever a client writes is understood or ignored."""
    assert has_current(tags, date, '"a"', CHANGED) in {True, False}
    assert has_current(None, date, '"a"', CHANGED) in {True, False}
    assert wanted_coding(codings) in {None, *CODINGS}
