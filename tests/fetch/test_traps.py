"""Answers made to cost: whatever they are, they end soon and take little memory."""

import asyncio
import gzip
import tracemalloc
from contextlib import suppress
from datetime import timedelta

import brotli
import pytest

from aggregator.errors import NeedsPersonError, TryLaterError
from aggregator.model import Page
from tests.fetch.origin import Origin, Reply, fetcher, reply

CAP = 5_000_000
HUGE = 100_000_000
MEGABYTE = 1_000_000


async def endless(writer: asyncio.StreamWriter) -> None:
    """Send a hundred megabytes of markup, as far as anybody reads them."""
    writer.write(reply(content_length=str(HUGE), content_type="text/html"))
    piece = b"<tr><td>1</td></tr>" * 3_000
    for _ in range(HUGE // len(piece)):
        writer.write(piece)
        await writer.drain()


# A hundred megabytes in two codings, one inside the other.
NESTED = reply(brotli.compress(gzip.compress(bytes(HUGE))), content_encoding="gzip, br")


async def dripping_headers(writer: asyncio.StreamWriter) -> None:
    """Send a header now and then, each in time, for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"x: y\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("trap", [endless, NESTED], ids=["plain", "nested"])
async def test_a_huge_page_costs_little_memory(origin: Origin, trap: Reply) -> None:
    """A hundred megabytes, plain or packed twice, are given up at the cap, which is about all they cost."""
    origin.replies["/list"] = trap
    async with fetcher(max_bytes=CAP) as poller:
        tracemalloc.start()
        try:
            with pytest.raises(NeedsPersonError, match="larger than"):
                await poller.fetch(origin.url("/list"))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 32 * MEGABYTE


async def test_headers_without_end_are_given_up(origin: Origin) -> None:
    """A server that never comes to its page keeps nobody longer than a request may take."""
    origin.replies["/list"] = dripping_headers
    async with fetcher(timeout=timedelta(milliseconds=200)) as poller:
        with pytest.raises(TryLaterError, match="too long"):
            await poller.fetch(origin.url("/list"))


@pytest.mark.parametrize("connection", ["close", "keep-alive"])
async def test_more_than_was_announced_is_no_page(origin: Origin, connection: str) -> None:
    """What follows the announced length is no part of a page, and none of the next answer."""
    smuggled = b"rows" + reply(b"smuggled")
    origin.replies |= {"/list": reply(smuggled, content_length="4", connection=connection), "/next": reply(b"next")}
    async with fetcher() as poller:
        with suppress(TryLaterError):
            page = await poller.fetch(origin.url("/list"))
            assert isinstance(page, Page)
            assert page.body == b"rows"
        following = await poller.fetch(origin.url("/next"))
    assert isinstance(following, Page)
    assert following.body == b"next"
