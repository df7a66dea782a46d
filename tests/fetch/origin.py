"""The far side of the network on loopback: a site that answers byte for byte, names that answer as told, a clock."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from aiohttp.abc import AbstractResolver, ResolveResult

from aggregator.fetch import Fetcher, Limits
from aggregator.fetch.origins import Memory

Reply = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


def reply(body: bytes = b"", status: int = 200, **headers: str) -> bytes:
    """Return an answer's bytes; a header's underscores are dashes, Content-Length is right unless it is given."""
    fields = {"content_length": str(len(body)), "connection": "close"} | headers
    lines = [f"HTTP/1.1 {status} Said", *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Asked:
    """One request as it came in; ``began`` and ``ended`` on the event loop's clock."""

    line: str
    headers: dict[str, str]
    began: float
    ended: float = 0.0


@dataclass
class Origin:
    """A site: replies by request target, 404 for the rest, and a log. Several replies are given one after the other."""

    replies: dict[str, Reply | list[Reply]] = field(default_factory=dict)
    log: list[Asked] = field(default_factory=list)
    tls: ssl.SSLContext | None = None
    most_at_once: int = 0
    _open: int = 0
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Return the URL of a path on this site, under any name that leads here."""
        scheme = "https" if self.tls else "http"
        return f"{scheme}://{host}:{self.port}{path}"

    async def quiet(self) -> None:
        """Wait until nothing is being answered."""
        async with asyncio.timeout(10):
            while self._open:  # noqa: ASYNC110 - the poller hangs up unannounced
                await asyncio.sleep(0.02)

    @property
    def targets(self) -> list[str]:
        """What was asked for, in order."""
        return [asked.line.split(" ")[1] for asked in self.log]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._open += 1
        self.most_at_once = max(self.most_at_once, self._open)
        try:
            await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the poller hung up, which is its right, or the site is closed
        finally:
            self._open -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *fields = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in fields)}
        asked = Asked(line, headers, asyncio.get_running_loop().time())
        self.log.append(asked)
        said = self.replies.get(line.split(" ")[1], reply(status=404))
        if isinstance(said, list):
            said = said.pop(0) if len(said) > 1 else said[0]
        if callable(said):
            await said(writer)
        else:
            writer.write(said)
        await writer.drain()
        asked.ended = asyncio.get_running_loop().time()


class Names(AbstractResolver):
    """A name server: every name leads to ``address``, and to ``port`` where one is set, or is ``unknown``."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.address = address
        self.port: int | None = None
        self.unknown = False

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the one answer, or raise gaierror."""
        del family
        if self.unknown:
            raise socket.gaierror(socket.EAI_NONAME, "name not known")
        version = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        return [
            ResolveResult(hostname=host, host=self.address, port=self.port or port, family=version, proto=0, flags=0)
        ]

    async def close(self) -> None:
        """Nothing to close."""


@dataclass
class Clock:
    """A clock that moves when told."""

    now: datetime = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time now."""
        return self.now


def limits(**changes: Any) -> Limits:  # noqa: ANN401 -- any limit
    """Return short limits that allow loopback; ``changes`` are other limits."""
    usual: dict[str, Any] = {
        "timeout": timedelta(seconds=5),
        "connect_timeout": timedelta(seconds=5),
        "read_timeout": timedelta(seconds=5),
        "max_bytes": 200_000,
        "host_gap": timedelta(0),
        "concurrency": 10,
        "allow_private": ("127.0.0.1",),
        "user_agent": "headline-aggregator/0.1 (+https://feeds.example/contact)",
    }
    return Limits(**(usual | changes))


def fetcher(
    *,
    clock: Clock | None = None,
    resolver: AbstractResolver | None = None,
    memory: Memory | None = None,
    **changes: Any,  # noqa: ANN401 -- any limit
) -> Fetcher:
    """Return a fetcher with short limits that may go to loopback; ``changes`` are other limits."""
    return Fetcher(limits(**changes), clock=clock or Clock(), resolver=resolver, memory=memory)
