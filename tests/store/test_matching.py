"""Predicate, SQLite and PostgreSQL are one: whatever is asked, of whatever script, and however it is paged."""

from datetime import timedelta
from itertools import product
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from aggregator.changes import Changes
from aggregator.filters import Filter, parse, predicate, traits
from aggregator.model import Board, Entry, Headline
from aggregator.store import Cursor, Selection, Store, boards, headlines
from aggregator.store.selecting import search
from tests.filtering import CATEGORIES, FILTERS, LINKS, NOW, SOURCES, TRAPS, VIEWER
from tests.store.test_contract import spec

BATCH = 4
SHARED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def stock() -> list[Headline]:
    """Every trap as a title, with sources, categories, links, numbers and dates dealt out so that all of them meet."""
    dealt = Random(20261124)  # noqa: S311  the same headlines each time
    dealing = (
        Headline(
            key=f"{n}",
            title=title,
            source=dealt.choice(SOURCES),
            category=dealt.choice(CATEGORIES),
            url=dealt.choice(LINKS),
            number=dealt.choice([None, *range(60)]),
            published=dealt.choice([None, NOW - timedelta(hours=dealt.randint(0, 1500))]),
            pinned=dealt.random() < 0.1,
        )
        for n, (title, _) in enumerate(product(TRAPS, range(3)))
    )
    return list(dealing)


@pytest.fixture
async def stocked(store: Store) -> Store:
    """Two boards with tags that share many headlines, posted over two months, some edited, some deleted."""
    tagged = {"news": ("정치", "ai"), "forum": ("정치",)}
    made = [await store.write(boards.add, structs.replace(spec(slug), tags=tags), NOW) for slug, tags in tagged.items()]
    for at, new in enumerate(stock()):
        seen = NOW - timedelta(hours=20 * (63 - at))
        for board in made if at % 3 == 0 else made[at % 2 :][:1]:
            await store.write(headlines.apply, board, Changes(new=(new,)), seen)
    edited = tuple(structs.replace(new, title=f"{new.title} 고침") for new in stock()[::7])
    await store.write(headlines.apply, made[0], Changes(changed=edited, gone=(3, 14, 41)), NOW)
    return store


async def shown(store: Store, selection: Selection) -> list[Entry]:
    """What a feed shows."""
    return await store.read(headlines.select, structs.replace(selection, viewer=VIEWER))


# Four filters an example: two thousand and more in the nightly run.
@settings(SHARED, max_examples=min(600, SHARED.max_examples))
@given(batch=st.lists(FILTERS, min_size=BATCH, max_size=BATCH))
async def test_a_filter_selects_in_sql_what_its_predicate_selects(stocked: Store, batch: list[Filter]) -> None:
    """The predicate and the condition agree on every headline and filter, deleted headlines included."""
    whole = Selection(n=500, dup="all", deleted=True)
    everything = await shown(stocked, whole)
    assert len(everything) == 84
    seen = [(traits(entry), entry) for entry in everything]
    for selection in batch:
        selected = await shown(stocked, structs.replace(whole, filter=selection))
        takes = predicate(selection, VIEWER)
        assert selected == [entry for trait, entry in seen if takes(trait)]


@SHARED
@given(FILTERS)
async def test_grouping_is_done_after_filtering(stocked: Store, selection: Filter) -> None:
    """Of every group of those that pass the earliest stands for all, whoever decided that they pass."""
    every = await shown(stocked, Selection(n=500, dup="all", filter=selection))
    first = await shown(stocked, Selection(n=500, filter=selection))
    leading = {entry.arrival for entry in first}
    alone = [structs.replace(entry, others=()) for entry in first]
    assert [entry for entry in every if entry.arrival in leading] == alone
    assert sum(1 + len(entry.others) for entry in first) == len(every)


@SHARED
@given(FILTERS, st.integers(12, 60), st.sampled_from(["arrival", "date"]))
async def test_pages_are_the_whole(stocked: Store, selection: Filter, n: int, sort: str) -> None:
    """Page by page, by cursor, every entry comes once and in order."""
    asked = Selection(n=500, filter=selection, sort="date" if sort == "date" else "arrival")
    whole, paged = await shown(stocked, asked), list[Entry]()
    while page := await shown(stocked, structs.replace(asked, n=n, before=after(paged, sort))):
        paged += page
    assert paged == whole


def after(paged: list[Entry], sort: str) -> Cursor | None:
    """The cursor that stands behind the last entry."""
    if not paged:
        return None
    last = paged[-1]
    return Cursor(last.arrival, (last.published or last.first_seen) if sort == "date" else None)


@pytest.mark.parametrize("text", ["", "/의대|연금/", "단독*"])
async def test_each_bounds_what_one_board_gives(stocked: Store, text: str) -> None:
    """At most so many of a board, the newest of them, and others fill up what is left of n."""
    every = await shown(stocked, Selection(n=500, filter=parse(text), dup="all"))
    some = await shown(stocked, Selection(n=500, filter=parse(text), dup="all", each=3))
    for slug in ("news", "forum"):
        assert [e for e in some if e.board == slug] == [e for e in every if e.board == slug][:3]


async def test_n_counts_after_the_predicate(stocked: Store) -> None:
    """A rare expression is found far back, however many headlines stand before it."""
    rare = Selection(n=1, filter=parse("/^εκεί$/ OR /^σίσυφοσ/"), viewer=VIEWER)
    assert [entry.title for entry in (await stocked.read(search, rare)).entries] == ["Σίσυφος ΣΊΣΥΦΟΣ ΐ"]


async def test_a_search_that_is_ended_says_so(store: Store) -> None:
    """Work is bounded, and what was not looked at is named instead of being taken for nothing."""
    board: Board = await store.write(boards.add, spec(), NOW)
    new = tuple(Headline(key=str(n), title=f"제목 {n}") for n in range(2_500))
    await store.write(headlines.apply, board, Changes(new=new), NOW)
    asked = Selection(filter=parse("/제목 (3|2400)$/"), viewer=VIEWER)
    found = await store.read(search, asked, 2_000)
    assert ([e.title for e in found.entries], found.looked_at) == (["제목 2400"], 2_000)
    rest = await store.read(search, structs.replace(asked, before=found.reached))
    assert ([e.title for e in rest.entries], rest.looked_at) == (["제목 3"], None)
