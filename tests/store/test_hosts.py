"""Hosts as budgets: what polls asked of them, what they said, and what is in force now."""

from datetime import datetime, timedelta

import pytest
from msgspec import json, structs
from yarl import URL

from aggregator.fetch.origins import Origin, Origins, Rulebook
from aggregator.hosts import Budget, budget, budgets
from aggregator.model import Board, Poll
from aggregator.settings import PollingSettings
from aggregator.store import Store, boards, claims, polls
from aggregator.store.hosts import Asked, Host
from aggregator.store.origins import StoredMemory, keep
from aggregator.store.polls import After
from tests.store.conftest import NOW
from tests.store.test_contract import LEASE, spec

POLLING = PollingSettings(host_gap=timedelta(seconds=2), host_pages=20)
HOST = Host(name="a.example", urls=("http://a.example/",), is_polled=False, due_at=NOW, asked=Asked())


async def polled(store: Store, board: Board, ago: timedelta, pages: int = 1, status: int | None = None) -> None:
    """Record a poll that ended so long ago."""
    poll = Poll(board=board.slug, started_at=NOW - ago, finished_at=NOW - ago, result="unchanged", pages=pages)
    after = After(next_poll_at=NOW + timedelta(minutes=10))
    await store.write(polls.record, board.id, structs.replace(poll, status=status), after)


async def shown(store: Store, after: str = "", n: int = 9) -> list[Budget]:
    """The budgets of hosts."""
    return await store.read(budgets, POLLING, NOW, after, n)


async def test_pages_are_counted_by_host_within_the_hour_and_the_day(store: Store) -> None:
    """All boards of a host together, first pages and further ones; what was refused; nothing older."""
    ours = [structs.replace(spec(slug), url=f"http://a.example/{slug}") for slug in ("one", "two")]
    one, two = [await store.write(boards.add, each, NOW) for each in ours]
    await store.write(boards.add, spec("other"), NOW)
    await polled(store, one, timedelta(hours=25), pages=90)
    await polled(store, two, timedelta(hours=2), pages=7, status=503)
    await polled(store, one, timedelta(minutes=59), pages=5)
    await polled(store, two, timedelta(minutes=3), status=429)
    found, other = await shown(store)
    assert (found.host, found.boards, found.concurrency, found.polled_now) == ("a.example", 2, 1, False)
    assert (found.pages_hour, found.pages_day, found.further_left, found.refused_day) == (6, 13, 16, 2)
    assert (found.due_at, found.free_at, found.gap_seconds) == (NOW + timedelta(minutes=10), None, 2)
    assert (other.host, other.pages_day, other.further_left) == ("other.example", 0, 20)


async def test_hosts_are_given_a_page_at_a_time(store: Store) -> None:
    """By name; one without boards is none, one whose boards are paused is due never."""
    for slug in ("c", "a", "b"):
        await store.write(boards.add, spec(slug), NOW)
    await store.write(boards.remove, "b", NOW)
    await store.write(lambda tx: boards.pause(tx, "c", paused=True, now=NOW))
    assert [one.host for one in await shown(store, n=1)] == ["a.example"]
    assert [(one.host, one.due_at) for one in await shown(store, "a.example")] == [("c.example", None)]


async def test_a_host_being_polled_says_so(store: Store) -> None:
    """As long as the claim on one of its boards lasts."""
    await store.write(boards.add, spec("a"), NOW)
    await store.write(claims.claim, NOW, LEASE, 9)
    assert [one.polled_now for one in await shown(store)] == [True]
    assert [one.polled_now for one in await store.read(budgets, POLLING, NOW + LEASE, "", 9)] == [False]


async def test_what_the_fetcher_remembers_of_a_host_is_read(store: Store) -> None:
    """Its silence and refusals as they were kept, behind a redirect to https too; nothing of another host's."""
    await store.write(boards.add, spec("a"), NOW)
    origins = Origins(StoredMemory(store), lambda: NOW)
    until = NOW + timedelta(minutes=7)
    silent = {"https://a.example": until, "https://a.example/list": until}
    await origins.keep(URL("https://a.example/list"), Origin(silent=silent, refusals=2))
    await store.write(keep, "http://b.example", json.encode(Origin(refusals=9)).decode())
    (found,) = await shown(store)
    assert (found.free_at, found.silent_urls, found.refusals, found.gap_seconds) == (until, 1, 2, 8)


@pytest.mark.parametrize(
    ("delay", "refusals", "gap"),
    [("", 0, 2), ("Crawl-delay: 1", 0, 2), ("Crawl-delay: 9", 0, 9), ("Crawl-delay: 9", 1, 18)],
)
def test_the_gap_is_the_one_in_force(delay: str, refusals: int, gap: float) -> None:
    """Ours or the longer one of robots.txt, doubled while the host refuses."""
    book = Rulebook(text=f"User-agent: *\n{delay}\n", asked_at=NOW, until=NOW)
    found = budget(HOST, {"http://a.example": Origin(rulebook=book, refusals=refusals)}, POLLING, NOW)
    assert (found.gap_seconds, found.crawl_delay_seconds) == (gap, float(delay[-1]) if delay else None)


@pytest.mark.parametrize(("ago", "free_in"), [(1, 1), (2, None)])
def test_a_host_is_free_when_its_gap_is_over(ago: int, free_in: int | None) -> None:
    """Counted from the end of the last poll."""
    asked = Asked(last_at=NOW - timedelta(seconds=ago))
    found = budget(structs.replace(HOST, asked=asked), {}, POLLING, NOW)
    expected: datetime | None = None if free_in is None else NOW + timedelta(seconds=free_in)
    assert found.free_at == expected
