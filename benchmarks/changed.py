"""The first request after a change: ours beside a handler that asks SQLite and feedgen; and fragments that are joined.

In one process and without HTTP, which costs both the same.
"""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from itertools import count, islice
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from aggregator import render
from aggregator.publish import Request
from aggregator.render import Fragments
from aggregator.shelf import Kept, Shelf
from aggregator.store import Store
from aggregator.turns import Turns
from benchmarks import server, workload
from benchmarks.timing import Timed, timed
from benchmarks.timing import table as timed_table

ENTRIES, WAITING = 100, 50
WANTED = Request(n=ENTRIES)
NEWEST = "SELECT key, title, url FROM headlines WHERE deleted_at IS NULL ORDER BY arrival DESC LIMIT ?"


# What is the same of all entries, and costs the peer nothing.
LIKE = workload.feed(1).entries[0]


class Changed(Struct, frozen=True):
    """CPU microseconds after a change: a query and feedgen; our first request, and so many that wait for the same.

    ``prepared``: what is done of it when the news are heard, before anybody asks; ``ours`` and ``waiting`` come after
    it, ``unprepared`` before.
    """

    feedgen: float
    unprepared: float
    prepared: float
    ours: float
    waiting: float


def measured(rounds: int) -> Changed:
    """Store a headline and ask, so many times, each way."""
    return asyncio.run(_measured(rounds))


async def _measured(rounds: int) -> Changed:
    with tempfile.TemporaryDirectory() as made:
        file = Path(made) / "bench.db"
        async with await Store.open(f"sqlite:///{file}", authority="a.example", now=workload.WHEN) as store:
            shelf = Shelf(store, "http://a.example", ZoneInfo("Asia/Seoul"), Turns(4, WAITING), 64_000_000)

            async def asked() -> Kept:
                kept = await shelf.kept(WANTED, "atom", workload.WHEN)
                return kept or await shelf.made(WANTED, "atom", workload.WHEN)

            async def first() -> None:
                if len((await asked()).feed.entries) != ENTRIES:
                    raise AssertionError("A document of all entries was to be made.")

            async def crowd() -> None:
                made = await asyncio.gather(*(asked() for _ in range(WAITING)))
                if len({id(kept) for kept in made}) != 1:
                    raise AssertionError("One document was to be made for everybody.")

            async def peer() -> None:
                await asyncio.to_thread(by_feedgen, file)

            await server.filled(store, ENTRIES)
            news = (server.posted(store, ENTRIES + n, 1) for n in count())
            return Changed(
                (await _taken(rounds, news, peer))[0],
                (await _taken(rounds, news, first, peer))[0],
                (await _taken(rounds, news, shelf.prepare, peer))[0],
                (await _taken(rounds, news, shelf.prepare, peer, first, peer))[2],
                (await _taken(rounds, news, shelf.prepare, peer, crowd, peer))[2],
            )


async def _taken(rounds: int, news: Iterator[Awaitable[None]], *ways: Callable[[], Awaitable[object]]) -> list[float]:
    """What each way spends after a change, in this order; the peer between two of ours leaves nothing at hand."""
    taken = []
    for stored in islice(news, rounds):
        await stored
        taken.append([await _spent(way) for way in ways])
    return [median(spent) for spent in zip(*taken, strict=True)]


async def _spent(way: Callable[[], Awaitable[object]]) -> float:
    begun = time.process_time()
    await way()
    return (time.process_time() - begun) * 1e6


def by_feedgen(file: Path) -> bytes:
    """The newest entries of a store, as the usual handler makes a feed of them."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute(NEWEST, (ENTRIES,)).fetchall()
    entries = [structs.replace(LIKE, guid=key, title=title, url=url) for key, title, url in rows]
    return workload.by_feedgen(structs.replace(workload.feed(0), entries=tuple(entries)))


def fragments(rounds: int) -> list[Timed]:
    """A hundred entries: feedgen, their stored bytes joined, and the whole document of what is stored."""
    feed, kept = workload.feed(ENTRIES), Fragments()
    parts = render.document(feed, "atom", kept).parts
    return timed(
        {
            "feedgen as it comes, Atom": lambda: workload.by_feedgen(feed),
            "stored fragments joined": parts.joined,
            "ours: fragments found, framed, joined and tagged": lambda: render.document(feed, "atom", kept),
        },
        rounds,
    )


def table(rounds: int) -> str:
    """Return the Markdown of both."""
    found = measured(10 * rounds)
    said = (
        f"CPU µs: query and feedgen {found.feedgen:,.0f}; ours {found.ours:,.0f}"
        f" ({found.ours / found.feedgen:.2f} ×), after {found.prepared:,.0f} when the news are heard, once for all"
        f" feeds; before that {found.unprepared:,.0f} ({found.unprepared / found.feedgen:.2f} ×);"
        f" for {WAITING} clients that wait, who are given one document,"
        f" {found.waiting:,.0f} ({found.waiting / found.feedgen:.2f} ×)."
    )
    joined = timed_table("100 entries from stored fragments", fragments(rounds))
    return f"{joined}\n## The first request after a change, 100 entries\n\n{said}\n"
