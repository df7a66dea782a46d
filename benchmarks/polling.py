"""``python -m benchmarks workload``: what a poll costs from fetch to commit, beside peers and limits in one run.

Ours is the service as ``serve`` runs it: claims, robots.txt, turns, the address guard, metrics and the log are on. What
a running program knows is known: how the boards are read, and what their hosts' robots.txt say.
"""

import asyncio
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
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
from benchmarks import boards, peers
from benchmarks.peers import Cost, run
from benchmarks.timing import Timed, table

HOSTS = 100
LATENCY = 0.1
IN_FLIGHT = 200


class Site(Struct, frozen=True):
    """The boards' server: its port."""

    port: int

    def urls(self, count: int, kind: str = "b", path: str = "index.php", hosts: int = HOSTS) -> list[str]:
        """So many boards' URLs, spread over hosts; a ``kind`` of "e" gives ETags."""
        places = boards.hosts(hosts)
        return [f"http://{places[at % hosts]}:{self.port}/{path}?mid={kind}{at}" for at in range(count)]

    def set(self, *, latency: float = 0, faults: float = 0) -> None:
        """Let answers take so many seconds, and such a share of them go wrong."""
        with urlopen(f"http://{boards.FIRST}:{self.port}/set?latency={latency}&faults={faults}"):
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
        done = asyncio.ensure_future(self.metrics.after(count))
        await asyncio.sleep(0)
        cpu, wall = time.process_time(), time.perf_counter()
        async with service.polling(fetcher):
            await done
        return (time.process_time() - cpu) / count * 1000, time.perf_counter() - wall


def _filled(tx: Transaction, urls: Sequence[str]) -> None:
    now = _now()
    learnt = listing.detect(boards.template(), "http://BOARDHOST/").recipe or Recipe()
    book = Rulebook(text="", asked_at=now, until=now + timedelta(days=1))
    for at, url in enumerate(urls):
        root, name = url.rpartition("/")[0], url.rpartition("=")[2]
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
    roots = {url.rpartition("/")[0] for url in urls}
    tx.execute(insert(tables.origins), [{"origin": root, "said": said} for root in roots])


def _due(tx: Transaction) -> None:
    tx.execute(update(tables.boards).values(next_poll_at=_now()))


def _now() -> datetime:
    return datetime.now(UTC)


async def polled(urls: Sequence[str], folder: Path) -> Cost:
    """What our polls cost."""
    async with Ours.made(folder, urls) as ours, ours.fetching() as fetcher:
        (cold, _), (again, _) = await ours.round(fetcher, len(urls)), await ours.round(fetcher, len(urls))
        return Cost(cold=cold, again=again)


async def waited(urls: Sequence[str], folder: Path) -> Cost:
    """Seconds for all boards, many in flight."""
    async with Ours.made(folder, urls, IN_FLIGHT) as ours, ours.fetching() as fetcher:
        (_, cold), (_, again) = await ours.round(fetcher, len(urls)), await ours.round(fetcher, len(urls))
        return Cost(cold=cold, again=again)


Contender = Callable[[Site, int, Path], Cost | None]
CONTENDERS: dict[str, Contender] = {
    "bare aiohttp GET": lambda site, count, _: run(peers.bare(site.urls(count, "e"), tagged=True)),
    "bare aiohttp GET, no ETag": lambda site, count, _: run(peers.bare(site.urls(count), tagged=False)),
    "floor: raw protocol, Lexbor, sqlite3": lambda site, count, folder: run(peers.floor(site.urls(count, "e"), folder)),
    "ours: fetch to commit": lambda site, count, folder: run(polled(site.urls(count, "e"), folder)),
    "ours: fetch to commit, no ETag": lambda site, count, folder: run(polled(site.urls(count), folder)),
    "reader, of a feed": lambda site, count, folder: peers.lemon24_reader(site.urls(count, path="rss"), folder),
    "newsboat, of a feed": lambda site, count, folder: peers.newsboat(site.urls(count, path="rss"), folder),
    "sfeed, of a feed": lambda site, count, folder: peers.sfeed(site.urls(count, path="rss"), folder),
}


def report(count: int, rounds: int, waiting: int) -> str:
    """Measure ``count`` boards in so many rounds, and how long ``waiting`` slow ones take; return the tables."""
    taken: dict[str, list[Cost]] = {name: [] for name in CONTENDERS}
    with site() as served, logging_to(os.devnull):
        for _ in range(rounds):
            for name, contender in CONTENDERS.items():
                with tempfile.TemporaryDirectory() as folder:
                    cost = contender(served, count, Path(folder))
                taken[name] += [cost] if cost is not None else []
    missing = [name.partition(",")[0] for name, costs in taken.items() if not costs]
    said = f"Not installed, so not measured: {', '.join(missing)}.\n" if missing else ""
    tagged = {name: costs for name, costs in taken.items() if "no ETag" not in name and costs}
    plain = {name: costs for name, costs in taken.items() if "no ETag" in name}
    floor_first = dict(sorted(tagged.items(), key=lambda item: not item[0].startswith("floor")))
    return "\n".join(
        [
            table(f"Polling {count} boards, twenty new rows each", _timed(floor_first, "cold")),
            table("Polling them again, answered 304 where that can be", _timed(tagged, "again")),
            table("Polling them again, without ETag, counters and tokens changed", _timed(plain, "again")),
            said + slow(waiting),
        ]
    )


def _timed(taken: Mapping[str, Sequence[Cost]], job: str) -> list[Timed]:
    each = {name: [getattr(cost, job) for cost in costs] for name, costs in taken.items()}
    return [
        Timed(name=name, microseconds=median(costs) * 1000, spread=max(costs) / max(min(costs), 1e-9))
        for name, costs in each.items()
    ]


def slow(count: int) -> str:
    """How long boards take that answer late, each on a host of its own."""
    with site(count) as served, logging_to(os.devnull), tempfile.TemporaryDirectory() as folder:
        served.set(latency=LATENCY)
        cost = run(waited(served.urls(count, "e", hosts=count), Path(folder)))
    ideal = max(1, -(-count // IN_FLIGHT)) * LATENCY
    return (
        f"{count:,} boards that answer after {LATENCY * 1000:.0f} ms, {IN_FLIGHT} in flight: ideal {ideal:.2f} s, ours"
        f" {cost.cold:.2f} s with new rows ({cost.cold / ideal:.2f} ×), {cost.again:.2f} s again"
        f" ({cost.again / ideal:.2f} ×).\n"
    )


@contextmanager
def logging_to(file: str) -> Iterator[None]:
    """Write the log as the program does."""
    root, apscheduler = logging.getLogger(), logging.getLogger("apscheduler")
    with Path(file).open("a", encoding="utf-8") as stream:
        handler = logging.StreamHandler(stream)
        handler.setFormatter(FORMATS["text"])
        before = root.level, apscheduler.level
        root.addHandler(handler)
        root.setLevel(logging.INFO)
        apscheduler.setLevel(logging.WARNING)
        try:
            yield
        finally:
            root.removeHandler(handler)
            root.setLevel(before[0])
            apscheduler.setLevel(before[1])
