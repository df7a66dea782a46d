"""Requests to addresses that strangers gave us, under the address guard: one exchange each, no redirects, no robots.

A callback was asked for by whoever runs it, and is asked as often as it wants to be told: turns and gaps of hosts are
for boards. A proxy connects by itself, where the guard cannot look, so none is used.
"""

from collections.abc import Mapping
from typing import Self

import aiohttp
from aiohttp import TCPConnector, hdrs
from aiohttp.abc import AbstractResolver
from msgspec import Struct
from yarl import URL

from aggregator.fetch.guard import Guard, GuardedResolver
from aggregator.fetch.limits import Limits
from aggregator.fetch.names import SystemNames
from aggregator.fetch.sessions import encryption, session
from aggregator.fetch.urls import parsed
from aggregator.fetch.wire import translated
from aggregator.manners import DIRECT

LIMIT_BYTES = 4_096


class Reply(Struct, frozen=True):
    """What a callback answered: its status, and no more of its body than a challenge takes."""

    status: int
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether it is one of 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004  the class of successful answers, RFC 9110 §15.3


class Callbacks:
    """Asks callbacks; an async context manager that owns its session. ``resolver`` in place of the system's."""

    _session: aiohttp.ClientSession

    def __init__(self, limits: Limits, *, resolver: AbstractResolver | None = None) -> None:
        self._limits = limits
        self._guard = Guard(limits.allow_private)
        self._resolver = resolver

    async def __aenter__(self) -> Self:
        limit = self._limits.concurrency
        self._names = GuardedResolver(self._guard, self._resolver or SystemNames(limit))
        connector = TCPConnector(
            resolver=self._names,
            socket_factory=self._guard.open_socket,
            use_dns_cache=False,
            limit=limit,
            ssl=encryption(verified=True),
        )
        self._session = session(self._limits, connector, DIRECT)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
        await self._names.close()

    def admit(self, url: str) -> URL:
        """The URL to be asked. Raises NeedsPersonError for what is none, or names an address that is refused."""
        target = parsed(url)
        self._guard.require(target)
        return target

    async def get(self, url: str) -> Reply:
        """What ``url`` answers. Raises as ``post`` does."""
        return await self._asked("GET", url, {}, None)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """What ``url`` answers to ``body``; raises TryLaterError by the network, NeedsPersonError if refused."""
        return await self._asked("POST", url, headers, body)

    async def _asked(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        target = self.admit(url)
        said = {hdrs.ACCEPT: "*/*", hdrs.ACCEPT_ENCODING: "identity", **headers}
        with translated(target):
            async with self._session.request(method, target, headers=said, data=body, allow_redirects=False) as answer:
                return Reply(answer.status, await _beginning(answer))


async def _beginning(answer: aiohttp.ClientResponse) -> bytes:
    read = b""
    while len(read) <= LIMIT_BYTES and (piece := await answer.content.read(LIMIT_BYTES)):
        read += piece
    return read
