"""``python -m benchmarks workload``: what a poll costs from fetch to commit, beside peers and limits in one run.

Ours is the service as ``serve`` runs it: claims, robots.txt, turns, the address guard, metrics and the log are on. What
a running program knows is known: how the boards are read, and what their hosts' robots.txt say.
"""

import asyncio
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from urllib.request import urlopen

from msgspec import Struct, json, structs
from sqlalchemy import insert, update

from aggregator import app, listing
from aggregator.fetch import Fetcher
from aggregator.fetch.origins import Origin, Rulebook
from aggregator.logs import FORMATS
from aggregator.metrics import Metrics
from aggregator.model import BoardSpec, Poll
from aggregator.recipe import Recipe
from aggregator.service import Service
from aggregator.settings import PollingSettings, Settings
from aggregator.store import Store, Transaction, tables
from aggregator.store import boards as stored
from aggregator.store.origins import StoredMemory
from benchmarks import boards, peers, workload
from benchmarks.peers import Cost

HOSTS = 100
LATENCY = 0.1
IN_FLIGHT = 200
LARGE_CONTENDERS = ("bare aiohttp", "floor", "ours")


class Site(Struct, frozen=True):
    """The boards' server: its port."""

    port: int

    def urls(self, count: int, kind: str = "b", path: str = "index.php", hosts: int = HOSTS) -> list[str]:
        """So many boards' URLs, spread over hosts; a ``kind`` of "e" gives ETags."""
        places = boards.hosts(hosts)
        return [f"http://{places[at % hosts]}:{self.port}/{path}?mid={kind}{at}" for at in range(count)]

    def set(self, *, latency: float = 0, faults: float = 0) -> None:
        """Let answers take so many seconds, and such a share of them go wrong."""
        with urlopen(f"http://{boards.FIRST}:{self.port}/set?latency={latency}&faults={faults}"):  # noqa: S310 - ours
            pass


@contextmanager
def site(hosts: int = HOSTS) -> Iterator[Site]:
    """The boards, served by another process."""
    command = [sys.executable, "-m", "benchmarks.boards", str(hosts)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 ours
        yield Site(int(process.stdout.readline()) if process.stdout is not None else 0)
        process.communicate()


class Counting(Metrics):
    """The program's own counters, and a word when so many polls are done."""

    def __init__(self) -> None:
        super().__init__()
        self.results: list[str] = []
        self.wanted, self.reached = 0, asyncio.Event()

    def polled(self, record: Poll) -> None:
        """Count a poll."""
        super().polled(record)
        self.results.append(record.result)
        if len(self.results) >= self.wanted:
            self.reached.set()

    async def after(self, polls: int) -> None:
        """Wait for so many polls from now on."""
        self.results.clear()
        self.wanted = polls
        self.reached.clear()
        await self.reached.wait()


class Ours:
    """A store with boards, and the service that polls them."""

    def __init__(self, store: Store, settings: Settings) -> None:
        """Poll what is in ``store``."""
        self.store, self.settings, self.metrics = store, settings, Counting()

    @classmethod
    @asynccontextmanager
    async def made(cls, folder: Path, urls: Sequence[str], in_flight: int = peers.IN_FLIGHT) -> "AsyncIterator[Ours]":
        """With boards at ``urls`` that were never polled."""
        polling = PollingSettings(host_gap=timedelta(), allow_private=("127.0.0.0/8",), concurrency=in_flight)
        async with await Store.open(f"sqlite:///{folder / 'ours.db'}", authority="bench.example", now=_now()) as store:
            await store.write(_filled, urls)
            yield cls(store, Settings(polling=polling))

    @asynccontextmanager
    async def fetching(self) -> "AsyncIterator[Fetcher]":
        """The fetcher that a program has."""
        async with Fetcher(app.limits(self.settings), clock=_now, memory=StoredMemory(self.store)) as fetcher:
            yield fetcher

    async def round(self, fetcher: Fetcher, count: int) -> tuple[float, float]:
        """Poll all ``count`` boards, which are due: CPU milliseconds for each, and seconds for all."""
        await self.store.write(_due)
        service = Service(self.store, self.settings, _now, self.metrics)
        waited = asyncio.ensure_future(self.metrics.after(count))
        await asyncio.sleep(0)
        cpu, wall = time.process_time(), time.perf_counter()
        async with service.polling(fetcher):
            await waited
            taken = (time.process_time() - cpu) / count * 1000, time.perf_counter() - wall
        return taken


def _filled(tx: Transaction, urls: Sequence[str]) -> None:
    now = _now()
    learnt = listing.detect(boards.template(), "http://BOARDHOST/").recipe or Recipe()
    book = Rulebook(text="", asked_at=now, until=now + timedelta(days=1))
    for at, url in enumerate(urls):
        root, _, name = url.rpartition("/")[0], "", url.rpartition("=")[2]
        following = learnt.next_page.replace("http://BOARDHOST", root).replace(boards.NAME, name)
        spec = BoardSpec(
            slug=f"b{at}",
            name=name,
            url=url,
            timezone="Asia/Seoul",
            every=timedelta(minutes=10),
            recipe=structs.replace(learnt, next_page=following),
        )
        stored.add(tx, spec, now)
    said = json.encode(Origin(rulebook=book)).decode()
    tx.execute(insert(tables.origins), [{"origin": root, "said": said} for root in {url.rpartition("/")[0] for url in urls}])


def _due(tx: Transaction) -> None:
    tx.execute(update(tables.boards).values(next_poll_at=_now()))


def _now() -> datetime:
    return datetime.now(UTC)
