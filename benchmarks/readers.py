"""A thousand readers of topics' feeds while boards get news: the real program, polling, in a process of its own.

Boards, readers and their clocks share this process. Each reader keeps what readers keep: the ETag it was told last, and
the ids it has seen, by which it is judged at the end.
"""

import asyncio
import random
import re
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from statistics import median, quantiles

import aiohttp
from aiohttp import web
from msgspec import Struct, field

from aggregator import filters
from aggregator.demo import SimulatedBoard, site
from aggregator.demo.words import KOREAN
from aggregator.store import Selection, Store, headlines
from benchmarks.boards import hosts
from benchmarks.resident import resident_of
from tests.program import PATIENCE_SECONDS, environment, free_port, serving

FORMATS = {
    "atom": re.compile(r"<entry>.*?<id>([^<]+)</id>", re.DOTALL),
    "rss": re.compile(r"<guid[^>]*>([^<]+)</guid>"),
    "json": re.compile(r'"id":"(tag:[^"]+:[0-9]+/[^"]+)"'),
}
FIRST_POSTS = 3
QUARTERS = 4
BUSY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


class Sizes(Struct, frozen=True, kw_only=True):
    """So many ``readers`` of ``topics``, each asking every so many ``seconds``; each board gets ``posts`` meanwhile."""

    readers: int = 1_000
    topics: int = 200
    boards: int = 100
    posts: int = 12
    every_seconds: float = 30.0
    polled: str = "3s"
    seconds: float = 120.0


class Reader(Struct, kw_only=True):
    """A subscriber of one feed."""

    url: str
    form: str
    address: str
    topic: int
    etag: str = ""
    seen: set[str] = field(default_factory=set)


class Outcome(Struct, frozen=True, kw_only=True):
    """Milliseconds of all answers, how many were 304, refused or none, readers who lack or have too much, and MB."""

    answers: int
    unchanged: int
    refused: int
    errors: int
    p50: float
    p99: float
    astray: int
    headlines: int
    resident: tuple[float, ...]


class Crowd:
    """All readers, and how they were answered."""

    def __init__(self, root: str, sizes: Sizes) -> None:
        self.taken: list[float] = []
        self.unchanged = self.refused = self.errors = 0
        forms = list(FORMATS)
        self.readers = [
            Reader(
                url=f"{root}/topics/t{n % sizes.topics}.{forms[n % len(forms)]}?n=500",
                form=forms[n % len(forms)],
                address=f"10.0.{n // 250}.{n % 250}",
                topic=n % sizes.topics,
            )
            for n in range(sizes.readers)
        ]

    async def ask(self, session: aiohttp.ClientSession, reader: Reader) -> bool:
        """Poll once as a reader does; False where it was refused, and told when to come back."""
        headers = {"X-Forwarded-For": reader.address, "If-None-Match": reader.etag}
        begun = time.perf_counter()
        try:
            async with session.get(reader.url, headers=headers) as response:
                body = await response.text()
        except aiohttp.ClientError:
            self.errors += 1
            return True
        self.taken.append((time.perf_counter() - begun) * 1000)
        if response.status == HTTPStatus.OK:
            reader.etag = response.headers["ETag"]
            reader.seen |= set(FORMATS[reader.form].findall(body))
        elif response.status == HTTPStatus.NOT_MODIFIED:
            self.unchanged += 1
        elif response.status in BUSY and "Retry-After" in response.headers:
            self.refused += 1
            return False
        else:
            self.errors += 1
        return True

    async def live(self, session: aiohttp.ClientSession, reader: Reader, every_seconds: float) -> None:
        """Poll from a chance moment on, until cancelled."""
        await asyncio.sleep(random.uniform(0, every_seconds))  # noqa: S311 - no secret
        while True:
            await self.ask(session, reader)
            await asyncio.sleep(every_seconds)


def filter_of(n: int) -> str:
    """The filter of topic ``n``: no two alike for the first two hundred.

    >>> filter_of(0), filter_of(41)
    ("'서울시'", "'부산항만공사' -확대")
    """
    kind, at = divmod(n, len(KOREAN.subjects))
    subject, other = KOREAN.subjects[at], KOREAN.subjects[at - 1]
    narrowed = ("", " -확대", f" OR '{other}'", " -[단독]", " 연장,개편,공개")
    return f"'{subject}'{narrowed[kind % len(narrowed)]}"


def measured(sizes: Sizes) -> Outcome:
    """Let the crowd read as long as the sizes say, then compare each reader with the store."""
    with tempfile.TemporaryDirectory() as made:
        return asyncio.run(_measured(Path(made), sizes))


