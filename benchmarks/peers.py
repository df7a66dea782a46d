"""Whom the polling is measured against: a bare client, the floor, and readers of the same rows as a feed.

Each takes boards in and gives the CPU milliseconds a board back, for the first time and for the time after it. Readers
have an easier job: 6 KB of RSS in place of 44 KB of HTML.
"""

import asyncio
import logging
import resource
import shutil
import sqlite3
import subprocess
import time
import zlib
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, cast

import aiohttp
from msgspec import Struct
from reader import make_reader
from selectolax.lexbor import LexborHTMLParser

from benchmarks import boards, workload

IN_FLIGHT = 100
JOBS = 16
_TABLE = b'<table class="list"'
_INSERT = "INSERT OR IGNORE INTO headlines VALUES (?, ?, ?, ?, ?, ?)"


class Cost(Struct, frozen=True, kw_only=True):
    """CPU milliseconds a board when its rows are new, and when nothing is."""

    cold: float
    again: float


def spent(work: Callable[[], object], count: int) -> float:
    """CPU milliseconds that ``work`` and the programs it started took for each of ``count`` boards."""
    before = _cpu()
    work()
    return (_cpu() - before) / count * 1000


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def run(work: Coroutine[Any, Any, Cost]) -> Cost:
    """Run ``work`` on the loop that the program uses."""
    with asyncio.Runner(loop_factory=workload.loop_factory()) as runner:
        return runner.run(work)


async def side_by_side(work: Callable[[str], Coroutine[Any, Any, None]], urls: Sequence[str]) -> float:
    """CPU milliseconds for each of ``urls``, a hundred of them in flight."""
    left, start = list(reversed(urls)), _cpu()

    async def worker() -> None:
        while left:
            await work(left.pop())

    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    return (_cpu() - start) / len(urls) * 1000


async def bare(urls: Sequence[str], *, tagged: bool) -> Cost:
    """An aiohttp client that reads every body, and asks with the ETag where boards are ``tagged``."""
    headers: dict[str, str] = {}

    async def get(url: str) -> None:
        async with session.get(url, headers=headers) as response:
            await response.read()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as session:
        cold = await side_by_side(get, urls)
        if tagged:
            headers["If-None-Match"] = boards.ETAG
        return Cost(cold=cold, again=await side_by_side(get, urls))


async def floor(urls: Sequence[str], folder: Path) -> Cost:
    """The least that Python can do: a raw protocol, Lexbor's children of the table, sqlite3's executemany."""
    store = sqlite3.connect(folder / "floor.db", isolation_level=None)
    store.executescript(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
        "CREATE TABLE headlines (board TEXT, no INT, title TEXT, source TEXT, date TEXT, url TEXT, UNIQUE (board, no));"
        "CREATE INDEX by_date ON headlines (date)"
    )
    lines = asyncio.Queue[_Line]()
    host, port = _address(urls[0])
    for _ in range(IN_FLIGHT):
        lines.put_nowait((await asyncio.get_running_loop().create_connection(_Line, host, port))[1])

    async def poll(url: str, etag: str = "") -> None:
        line = await lines.get()
        body = await line.get(url, etag)
        lines.put_nowait(line)
        if body:
            store.execute("BEGIN")
            store.executemany(_INSERT, _rows(body, url))
            store.execute("COMMIT")

    cold = await side_by_side(poll, urls)
    again = await side_by_side(lambda url: poll(url, boards.ETAG), urls)
    while not lines.empty():
        lines.get_nowait().transport.close()
    store.close()
    return Cost(cold=cold, again=again)


def _address(url: str) -> tuple[str, int]:
    host, _, port = url.split("/")[2].partition(":")
    return host, int(port)


def _rows(body: bytes, url: str) -> list[tuple[str, int, str, str, str, str]]:
    start = body.index(_TABLE)
    table = LexborHTMLParser(body[start : body.index(b"</table>", start)].decode()).css_first("tbody")
    rows = []
    for row in table.iter() if table is not None else ():
        no, title, source, date, _ = row.iter()
        link = title.css_first("a")
        href = (link.attributes["href"] if link is not None else None) or ""
        said = [cell.text(strip=True) for cell in (title, source, date)]
        rows.append((url, int(no.text()), *said, href))
    return rows  # type: ignore[return-value]


class _Line(asyncio.Protocol):
    """One connection that asks for one thing after the other."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    async def get(self, url: str, etag: str) -> bytes:
        self.received, self.whole = b"", asyncio.get_running_loop().create_future()
        asked = f"GET /{url.split('/', 3)[3]} HTTP/1.1\r\nHost: {url.split('/')[2]}\r\nAccept-Encoding: gzip\r\n"
        self.transport.write(f"{asked}If-None-Match: {etag}\r\n\r\n".encode())
        return bytes(await self.whole)

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return
        if b"Length: " not in head:
            self.whole.set_result(b"")
        elif len(body) == int(head.rpartition(b"Length: ")[2].split(b"\r")[0]):
            self.whole.set_result(zlib.decompress(body, 31))


def lemon24_reader(urls: Sequence[str], folder: Path) -> Cost:
    """The Python library ``reader``, its workers on."""
    logging.getLogger("reader").setLevel(logging.ERROR)
    with make_reader(str(folder / "reader.db")) as reader:
        for url in urls:
            reader.add_feed(url)
        cold = spent(lambda: reader.update_feeds(scheduled=False, workers=JOBS), len(urls))
        return Cost(cold=cold, again=spent(lambda: reader.update_feeds(scheduled=False, workers=JOBS), len(urls)))


def newsboat(urls: Sequence[str], folder: Path) -> Cost | None:
    """Debian's newsboat; None where it is not installed."""
    if (program := shutil.which("newsboat")) is None:
        return None
    (folder / "urls").write_text("\n".join(urls), "utf-8")
    (folder / "config").write_text(f"reload-threads {JOBS}\n", "utf-8")
    command = [program, "-q", "-u", "urls", "-c", "cache.db", "-C", "config", "-x", "reload"]
    return _program(command, len(urls), folder)


def sfeed(urls: Sequence[str], folder: Path) -> Cost | None:
    """Debian's sfeed; None where it is not installed."""
    if (program := shutil.which("sfeed_update")) is None:
        return None
    feeds = "\n".join(f'feed "b{at}" "{url}"' for at, url in enumerate(urls))
    (folder / "sfeedrc").write_text(f'sfeedpath="{folder}/feeds"\nmaxjobs={JOBS}\nfeeds() {{\n{feeds}\n}}\n', "utf-8")
    return _program([program, str(folder / "sfeedrc")], len(urls), folder)


def _program(command: list[str], count: int, folder: Path) -> Cost:
    def once() -> None:
        subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)  # noqa: S603 - a peer

    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "dumb"}
    return Cost(cold=spent(once, count), again=spent(once, count))
