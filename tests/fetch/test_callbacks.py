"""Callbacks: strangers' addresses, asked under the guard."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from aggregator.errors import NeedsPersonError, TryLaterError
from aggregator.fetch import Callbacks, Limits
from aggregator.fetch.callbacks import LIMIT_BYTES
from tests.program import free_port, site_on_loopback

SECOND = timedelta(seconds=1)
LIMITS = Limits(
    timeout=SECOND,
    connect_timeout=SECOND,
    read_timeout=SECOND,
    max_bytes=1,
    host_gap=SECOND,
    concurrency=2,
    user_agent="headline-aggregator/0 (+https://a.example)",
    allow_private=("127.0.0.1",),
)


class Rebinding(AbstractResolver):
    """Says of every name that it is a private address."""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        """An address of a network of one's own."""
        return [ResolveResult(hostname=host, host="10.0.0.1", port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
async def root() -> AsyncIterator[str]:
    """A far side that redirects, talks for ever, or says how it was asked."""

    async def answer(request: web.Request) -> web.Response:
        match request.path:
            case "/away":
                raise web.HTTPFound("/here")
            case "/long":
                return web.Response(body=b"x" * LIMIT_BYTES * 9)
        return web.Response(status=201, text=f"{request.method} {request.headers['Accept-Encoding']}")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with site_on_loopback(app) as there:
        yield there


@pytest.mark.parametrize(
    ("path", "status", "length"), [("/away", 302, 10), ("/long", 200, LIMIT_BYTES * 2), ("/here", 201, 12)]
)
async def test_one_exchange_is_all(root: str, path: str, status: int, length: int) -> None:
    """No redirect is followed, and no more is read than a challenge could take."""
    async with Callbacks(LIMITS) as callbacks:
        reply = await callbacks.get(root + path)
    assert (reply.status, len(reply.body) <= length, reply.is_success) == (status, True, status < 300)


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://127.0.0.2/", "http://2130706433/", "http://name.example/"])
async def test_an_address_that_is_not_public_is_refused_when_it_is_connected_to(url: str) -> None:
    """As a literal, as a number, and behind a name that is bound anew after it was looked at."""
    async with Callbacks(LIMITS, resolver=Rebinding()) as callbacks:
        with pytest.raises(NeedsPersonError, match="refused"):
            await callbacks.post(url, {}, b"")


async def test_who_does_not_answer_is_asked_later() -> None:
    """A port that nobody listens at is no fault of the address."""
    async with Callbacks(LIMITS) as callbacks:
        with pytest.raises(TryLaterError):
            await callbacks.get(f"http://127.0.0.1:{free_port()}/")
