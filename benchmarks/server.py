"""``python -m benchmarks.server FILE ours|bare``: a feed's server in a process of its own.

``ours`` fills a new store at FILE and serves it; ``bare`` is an aiohttp handler that answers with FILE's bytes.
It prints its root URL and serves until its standard input ends.
"""

import asyncio
import gzip
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web

from aggregator import web as program
from aggregator.app import SWITCH_SECONDS, settle
from aggregator.changes import Changes
from aggregator.model import BoardSpec, Headline
from aggregator.settings import ServerSettings, Settings
from aggregator.store import Store, boards, headlines
from benchmarks import workload
from benchmarks.origin import listen

PUBLIC_URL = "http://bench.example"
ENTRIES = 100
TAG = '"bare"'


def bare(body: bytes) -> web.Application:
    """Answer with bytes that are at hand, in gzip or not, or with 304."""
    packed = gzip.compress(body)

    async def feed(request: web.Request) -> web.Response:
        said = {"ETag": TAG, "Vary": "Accept-Encoding", "Content-Type": "application/atom+xml; charset=utf-8"}
        if request.headers.get("If-None-Match") == TAG:
            return web.Response(status=304, headers=said)
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=packed, headers={**said, "Content-Encoding": "gzip"})
        return web.Response(body=body, headers=said)

    site = web.Application()
    site.router.add_get("/feed.atom", feed)
    return site


@asynccontextmanager
async def ours(file: Path) -> AsyncIterator[web.Application]:
    """The server of a new store with one board of a hundred headlines."""
    async with await Store.open(f"sqlite:///{file}", authority="bench.example", now=workload.WHEN) as store:
        await filled(store, ENTRIES)
        settings = Settings(server=ServerSettings(trusted_proxies=("127.0.0.1",)))
        yield program.application(store, public_url=PUBLIC_URL, clock=lambda: datetime.now(UTC), settings=settings)


async def filled(store: Store, count: int) -> None:
    """Give a new store one board of so many headlines."""
    every = timedelta(minutes=10)
    spec = BoardSpec(slug="news", name="뉴스", url=workload.URL, timezone="Asia/Seoul", every=every)
    await store.write(boards.add, spec, workload.WHEN)
    await posted(store, 0, count)


async def posted(store: Store, first: int, count: int) -> None:
    """Store so many headlines, from a number on."""
    (board,) = await store.read(boards.every)
    new = tuple(map(_headline, range(first, first + count)))
    await store.write(headlines.apply, board, Changes(new=new), workload.WHEN)


def _headline(n: int) -> Headline:
    return Headline(
        key=str(n),
        title=workload.title(n),
        number=n,
        source="랭크뉴스",
        published=workload.WHEN + timedelta(minutes=n),
        precision="minute",
        url=f"{workload.URL}&document_srl={n}",
    )


async def main(file: Path, kind: str) -> None:
    """Serve on a free port of loopback."""
    sys.setswitchinterval(SWITCH_SECONDS)
    if kind == "bare":
        await listen(bare(await asyncio.to_thread(file.read_bytes)))
    else:
        async with ours(file) as site:
            settle()
            await listen(site)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=workload.loop_factory()) as runner:
        runner.run(main(Path(sys.argv[1]), sys.argv[2]))
