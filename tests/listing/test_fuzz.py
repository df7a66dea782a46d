"""Ten thousand damaged pages and a hundred thousand senseless ones: nothing escapes, nothing takes long."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import listing
from aggregator.model import Page
from aggregator.reading import Reading, read
from aggregator.recipe import Recipe
from tests.listing.damage import URL, damaged, whole_pages
from tests.listing.test_invariants import SOUP, sound

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
SEOUL = ZoneInfo("Asia/Seoul")
LIMIT_SECONDS = 1.0
A_BATCH = 1000


@cache
def pages() -> list[bytes]:
    """The pages that are damaged."""
    return whole_pages()


@cache
def recipes() -> list[Recipe]:
    """Recipes of these pages, each to be held against the wreck of any of them."""
    found = (listing.detect(page.decode(), URL).recipe for page in pages())
    return [recipe for recipe in found if recipe is not None and recipe.rows]


def readings(seed: int) -> Iterator[Reading]:
    """One damaged page read from nothing and by a recipe, each within its second of CPU time at the best of three."""
    page = Page(url=URL, status=200, content_type=None, body=damaged(pages(), seed))
    for recipe in (None, recipes()[seed % len(recipes())]):
        for left in (2, 1, 0):
            start = time.process_time()
            reading = read(page, url=URL, now=NOW, zone=SEOUL, recipe=recipe)
            taken = time.process_time() - start
            assert left or taken < LIMIT_SECONDS, f"page {seed} took {taken:.2f} s"
            if taken < LIMIT_SECONDS:
                break
        yield reading


def survives(seed: int) -> None:
    """Fail unless the page of *seed* is read soundly: unique keys, absolute links, an order that dates keep."""
    for reading in readings(seed):
        keys = [headline.key for headline in reading.headlines]
        urls = [headline.url for headline in reading.headlines if headline.url]
        pins = [headline.pinned for headline in reading.headlines]
        assert len(set(keys)) == len(keys), seed
        assert all(url.startswith(("http://", "https://")) for url in urls), seed
        assert pins == sorted(pins, reverse=True), seed
        assert sum(headline.current for headline in reading.headlines) <= 1, seed


def test_damaged_pages_are_survived() -> None:
    """A first hundred of the nightly ten thousand."""
    for seed in range(100):
        survives(seed)


@pytest.mark.nightly
@pytest.mark.parametrize("batch", range(10))
def test_ten_thousand_damaged_pages_are_survived(batch: int) -> None:
    """Cut, flipped, nested to ten thousand levels, with attributes of a megabyte, in wrong charsets."""
    for seed in range(batch * A_BATCH, (batch + 1) * A_BATCH):
        survives(seed)


@pytest.mark.nightly
@pytest.mark.parametrize("part", range(4))
@settings(max_examples=25_000, deadline=None)
@given(soup=SOUP, url=st.none() | st.just(URL))
def test_a_hundred_thousand_senseless_pages_are_read(part: int, soup: str, url: str | None) -> None:
    """Any markup keeps a listing's promises, and the recipe learnt on it reads it again; in four parts."""
    assert part in range(4)
    learnt = listing.detect(soup, url)
    assert sound(learnt.listing)
    if learnt.recipe is not None and learnt.recipe.rows:
        assert listing.follow(learnt.recipe, soup, url).listing.rows == learnt.listing.rows


def resident_bytes() -> int:
    """The memory that this process holds."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.nightly
def test_memory_of_a_thousand_detections_is_flat() -> None:
    """After the first two hundred, eight hundred more hold no more than two megabytes beyond them."""
    text = pages()[-2].decode()
    for _ in range(200):
        listing.detect(text, URL)
    before = resident_bytes()
    for _ in range(800):
        listing.detect(text, URL)
    assert resident_bytes() - before < 2_000_000
