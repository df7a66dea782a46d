"""The back-fill of a long board: CPU a page against a bare fetch of the same pages, and memory while it goes on."""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import aiohttp
from msgspec import Struct

from aggregator import app
from aggregator.fetch import Fetcher
from aggregator.model import BoardSpec
from aggregator.poll import poll
from aggregator.settings import PollingSettings, Settings
from aggregator.store import Store, boards

PATH = "/index.php?mid=news"
HOST = "127.0.0.1"


class Backfill(Struct, frozen=True, kw_only=True):
    """What one back-fill came to: pages, rows, CPU milliseconds a page of both, MB in its first and last quarter."""

    pages: int
    requests: int
    rows: int
    bare_ms: float
    ours_ms: float
    first_mb: float
    last_mb: float


def measured(pages: int) -> Backfill:
    """Fetch a board of so many pages barely, then back-fill it, the site in another process."""
    with _origin(pages) as root:
        return asyncio.run(_measured(root, pages))


@contextmanager
def _origin(pages: int) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.origin", str(pages)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  ours
        yield process.stdout.readline().strip() if process.stdout is not None else ""
        process.communicate()


async def _measured(root: str, pages: int) -> Backfill:
    bare = await _bare(root, pages)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        async with await Store.open(url, authority="bench.example", now=_now()) as store:
            return await _filled(store, root, pages, bare)


async def _bare(root: str, pages: int) -> float:
    async with aiohttp.ClientSession() as session:
        start = time.process_time()
        for page in range(1, pages + 1):
            async with session.get(f"{root}{PATH}&page={page}") as response:
                await response.read()
        return (time.process_time() - start) / pages * 1000


async def _filled(store: Store, root: str, pages: int, bare: float) -> Backfill:
    spec = BoardSpec(
        slug="news", name="news", url=root + PATH, timezone="Asia/Seoul", every=timedelta(minutes=10), backfill="all"
    )
    board = await store.write(boards.add, spec, _now())
    polling = PollingSettings(host_gap=timedelta(), allow_private=(HOST,))
    requests = rows = 0
    resident: list[float] = []
    async with Fetcher(app.limits(Settings(polling=polling)), clock=_now) as fetcher:
        # The first contact finds out how the board is read: once a board, not once a page.
        while not requests or board.unfinished:
            if requests == 1:
                start, before = time.process_time(), requests
            record = await poll(board, fetcher=fetcher, store=store, clock=_now, polling=polling)
            requests, rows = requests + record.pages, rows + record.new
            (board,) = await store.read(boards.every)
            resident.append(_resident_mb())
    spent = (time.process_time() - start) / (requests - before) * 1000
    quarter = max(1, len(resident) // 4)
    first, last = median(resident[1 : quarter + 1]), median(resident[-quarter:])
    return Backfill(
        pages=pages, requests=requests, rows=rows, bare_ms=bare, ours_ms=spent, first_mb=first, last_mb=last
    )


def _resident_mb() -> float:
    """The process's resident memory; Linux says it in pages of 4 KB."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096 / 1e6


def _now() -> datetime:
    return datetime.now(UTC)


def table(found: Backfill) -> str:
    """Return the Markdown of one back-fill."""
    memory = (
        f"{found.rows:,} rows in {found.requests:,} requests. Resident MB in the first quarter: {found.first_mb:.0f},"
        f" in the last: {found.last_mb:.0f}, ratio {found.last_mb / found.first_mb:.2f}."
    )
    return "\n".join(
        [
            f"## Back-filling a board of {found.pages:,} pages",
            "",
            memory,
            "",
            "| contender | CPU ms a page | ratio |",
            "|---|--:|--:|",
            f"| bare aiohttp fetch (limit) | {found.bare_ms:.2f} | 1.00 |",
            f"| ours: fetch to commit | {found.ours_ms:.2f} | {found.ours_ms / found.bare_ms:.2f} |",
            "",
        ]
    )
