"""The first request after a change: ours beside a handler that asks SQLite and feedgen; and fragments that are joined.

In one process and without HTTP, which costs both the same.
"""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
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
    """CPU microseconds after a change: a query and feedgen, our first request, and so many that wait for the same."""

    feedgen: float
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

            async def ours(clients: int) -> None:
                made = await asyncio.gather(*(asked() for _ in range(clients)))
                if len({id(kept) for kept in made}) != 1 or len(made[0].feed.entries) != ENTRIES:
                    raise AssertionError("One document of all entries was to be made for everybody.")

            async def peer() -> None:
                await asyncio.to_thread(by_feedgen, file)

            ways = (peer, lambda: ours(1), lambda: ours(WAITING))
            taken: list[list[float]] = [[], [], []]
            await server.filled(store, ENTRIES)
            for n in range(rounds * len(ways)):
                await server.posted(store, ENTRIES + n, 1)
                taken[n % len(ways)].append(await _spent(ways[n % len(ways)]))
    return Changed(*map(median, taken))


async def _spent(way: Callable[[], Awaitable[None]]) -> float:
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
        f" ({found.ours / found.feedgen:.2f} ×); for {WAITING} clients that wait, who are given one document,"
        f" {found.waiting:,.0f} ({found.waiting / found.feedgen:.2f} ×)."
    )
    joined = timed_table("100 entries from stored fragments", fragments(rounds))
    return f"{joined}\n## The first request after a change, 100 entries\n\n{said}\n"