async def _measured(folder: Path, sizes: Sizes) -> Outcome:
    boards = {f"b{n}": SimulatedBoard(f"게시판 {n}") for n in range(sizes.boards)}
    titles = iter(range(KOREAN.titles))
    for _ in range(FIRST_POSTS):
        _post(boards.values(), titles)
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(_standing(boards))
        settings = folder / "settings.toml"
        settings.write_text(_settings(port, sizes), "utf-8")
        environ = environment(free_port(), AGGREGATOR_POLLING_ALLOW_PRIVATE="127.0.0.0/8")
        feeds = 3 * (1 + sizes.boards + sizes.topics)
        program = await stack.enter_async_context(serving(folder, environ, feeds=feeds))
        opened = Store.open(f"sqlite:///{folder / 'test.db'}", authority="a.example", now=datetime.now(UTC))
        store = await stack.enter_async_context(await opened)
        # How a board is read is found out once, at its first poll, and takes longer than all that follows.
        await _all_stored(store, sizes.boards * FIRST_POSTS)
        connector = aiohttp.TCPConnector(limit=0)
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        crowd = Crowd(program.root, sizes)
        lives = [asyncio.create_task(crowd.live(session, one, sizes.every_seconds)) for one in crowd.readers]
        resident = await _news(boards, titles, sizes, program.process.pid)
        for life in lives:
            life.cancel()
        await _all_stored(store, sizes.boards * (FIRST_POSTS + sizes.posts))
        for reader in crowd.readers:
            while not await crowd.ask(session, reader):
                pass
        return await _outcome(store, crowd, resident, sizes)


def _post(boards: Iterable[SimulatedBoard], titles: Iterator[int]) -> None:
    for board, title in zip(boards, titles, strict=False):
        board.post(KOREAN.title(title), KOREAN.source(title), datetime.now(UTC))


@asynccontextmanager
async def _standing(boards: dict[str, SimulatedBoard]) -> AsyncIterator[int]:
    """Each board on an address of its own, all on one port."""
    runner = web.AppRunner(site(boards, lambda: datetime.now(UTC)), access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        port = free_port()
        for host in hosts(len(boards)):
            await web.TCPSite(runner, host, port).start()
        yield port
    finally:
        await runner.cleanup()


def _settings(port: int, sizes: Sizes) -> str:
    boards = [
        f'[[board]]\nslug = "b{n}"\nname = "게시판 {n}"\nurl = "http://{host}:{port}/index.php?mid=b{n}"\n'
        f'timezone = "Asia/Seoul"\nevery = "{sizes.polled}"\n'
        for n, host in enumerate(hosts(sizes.boards))
    ]
    topics = [f'[[topic]]\nslug = "t{n}"\ntitle = "주제 {n}"\nfilter = "{filter_of(n)}"\n' for n in range(sizes.topics)]
    return "\n".join(['[server]\ntrusted_proxies = ["127.0.0.1"]\n', *boards, *topics])


async def _news(boards: dict[str, SimulatedBoard], titles: Iterator[int], sizes: Sizes, process: int) -> list[float]:
    """Post to all boards, one after the other; megabytes of the program at the end of each quarter."""
    resident = []
    posts = sizes.posts * sizes.boards
    for n in range(posts):
        _post([boards[f"b{n % sizes.boards}"]], titles)
        await asyncio.sleep(sizes.seconds / posts)
        if (n + 1) * QUARTERS // posts > n * QUARTERS // posts:
            resident.append(resident_of(process))
    return resident


async def _all_stored(store: Store, count: int) -> None:
    """Wait until the program has polled every post."""
    everything = Selection(n=2 * count, dup="all", history=True)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(await store.read(headlines.select, everything)) < count:  # noqa: ASYNC110 - another process's store
            await asyncio.sleep(0.2)


async def _outcome(store: Store, crowd: Crowd, resident: list[float], sizes: Sizes) -> Outcome:
    count = sizes.boards * (FIRST_POSTS + sizes.posts)
    wanted = [Selection(filter=filters.parse(filter_of(n)), n=count) for n in range(sizes.topics)]
    right = [{entry.guid for entry in await store.read(headlines.select, one)} for one in wanted]
    cuts = quantiles(crowd.taken, n=100)
    return Outcome(
        answers=len(crowd.taken),
        unchanged=crowd.unchanged,
        refused=crowd.refused,
        errors=crowd.errors,
        p50=median(crowd.taken),
        p99=cuts[98],
        astray=sum(reader.seen != right[reader.topic] for reader in crowd.readers),
        headlines=sum(map(len, right)),
        resident=tuple(resident),
    )


def table(sizes: Sizes, found: Outcome) -> str:
    """Return the Markdown of it."""
    memory = ", ".join(f"{megabytes:.0f}" for megabytes in found.resident)
    return (
        f"## {sizes.readers:,} readers of {sizes.topics} topics, while {sizes.boards} boards get news\n\n"
        f"{sizes.seconds:.0f} s, each reader every {sizes.every_seconds:.0f} s, each board polled every {sizes.polled},"
        f" {sizes.boards * sizes.posts:,} new headlines:"
        f" {found.answers:,} answers, {found.unchanged:,} of them 304, {found.refused:,} refused with"
        f" Retry-After, {found.errors} errors;"
        f" p50 {found.p50:.1f} ms, p99 {found.p99:.1f} ms; {memory} MB at the end of each quarter;"
        f" {found.astray} readers whose headlines are not their filter's ({found.headlines:,} of all topics).\n"
    )
