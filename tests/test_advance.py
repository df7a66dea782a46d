"""A feed that is brought forward is the feed that would be selected anew."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct, structs

from aggregator import filters, publish
from aggregator.advance import Selected, advanced
from aggregator.arrivals import MOST, Arrivals
from aggregator.changes import Changes
from aggregator.model import Headline, Topic
from aggregator.publish import Request
from aggregator.request import PUBLIC, Access
from aggregator.store import Store, boards, headlines, topics
from aggregator.store.arrivals import since
from tests.filtering import FILTERS, LINKS, NOW, SOURCES, TRAPS
from tests.store.test_contract import spec

SEOUL = ZoneInfo("Asia/Seoul")
SHARED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TITLES = st.sampled_from([*TRAPS, *(f"소식 {n}" for n in range(20))])
PLACES = st.sampled_from([("all", ""), ("board", "news"), ("board", "forum"), ("topic", "politics")])
REQUESTS = st.builds(
    lambda place, chosen, **given: Request(kind=place[0], slug=place[1], q=filters.canonical(chosen), **given),
    PLACES,
    st.just(filters.EVERYTHING) | FILTERS,
    n=st.integers(1, 12) | st.just(50),
    dup=st.sampled_from(["first", "all"]),
    sort=st.sampled_from(["arrival", "arrival", "date"]),
    backfill=st.booleans(),
    each=st.none() | st.integers(1, 3),
    tombstones=st.booleans(),
    access=st.sampled_from([PUBLIC, Access.below("k", others=True)]),
)


class Polled(Struct, frozen=True):
    """What a poll of a board brings: titles with links and sources, and which of them are history."""

    board: str
    rows: tuple[tuple[str, str | None, str | None, bool], ...]


ROWS = st.tuples(TITLES, st.sampled_from(LINKS), st.sampled_from(SOURCES), st.booleans())
POLLS = st.builds(Polled, st.sampled_from(["news", "forum", "hidden"]), st.lists(ROWS, max_size=4).map(tuple))


async def polled(store: Store, poll: Polled, n: int) -> None:
    """Store it; ``n`` is the poll's number."""
    new = [
        Headline(key=f"{n}.{at}", title=title, url=url, source=source, published=NOW - timedelta(hours=n))
        for at, (title, url, source, _) in enumerate(poll.rows)
    ]
    old = frozenset(one.key for one, row in zip(new, poll.rows, strict=True) if row[3])
    board = await store.read(boards.by_slug, poll.board)
    assert board is not None
    await store.write(headlines.apply, board, Changes(new=tuple(new), history=old), NOW + timedelta(seconds=n))


@pytest.fixture
async def template(tmp_path: Path) -> Path:
    """A store of three boards, one of them hidden, that share headlines; a topic; a cut of archives nearby."""
    file = tmp_path / "template.db"
    async with await Store.open(f"sqlite:///{file}", authority="a.example", now=NOW) as store:
        for slug in ("news", "forum", "hidden"):
            await store.write(boards.add, structs.replace(spec(slug), private=slug == "hidden"), NOW)
        await store.write(topics.add, Topic(slug="politics", title="정치", filter="의대,연금,소식"), NOW)
        for n, title in enumerate(TRAPS[:-1]):
            for slug in ("news", "forum")[: 1 + n % 2]:
                await polled(store, Polled(slug, ((f"{title} {n}", None, "연합", False),)), n)
        await polled(store, Polled("forum", (*((f"그 밖 {n}", None, None, False) for n in range(16)),)), 99)
    return file


@asynccontextmanager
async def copied(template: Path) -> AsyncIterator[Store]:
    """A store of its own."""
    file = shutil.copy(template, template.with_name("copy.db"))
    async with await Store.open(f"sqlite:///{file}", authority="a.example", now=NOW) as store:
        yield store


async def selected(store: Store, wanted: Request) -> Selected:
    """The feed, selected anew."""
    return await publish.selected(store, wanted, "https://feeds.example.org", NOW, SEOUL)


@SHARED
@given(st.lists(REQUESTS, min_size=4, max_size=4), st.lists(POLLS, min_size=1, max_size=4))
async def test_what_is_brought_forward_is_what_is_selected_anew(
    template: Path, requests: list[Request], polls: list[Polled]
) -> None:
    """Poll by poll, whatever is asked, whatever comes: the very feed, wherever it can be told.

    A feed may hold some of what came already: it was selected after that was counted.
    """
    async with copied(template) as store:
        arrivals, seen = Arrivals(store), list[Selected]()
        await arrivals.reach()
        first = arrivals.last
        for wanted in requests:
            seen.append(await selected(store, wanted))
        for n, poll in enumerate(polls):
            last, state = arrivals.last, arrivals.state
            await polled(store, poll, 100 + n)
            await arrivals.reach()
            came, all_came = arrivals.since(last, state), arrivals.since(first, state)
            assert came is not None
            assert all_came is not None
            for at, wanted in enumerate(requests):
                anew = await selected(store, wanted)
                assert advanced(seen[at], came) in (anew, None)
                assert advanced(seen[at], all_came) in (anew, None)
                seen[at] = anew


