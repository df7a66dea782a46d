"""Ten times what can be done: what is asked for beyond the server's capacity is refused at once, with a time to return.

Every request asks for another document, so that none is kept. The store and its server are a process of their own.
"""

import asyncio
import itertools
import re
import time
from collections.abc import Iterator  # noqa: TC003
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import cast
from urllib.parse import urlsplit

from msgspec import Struct, field

from benchmarks import serving, workload

AT_ONCE, TIMES, TOLERATED = 4, 10, 5
BUSY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
ALONE, PATIENCE_SECONDS = 1_000, 60.0
_RETRY_AFTER = re.compile(rb"\r\nretry-after: *[0-9]+(\r\n|$)", re.IGNORECASE)


class Told(Struct):
    """Milliseconds of what was answered and of what was refused; ``wrong`` was neither, or refused without a time.

    ``begun``: the seconds at which each was asked.
    """

    begun: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class Overload(Struct, frozen=True, kw_only=True):
    """Requests a second that can be done, what came of ten times as many, and seconds until it answers as before."""

    capacity: float
    unloaded_p99: float
    told: Told
    p99: float
    recovery_seconds: float


class _Question(asyncio.Protocol):
    """One connection for one request: all that comes before the server hangs up is the answer."""

    def __init__(self, request: bytes) -> None:
        self._request, self._parts = request, list[bytes]()
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(self._request)  # uvloop's is one without saying so

    def data_received(self, data: bytes) -> None:
        self._parts.append(data)

    def connection_lost(self, error: Exception | None) -> None:
        if error is None:
            self.answer.set_result(b"".join(self._parts))
        else:
            self.answer.set_exception(error)


class Client:
    """Asks for what nobody has asked for, each time from another address and on a connection of its own."""

    def __init__(self, root: str) -> None:
        """Ask the server at ``root``."""
        where = urlsplit(root)
        self._host, self._port = where.hostname or "", where.port or 80
        self._numbers: Iterator[int] = itertools.count()

    async def ask(self, told: Told) -> bool:
        """Ask once; whether it was answered."""
        n = next(self._numbers)
        begun = time.perf_counter()
        told.begun.append(begun)
        try:
            answer = await self._exchanged(n)
        except OSError as error:
            told.wrong.append(repr(error))
            return False
        taken = (time.perf_counter() - begun) * 1000
        head = answer.partition(b"\r\n\r\n")[0]
        status = int(head[9:12] or 0)
        if status == HTTPStatus.OK:
            told.answered.append(taken)
        elif status in BUSY and _RETRY_AFTER.search(head):
            told.refused.append(taken)
        else:
            told.wrong.append(head.decode())
        return status == HTTPStatus.OK

    async def _exchanged(self, n: int) -> bytes:
        """The answer to a filter by a word that no title has: all are different, and cost the same."""
        lines = [
            f"GET /feed.atom?q=-w{n} HTTP/1.1",
            f"Host: {self._host}",
            f"X-Forwarded-For: 10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}",
            "Connection: close",
        ]
        request = "\r\n".join([*lines, "", ""]).encode()
        loop = asyncio.get_running_loop()
        _, question = await loop.create_connection(lambda: _Question(request), self._host, self._port)
        return await question.answer


def measured(seconds: float) -> Overload:
    """Find the capacity, then offer ten times as much for so many seconds."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        side = stack.enter_context(serving.served(Path(folder) / "bench.db", "ours"))
        with asyncio.Runner(loop_factory=workload.loop_factory()) as runner:
            return runner.run(_measured(side.root, seconds))


async def _measured(root: str, seconds: float) -> Overload:
    client, alone, told = Client(root), Told(), Told()
    for _ in range(ALONE):
        await client.ask(alone)
    capacity = await _capacity(client, seconds)
    await _offer(client, told, TIMES * capacity, seconds)
    recovery = await _recovery(client, _p99(alone.answered))
    return Overload(
        capacity=capacity,
        unloaded_p99=_p99(alone.answered),
        told=told,
        p99=_p99(told.answered),
        recovery_seconds=recovery,
    )


async def _capacity(client: Client, seconds: float) -> float:
    """How many are answered in a second where as many ask at once as are made at once."""
    told, end = Told(), time.perf_counter() + seconds

    async def again() -> None:
        while time.perf_counter() < end:
            await client.ask(told)

    await asyncio.gather(*(again() for _ in range(AT_ONCE)))
    return len(told.answered) / seconds


async def _offer(client: Client, told: Told, a_second: float, seconds: float) -> None:
    """Ask so often, whether or not there are answers."""
    begun, asked = time.perf_counter(), set[asyncio.Task[bool]]()
    while (now := time.perf_counter() - begun) < seconds:
        asked |= {asyncio.create_task(client.ask(told)) for _ in range(len(asked), int(now * a_second))}
        await asyncio.sleep(0.005)
    await asyncio.gather(*asked)


async def _recovery(client: Client, usual: float) -> float:
    """Seconds until a request is answered within five times what it takes alone."""
    begun, told = time.perf_counter(), Told()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (await client.ask(told) and told.answered[-1] <= TOLERATED * usual):
            pass
    return time.perf_counter() - begun


def _p99(taken: list[float]) -> float:
    return quantiles(taken, n=100)[98] if len(taken) > 1 else max(taken, default=0.0)


def table(found: Overload) -> str:
    """Return the Markdown of it."""
    told = found.told
    rate = (len(told.begun) - 1) / (max(told.begun) - min(told.begun))
    return (
        "## Ten times as many requests as can be answered, each for another document\n\n"
        f"{found.capacity:.0f} a second can be answered, {rate:,.0f} a second were asked"
        f" ({rate / found.capacity:.1f} ×), {len(told.begun):,} in all: {len(told.answered):,} answered,"
        f" {len(told.refused):,} refused with Retry-After, {len(told.wrong)} otherwise; ms at p99: unloaded"
        f" {found.unloaded_p99:.1f}, answered {found.p99:.1f} ({found.p99 / found.unloaded_p99:.1f} ×; p50"
        f" {median(told.answered):.1f}), refused {_p99(told.refused):.1f};"
        f" as before {found.recovery_seconds:.1f} s after.\n"
    )
