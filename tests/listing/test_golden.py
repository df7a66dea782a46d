"""Pages of many makes, each read whole."""

import pytest
from msgspec.structs import replace

from aggregator import listing
from tests.listing.golden import NAMES, golden, without_hints

LISTINGS = [name for name in NAMES if not name.startswith("negative")]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_read_as_it_is_written(name: str) -> None:
    """Rows, numbering and next page of every golden page are what its author wrote."""
    text, wanted = golden(name)
    found = listing.read(text, wanted.url)
    assert tuple(replace(row, date_exact=None) for row in found.rows) == wanted.rows, wanted.claim
    assert (found.numbering, found.next_page) == (wanted.numbering, wanted.next_page), wanted.claim


@pytest.mark.parametrize("name", LISTINGS)
def test_a_page_that_goes_on_may(name: str) -> None:
    """What is found by its links alone to be the whole list is."""
    text, wanted = golden(name)
    rows = [row.url for row in listing.read(text, wanted.url).rows if row.url]
    assert wanted.next_page is None or listing.may_go_on(text, wanted.url, rows)


@pytest.mark.parametrize("name", LISTINGS)
def test_names_in_the_markup_are_only_a_bonus(name: str) -> None:
    """Without class, id, alt and style, titles, links, dates and numbers are read alike."""
    text, wanted = golden(name)
    found = listing.read(without_hints(text), wanted.url)
    read = [(row.title, row.url, row.date_text, row.number) for row in found.rows]
    assert read == [(row.title, row.url, row.date_text, row.number) for row in wanted.rows]


@pytest.mark.parametrize("name", LISTINGS)
def test_confidence_is_zero_exactly_without_rows(name: str) -> None:
    """A listing found is worth some confidence, and never more than all of it."""
    text, wanted = golden(name)
    assert 0 < listing.read(text, wanted.url).confidence <= 1


def test_a_more_exact_date_is_kept_beside_the_shown_one() -> None:
    """The ``datetime=`` of a relative date is handed on; the shown text stays."""
    text, wanted = golden("submissions")
    first = listing.read(text, wanted.url).rows[0]
    assert (first.date_text, first.date_exact) == ("2 hours ago", "2026-11-23T10:00:00+00:00")