NEW = Polled("news", (("의대 소식이 왔다", None, None, False),))


@pytest.mark.parametrize(
    ("wanted", "is_told"),
    [
        (Request(), True),
        (Request(n=3), True),
        (Request(kind="topic", slug="politics"), True),
        (Request(kind="board", slug="news"), True),
        (Request(kind="board", slug="forum", sort="date"), True),
        (Request(q="/의대|연금/"), True),
        (Request(q="is:new -is:pinned"), True),
        (Request(dup="all", q="없는말"), True),
        (Request(sort="date"), False),
        (Request(each=1), False),
        (Request(tombstones=True), False),
    ],
)
async def test_what_can_be_told_is_told(template: Path, wanted: Request, is_told: bool) -> None:  # noqa: FBT001 - a column
    """A new headline that nothing else hangs on is put before what was there; else the feed is selected anew."""
    async with copied(template) as store:
        arrivals = Arrivals(store)
        await arrivals.reach()
        before, last, state = await selected(store, wanted), arrivals.last, arrivals.state
        await polled(store, NEW, 100)
        await arrivals.reach()
        assert (advanced(before, arrivals.since(last, state) or []) is not None) is is_told


async def test_the_last_archive_is_named_as_it_would_be(template: Path) -> None:
    """Over cuts, as pages fill and move away from them, the feeds of all boards, a board and a topic stay right."""
    places = [Request(), Request(kind="board", slug="news"), Request(kind="topic", slug="politics")]
    requests, told = [structs.replace(place, n=n) for place in places for n in (3, 30, 500)], 0
    async with copied(template) as store:
        arrivals, seen = Arrivals(store), [await selected(store, wanted) for wanted in requests]
        await arrivals.reach()
        for n in range(60):
            last, state = arrivals.last, arrivals.state
            await polled(store, Polled(("news", "forum")[n % 3 // 2], ((f"소식이 {n}", None, None, False),)), 100 + n)
            await arrivals.reach()
            anew = [await selected(store, wanted) for wanted in requests]
            now = [advanced(before, arrivals.since(last, state) or []) for before in seen]
            assert all(one in (right, None) for one, right in zip(now, anew, strict=True))
            told, seen = told + sum(one is not None for one in now), anew
    assert told >= 0.95 * 60 * len(requests)


async def test_what_is_on_another_board_too_is_selected_anew(template: Path) -> None:
    """The entry of the one that came first says so."""
    async with copied(template) as store:
        arrivals = Arrivals(store)
        await polled(store, NEW, 100)
        await arrivals.reach()
        before, last, state = await selected(store, Request()), arrivals.last, arrivals.state
        await polled(store, structs.replace(NEW, board="forum"), 101)
        await arrivals.reach()
        assert advanced(before, arrivals.since(last, state) or []) is None


async def test_what_is_hidden_stays_so(template: Path) -> None:
    """A private board's headlines come to those alone who may have them."""
    async with copied(template) as store:
        arrivals = Arrivals(store)
        await arrivals.reach()
        last, state = arrivals.last, arrivals.state
        before = [await selected(store, Request(access=one)) for one in (PUBLIC, Access.below("k", others=True))]
        await polled(store, structs.replace(NEW, board="hidden"), 100)
        await arrivals.reach()
        after = [advanced(one, arrivals.since(last, state) or []) for one in before]
        assert [one and one.feed.entries[0].title == NEW.rows[0][0] for one in after] == [False, True]


class Hurried(Store):
    """A store that is written to while somebody reads what came."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def read(self, work: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  whatever is asked
        """What is there after that."""
        if work is since and self.meanwhile is not None:
            hurry, self.meanwhile = self.meanwhile, None
            await hurry()
        return await super().read(work, *args, **kwargs)


async def test_what_came_after_a_change_is_not_taken_for_what_came_before_it(template: Path) -> None:
    """No feed has news of one moment before headlines of another."""
    async with await Hurried.open(f"sqlite:///{template}", authority="a.example", now=NOW) as store:
        arrivals = Arrivals(store)
        await arrivals.reach()
        last, state = arrivals.last, arrivals.state
        await polled(store, NEW, 100)

        async def meanwhile() -> None:
            await store.write(boards.remove, "forum", NOW)
            await polled(store, Polled("news", (("더 온 소식", None, None, False),)), 101)

        store.meanwhile = meanwhile
        await arrivals.reach()
        assert arrivals.since(last, state) is None


async def test_too_much_is_forgotten(template: Path) -> None:
    """Who saw less than the last few hundred, or what was before something else changed, cannot be told."""
    async with copied(template) as store:
        arrivals = Arrivals(store)
        await arrivals.reach()
        last, state = arrivals.last, arrivals.state
        for n in range(2):
            await polled(
                store, Polled("news", (*((f"{n} {at}", None, None, False) for at in range(MOST - 9)),)), 100 + n
            )
            await arrivals.reach()
            assert (arrivals.since(last, state) is None) is (n == 1)
        last, state = arrivals.last, arrivals.state
        assert arrivals.since(last, state) == []
        await store.write(boards.remove, "forum", NOW)
        await arrivals.reach()
        assert arrivals.since(last, state) is None
