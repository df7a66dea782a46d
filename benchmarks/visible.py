"""How long a row takes from its board's answer to the feed: one poll's own part, and one request's."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

import aiohttp
from aiohttp import web
from msgspec import Struct

from aggregator import app
from aggregator import web as served
from aggregator.fetch import Fetcher
from aggregator.model import BoardSpec
from aggregator.poll import poll
from aggregator.settings import PollingSettings, Settings
from aggregator.store import Store, boards
from benchmarks import workload

PATH = "/index.php"
POLLING = PollingSettings(host_gap=timedelta(), allow_private=("127.0.0.1",))


class Visible(Struct, frozen=True):
    """Milliseconds from the last byte of a board's answer to the feed that shows its new row, over ``rounds``."""

    rounds: int
    p50: float
    p99: float


class Origin:
    """A board that shows one post more at each round."""

    def __init__(self, rounds: int) -> None:
        self.pages = [page.encode() for page in workload.growing(rounds)]
        self.round = 0
        self.answered_at = 0.0

    async def page(self, _request: web.Request) -> web.Response:
        """The list as it is in this round."""
        response = web.Response(body=self.pages[self.round], content_type="text/html", charset="utf-8")
        self.answered_at = time.perf_counter()
        return response


def measured(rounds: int) -> Visible:
    """Poll a board of so many rounds and ask for its feed after each, in one process."""
    return asyncio.run(_measured(rounds))


async def _measured(rounds: int) -> Visible:
    origin = Origin(rounds)
    site = web.Application()
    site.router.add_get(PATH, origin.page)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        async with await Store.open(url, authority="bench.example", now=_now()) as store, _listening(site) as root:
            spec = BoardSpec(
                slug="news", name="news", url=root + PATH, timezone="Asia/Seoul", every=timedelta(minutes=10)
            )
            await store.write(boards.add, spec, _now())
            ours = served.application(store, public_url="http://bench.example", clock=_now)
            async with _listening(ours) as feeds:
                return await _rounds(store, origin, f"{feeds}/feed.atom")


async def _rounds(store: Store, origin: Origin, url: str) -> Visible:
    taken = []
    settings = Settings(polling=POLLING)
    async with Fetcher(app.limits(settings), clock=_now) as fetcher, aiohttp.ClientSession() as reader:
        for number in range(len(origin.pages)):
            origin.round = number
            (board,) = await store.read(boards.every)
            await poll(board, fetcher=fetcher, store=store, clock=_now, polling=POLLING)
            async with reader.get(url) as response:
                body = await response.read()
            taken.append((time.perf_counter() - origin.answered_at) * 1000)
            if workload.title(number).encode() not in body:
                raise AssertionError(f"The row of round {number} is not in the feed.")
    cuts = quantiles(taken[1:], n=100)
    return Visible(len(taken) - 1, median(taken[1:]), cuts[98])


@asynccontextmanager
async def _listening(site: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _now() -> datetime:
    return datetime.now(UTC)


def table(found: Visible) -> str:
    """Return the Markdown of the rounds."""
    said = (
        f"ms over {found.rounds} rounds of one new row, board, poller, server and reader in one process;"
        f" p50 {found.p50:.1f}, p99 {found.p99:.1f}."
    )
    return f"## From a board's answer to the feed that shows its new row\n\n{said}\n"
