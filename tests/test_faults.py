"""Faults drawn at random on every request: nothing escapes, nothing leaks, and who is healthy stays so."""

import asyncio
import gzip
import resource
import threading
import zlib
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import brotli
import pytest

from aggregator.demo import SimulatedBoard, skins
from aggregator.fetch import Fetcher
from aggregator.model import BoardSpec, Poll
from aggregator.poll import poll
from aggregator.settings import PollingSettings
from aggregator.store import Store, boards
from tests.fetch.origin import Clock, Names, Origin, fetcher, reply
from tests.walking import START

Reply = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]
HTML = "text/html; charset=utf-8"
MEGABYTE = 1_000_000
SICK, WELL = 10, 6
FEW = 12
POLLING = PollingSettings()
SILENCE_SECONDS = 2.5
HASTE: dict[str, Any] = {
    "timeout": timedelta(seconds=4),
    "connect_timeout": timedelta(seconds=3),
    "read_timeout": timedelta(seconds=2),
    "concurrency": 40,
}


def list_page() -> bytes:
    """A list of twenty posts."""
    board = SimulatedBoard("뉴스")
    for n in range(20):
        board.post(f"나라 살림 {n}째 소식", "연합", START)
    origin, page = "http://b.example", board.page()
    return skins.html(skins.View(board=board, slug="news", origin=origin, page=page, now=START, current=None)).encode()


PAGE = list_page()


def cut(writer: asyncio.StreamWriter) -> Awaitable[None]:
    """Half a page where a whole one was promised."""
    writer.write(reply(PAGE, content_type=HTML)[: len(PAGE) // 2])
    return writer.drain()


def hung(begin: bytes) -> Callable[[asyncio.StreamWriter], Awaitable[None]]:
    """Silence after so much of an answer."""

    async def hang(writer: asyncio.StreamWriter) -> None:
        writer.write(begin)
        await writer.drain()
        await asyncio.sleep(SILENCE_SECONDS)  # the fault itself: longer than the poller waits

    return hang


async def reset(writer: asyncio.StreamWriter) -> None:
    """A connection that is torn down."""
    writer.transport.abort()


def bombs() -> Iterator[Reply]:
    """Bodies of a few kilobytes that unpack to sixty megabytes."""
    zeros = bytes(60 * MEGABYTE)
    yield reply(gzip.compress(zeros), content_encoding="gzip", content_type=HTML)
    yield reply(zlib.compress(zeros), content_encoding="deflate", content_type=HTML)
    yield reply(brotli.compress(zeros, quality=1), content_encoding="br", content_type=HTML)


def faults(port: int) -> list[Reply]:
    """What may go wrong, a reply each."""
    deep = b"<html><body>" + b"<div>" * 4_000 + PAGE
    return [
        reply(b"oops", 500),
        reply(b"busy", 503, retry_after="30"),
        reply(b"", 429),
        hung(b""),
        hung(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"),
        hung(reply(PAGE, content_type=HTML)[:2_000]),
        reset,
        cut,
        *bombs(),
        reply(b"", 302, location="/list"),
        reply(b"", 302, location="http://nowhere.invalid/"),
        reply(b"", 302, location=f"http://10.0.0.1:{port}/"),
        Random(1).randbytes(3_000),  # noqa: S311  garbage, no secret
        b"HTTP/1.1 999999 \r\n\r\n",
        reply(Random(2).randbytes(3_000), content_type="text/html; charset=shift_jis"),  # noqa: S311  the same
        reply(PAGE, content_type="text/html; charset=utf-16"),
        reply(PAGE[:3_000], content_encoding="gzip", content_type=HTML),
        reply(b"<html><title>Login</title><form><input type=password></form>", content_type=HTML),
        reply(deep, content_type=HTML),
        reply(b"<table>" + b"<b 1><i 2>" * 400 + b"</table>", content_type=HTML),
    ]


def open_things() -> tuple[int, int, int]:
    """File handles and sockets, threads, and tasks of this process."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir()), threading.active_count(), len(asyncio.all_tasks())


def peak_mb() -> float:
    """The most memory this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Faulty:
    """A site of sick hosts and healthy ones, and a poller of them all."""

    def __init__(self, origin: Origin, store: Store, chance: Random) -> None:
        """Draw faults by ``chance``."""
        self.origin, self.store, self.chance, self.clock = origin, store, chance, Clock(START)
        self.sick, self.broken = [f"sick{n}" for n in range(SICK)], True
        self.well = [f"well{n}" for n in range(WELL)]
        self.outcomes: dict[str, list[str]] = {}

    async def add(self) -> None:
        """Add a board a host; every request of sick ones draws its reply."""
        drawn, page = faults(self.origin.port), reply(PAGE, content_type=HTML)
        for slug in (*self.sick, *self.well):
            url = f"http://{slug}.example:{self.origin.port}/{slug}/list"
            spec = BoardSpec(slug=slug, name=slug, url=url, timezone="UTC", every=timedelta(minutes=10))
            await self.store.write(boards.add, spec, START)
            self.origin.replies[f"/{slug}/list"] = page
        for slug in self.sick:

            async def draw(writer: asyncio.StreamWriter) -> None:
                said = self.chance.choice(drawn) if self.broken and self.chance.random() < 0.8 else page
                await said(writer) if callable(said) else writer.write(said)

            self.origin.replies[f"/{slug}/list"] = draw

    async def polls(self, poller: Fetcher, slug: str, times: int) -> None:
        """Poll one board so many times, one after the other."""
        for _ in range(times):
            board = await self.store.read(boards.by_slug, slug)
            assert board is not None
            record: Poll = await poll(board, fetcher=poller, store=self.store, clock=self.clock, polling=POLLING)
            self.outcomes.setdefault(slug, []).append(record.error or record.result)
            self.clock.now += timedelta(hours=2)

    async def all(self, poller: Fetcher, times: int) -> None:
        """Poll every board so many times, all boards side by side."""
        await asyncio.gather(*(self.polls(poller, slug, times) for slug in (*self.sick, *self.well)))


@pytest.mark.parametrize("times", [8, pytest.param(625, marks=pytest.mark.nightly)])
async def test_no_fault_escapes_or_leaks(tmp_path: Path, times: int) -> None:
    """Every poll ends with a record; healthy hosts never fail, sick ones recover, handles and memory stay."""
    async with (
        await Store.open(f"sqlite:///{tmp_path}/faults.db", authority="a.example", now=START) as store,
        Origin() as origin,
    ):
        site = Faulty(origin, store, Random(times))  # noqa: S311  no secret
        await site.add()
        async with fetcher(clock=site.clock, resolver=Names(), **HASTE) as poller:
            await site.all(poller, 4)
            await origin.quiet()
            peak, before = peak_mb(), open_things()
            await site.all(poller, times)
            assert peak_mb() - peak < 32
            site.broken = False
            await site.all(poller, 2)
            await origin.quiet()
            # The store's reader threads come as they are needed, each with its connection: a few, however many polls.
            assert all(now <= then + FEW for now, then in zip(open_things(), before, strict=True))
    assert {slug: set(site.outcomes[slug]) <= {"changed", "unchanged"} for slug in site.well} == dict.fromkeys(
        site.well, True
    )
    assert [site.outcomes[slug][-1] for slug in site.sick] == ["unchanged"] * SICK
