"""Hostile pages are recognised before they are parsed."""

import pytest

from aggregator import listing
from aggregator.listing.guard import suspicion
from tests.listing.golden import NAMES, golden


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 80_000,
        "<div>" * 5_000 + "x" + "</div>" * 5_000,
        "".join(f"<x{at}>" for at in range(3_000)),
        "<a " + " ".join(f"a{at}=1" for at in range(80_000)) + ">",
        "".join(f"<b {at}>" for at in range(2_000)),
        "".join(f"<b {at}>" for at in range(290)) + "".join(f"<i {at}>x</b>" for at in range(290)),
    ],
)
def test_what_would_take_seconds_is_not_parsed(page: str) -> None:
    """Deep nesting, many attributes and open formatting tags yield a fault and no rows."""
    found = listing.read(f"<html><body>{page}", None)
    assert (found.rows, len(found.faults), found.confidence) == ((), 1, 0.0)


@pytest.mark.parametrize("name", NAMES)
def test_usual_pages_are_harmless(name: str) -> None:
    """No page of the golden pairs is suspected."""
    assert suspicion(golden(name)[0]) is None


def test_cells_forget_what_was_left_open_in_them() -> None:
    """Old skins leave a formatting tag open in every cell; each cell starts afresh, so that costs nothing."""
    assert suspicion("<table>" + "<tr><td><b><font size=2>1<td><b>2" * 1_000) is None


def test_one_long_attribute_is_harmless() -> None:
    """A megabyte in one attribute parses in no time."""
    assert suspicion(f'<a href="{"x" * 1_000_000}">y</a>') is None
