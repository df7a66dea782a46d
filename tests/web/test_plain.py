"""Plain requests are read as aiohttp reads them, and what is kept is answered before aiohttp hears of it."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Self
from urllib.parse import quote

import pytest
from aiohttp import web as site
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.http_parser import HttpRequestParser, RawRequestMessage
from aiohttp.http_writer import HttpVersion11
from aiohttp.web_protocol import RequestHandler
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator import web
from aggregator.store import Store
from aggregator.web import porch
from aggregator.web.plain import plain
from tests.web.conftest import NOW, PUBLIC_URL, edit, news, post
from tests.web.test_hot import Logging
from tests.web.test_porch import House, house

NAMES = (
    *("Accept-Encoding", "accept-encoding", "If-None-Match", "If-Modified-Since", "A-IM", "User-Agent", "Host"),
    *("Content-Length", "Transfer-Encoding", "Connection", "Expect", "Upgrade", "Sec-WebSocket-Key1", "Cookie"),
)
VALUES = st.sampled_from(
    ["a", "", "0", "1", "chunked", "close", "keep-alive", "Keep-Alive, Upgrade", "gzip, br;q=0.5", '"a", W/"b"', "글"]
)
ODD = st.sampled_from([b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b"\x00", b"\x7f", b"\xff", b",", b"a", b"%", b"\r\n "])


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """A request, of which something may have been lost, and to which something may have been added anywhere."""
    line = draw(st.sampled_from(["GET /feed.rss", "GET /feed.rss?q=%EA%B0%80", "GET /#a", "GET /", "HEAD /"]))
    headers = draw(st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=2))
    version = draw(st.sampled_from(["1.1", "1.1", "1.1", "1.0"]))
    lines = [f"{line} HTTP/{version}", "Host: a", *(f"{name}: {value}" for name, value in headers), "", ""]
    said = "\r\n".join(lines).encode()
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        at = draw(st.integers(0, len(said)))
        said = said[:at] + draw(ODD | st.just(b"")) + said[at + draw(st.integers(0, 2)) :]
    return said


def by_aiohttp(said: bytes) -> RawRequestMessage | None:
    """The one message without a body that aiohttp reads there; None where it reads another, more or less."""
    loop = asyncio.new_event_loop()
    try:
        parser = HttpRequestParser(RequestHandler(site.Server(_nothing, loop=loop), loop=loop), loop, 65_536)
        messages, upgraded, tail = parser.feed_data(said)
    except BadHttpMessage:
        return None
    finally:
        loop.close()
    if len(messages) != 1 or upgraded or tail or not messages[0][1].is_eof():
        return None
    message: RawRequestMessage = messages[0][0]
    return message


async def _nothing(_request: site.BaseRequest) -> site.StreamResponse:
    return site.Response()


@given(requests())
@example(b"GET /feed.rss HTTP/1.1\r\nHost: a\r\n\r\n")
@example(b"GET /feed.rss HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br\r\naccept-encoding:\t gzip \r\n\r\n")
def test_a_plain_request_is_what_aiohttp_reads(said: bytes) -> None:
    """Whatever is taken for plain is one GET without a body to aiohttp too, for the same and with the same headers."""
    asked = plain(said)
    if asked is None:
        return
    message = by_aiohttp(said)
    assert message is not None
    names = "Accept-Encoding", "If-None-Match", "If-Modified-Since"
    headers = [", ".join(message.headers.getall(name)) if name in message.headers else None for name in names]
    assert (message.method, message.path, message.version) == ("GET", asked.target, HttpVersion11)
    assert list(asked[1:4]) == headers
    assert not (asked.simple and (message.should_close or "A-IM" in message.headers))


async def answered(reader: asyncio.StreamReader) -> tuple[int, bytes, bytes]:
    """Status, head and body of one answer, apart but for the time of day."""
    head = re.sub(rb"Date: [^\r]*", b"Date:", await reader.readuntil(b"\r\n\r\n"))
    length = re.search(rb"\r\nContent-Length: ([0-9]+)", head)
    return int(head[9:12]), head, b"" if length is None else await reader.readexactly(int(length[1]))


class Reader:
    """A client with a connection of its own, which asks for one feed again and again."""

    def __init__(self, it: House) -> None:
        self._it = it

    async def __aenter__(self) -> Self:
        self.hears, self.says = await asyncio.open_connection("127.0.0.1", self._it.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.says.close()

    async def asks(self, *more: str, target: str = "/feed.atom") -> tuple[int, bytes, bytes]:
        """What is answered."""
        self.says.write("\r\n".join([f"GET {target} HTTP/1.1", "Host: a", *more, "", ""]).encode())
        return await answered(self.hears)


@asynccontextmanager
async def kept(store: Store, now: Callable[[], datetime] = lambda: NOW) -> AsyncIterator[tuple[House, Reader]]:
    """A house that keeps the feed, and a reader whose connection aiohttp has."""
    app = web.application(store, public_url=PUBLIC_URL, clock=now, running=Logging())
    async with house(app) as it, Reader(it) as inside:
        assert (await inside.asks())[0] == 200
        yield it, inside


@pytest.mark.parametrize("coding", ["identity", "gzip", "br", "zstd"])
async def test_the_porch_answers_as_the_door_does(store: Store, coding: str) -> None:
    """Line, headers and body are the same, of the whole and of a 304, and aiohttp hears of neither."""
    async with kept(store) as (it, inside), Reader(it) as outside:
        likes = f"Accept-Encoding: {coding}"
        whole = await inside.asks(likes)
        etag = re.search(rb"\r\nEtag: ([^\r]*)", whole[1])
        assert etag is not None
        known = f"If-None-Match: {etag[1].decode()}"
        same = await inside.asks(likes, known)
        heard = it.porch.inside.requests_count
        assert [await outside.asks(likes), await outside.asks(likes, known), await outside.asks(likes)] == [
            whole,
            same,
            whole,
        ]
        assert (whole[0], same[0], it.porch.inside.requests_count) == (200, 304, heard)


async def test_the_porch_brings_what_is_kept_as_far_as_the_store(store: Store) -> None:
    """After news, and in another minute, the connection is answered there as before; a change is made inside."""
    now = [NOW]
    async with kept(store, lambda: now[0]) as (it, _), Reader(it) as outside:
        heard = it.porch.inside.requests_count
        for n in range(3):
            await post(store, "news", [news(f"새 소식 {n}", 100 + n)])
            assert f"새 소식 {n}".encode() in (await outside.asks())[2]
            now[0] += timedelta(minutes=1)
            assert f"새 소식 {n}".encode() in (await outside.asks())[2]
        assert it.porch.inside.requests_count == heard
        await edit(store, "news", news("고친 제목", 5), now[0])
        assert "고친 제목".encode() in (await outside.asks())[2]
        assert it.porch.inside.requests_count == heard + 1
        assert (await outside.asks(target="/healthz"))[0] == 200


async def test_letters_are_taken_for_their_escapes(store: Store) -> None:
    """A reader that sends an address as it was pasted gets its feed, before and after aiohttp has the connection."""
    async with kept(store) as (_, inside):
        for target in ("/feed.atom?q=반도체", "/boards/소식.rss", "/feed.atom?q=%EB%B0%98%EB%8F%84%EC%B2%B4,연금"):
            status, _, body = await inside.asks(target=quote(target, safe="/?=,%"))
            assert [(await inside.asks(target=target))[::2] for _ in range(2)] == [(status, body)] * 2
            assert status == (404 if "소식" in target else 200)


async def test_a_body_stays_as_it_was_sent(store: Store) -> None:
    """One that looks like a request is not longer for its letters: what follows it would be read as another."""
    body = "GET /연금 HTTP/1.1\r\n".encode()
    async with kept(store) as (_, inside):
        inside.says.write(b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body))
        for _ in range(10):  # The server, on the same loop, hears the body alone.
            await asyncio.sleep(0)
        inside.says.write(body)
        assert (await answered(inside.hears))[0] == 404
        assert (await inside.asks(target="/healthz"))[::2] == (200, b"ok\n")


async def test_who_takes_nothing_is_not_heard_until_it_does(store: Store) -> None:
    """However much it asks for without reading, all is answered in order, and no more is held for it than fits."""
    async with kept(store) as (it, inside), Reader(it) as outside:
        whole = await inside.asks()
        for _ in range(1_000):
            outside.says.write(b"GET /feed.atom HTTP/1.1\r\nHost: a\r\n\r\n")
            for _ in range(4):  # The server, on the same loop, hears most of them alone.
                await asyncio.sleep(0)
        assert [await answered(outside.hears) for _ in range(1_000)] == [whole] * 1_000


async def test_who_asks_for_nothing_more_is_hung_up_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that was answered is kept for a while, as aiohttp keeps its own."""
    monkeypatch.setattr(porch, "IDLE_SECONDS", 0.05)
    async with kept(store) as (it, _), Reader(it) as outside:
        assert (await outside.asks())[0] == 200
        assert await outside.hears.read() == b""


async def test_who_was_answered_on_the_porch_is_hung_up_on_at_the_end(store: Store) -> None:
    """A server that stops leaves no connection open."""
    async with kept(store) as (it, _):
        outside = await Reader(it).__aenter__()
        assert (await outside.asks())[0] == 200
    assert await outside.hears.read() == b""
    outside.says.close()
