"""What boards cost that are not due: a tick, and the start of a server, by how many boards there are."""

import asyncio
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from msgspec import Struct

from aggregator import app
from aggregator.model import BoardSpec
from aggregator.settings import Settings, StoreSettings
from aggregator.store import Store, boards, claims

NOW = datetime(2026, 11, 24, tzinfo=UTC)
LEASE = timedelta(minutes=3)
# Each board stands on a host of its own and is due a second after the one before it, from tomorrow on.
OTHERS = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
INSERT INTO boards (slug, url, host, next_poll_at, {kept})
SELECT 'b' || i, 'http://h' || i || '.example/', 'h' || i || '.example', next_poll_at + i * 1000000, {kept}
FROM n, boards
"""
SET = {"id", "slug", "url", "host", "next_poll_at"}


class Idle(Struct, frozen=True, kw_only=True):
    """So many boards, none due: CPU microseconds of a tick (median), and CPU and wall seconds of the start."""

    boards: int
    tick: float
    start: float
    start_wall: float


async def measured(count: int, ticks: int) -> Idle:
    """Fill a store, start on it as the server does, and tick."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "idle.db"
        settings = Settings(store=StoreSettings(url=f"sqlite:///{file}"))
        await _filled(settings.store.url, file, count)
        cpu, wall = time.process_time(), time.perf_counter()
        async with app.opened(settings) as store:
            await app.seed(store, settings, NOW)
            await store.write(claims.release_all)
            await app.feed_urls(store, settings.public_url)
            await store.write(claims.claim, NOW, LEASE, 20)
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            return Idle(boards=count, tick=await _tick(store, ticks), start=cpu, start_wall=wall)


async def _filled(url: str, file: Path, count: int) -> None:
    async with await Store.open(url, authority="a.example", now=NOW) as store:
        first = BoardSpec(slug="b", name="b", url="http://h.example/", timezone="Asia/Seoul", every=timedelta(hours=1))
        await store.write(boards.add, first, NOW + timedelta(days=1))
    with closing(sqlite3.connect(file)) as connection, connection:
        kept = ", ".join(row[1] for row in connection.execute("PRAGMA table_info(boards)") if row[1] not in SET)
        connection.execute(OTHERS.format(kept=kept), (count - 1,))


async def _tick(store: Store, ticks: int) -> float:
    taken = []
    for _ in range(ticks):
        begun = time.process_time()
        await store.write(claims.claim, NOW, LEASE, 20)
        taken.append(time.process_time() - begun)
    return median(taken) * 1e6


def table(counts: tuple[int, ...], ticks: int = 300) -> str:
    """The Markdown of all sizes; ratios are against the first."""
    found = [asyncio.run(measured(count, ticks)) for count in counts]
    lines = [
        "## Boards that are not due",
        "",
        "| boards | a tick, CPU µs | ratio | start, CPU s | start, wall s |",
        "|--:|--:|--:|--:|--:|",
    ]
    for one in found:
        tick = f"{one.tick:,.0f} | {one.tick / found[0].tick:.2f}"
        lines.append(f"| {one.boards:,} | {tick} | {one.start:.2f} | {one.start_wall:.2f} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    print(table((1_000, 50_000, 1_000_000)))  # noqa: T201 - what is measured is printed
