"""Server-sent events, as a browser's EventSource reads them."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json
from sqlalchemy import Connection, delete, update

from aggregator.errors import FullError
from aggregator.store import Store, boards, identity, private, tables
from aggregator.tokens import digest
from aggregator.web.events import Streams
from tests.push.conftest import Pushing
from tests.push.subscriber import Subscriber
from tests.web.conftest import NOW, news, spec

PATIENCE_SECONDS = 20
_EVENT = re.compile(rb"id: (\d+)\ndata: (.*)\n\n")


class Source:
    """A client that follows a feed: ``events`` are ids and titles as they came."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        """Read ``response``."""
        self.response, self.events, self._read = response, list[tuple[int, str]](), b""

    async def until(self, n: int) -> list[tuple[int, str]]:
        """The events, once there are so many."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.events) < n:
                self._read += (await self.response.content.readany()) or b"the end"
                found = _EVENT.findall(self._read)
                self.events = [(int(number), json.decode(said)["title"]) for number, said in found]
        return self.events


@asynccontextmanager
async def following(pushed: Pushing, path: str, seen: int | None = None) -> AsyncIterator[Source]:
    """Follow a feed until left."""
    headers = {} if seen is None else {"Last-Event-ID": str(seen)}
    url = pushed.server.root + path
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        yield Source(response)


async def test_a_client_is_given_what_there_is_and_then_what_comes(pushed: Pushing) -> None:
    """Oldest first, each with its arrival for an id, as JSON Feed says it."""
    async with following(pushed, "/boards/news.events?n=2") as source:
        assert source.response.headers["Content-Type"] == "text/event-stream"
        first = await source.until(2)
        await pushed.poll([news("흐르는 소식", 80), news("이어진 소식", 81)])
        events = await source.until(4)
    assert [title for _, title in events[2:]] == ["흐르는 소식", "이어진 소식"]
    assert events[:2] == first
    assert sorted(events) == events


async def test_a_filter_narrows_the_stream(pushed: Pushing) -> None:
    """What the feed would not hold is no event."""
    async with following(pushed, "/feed.events?q=속보") as source:
        await pushed.poll([news("다른 소식", 82), news("속보 셋", 83)])
        assert [title for _, title in await source.until(1)] == ["속보 셋"]


async def test_a_stream_tells_nothing_more_once_its_token_is_taken_back(pushed: Pushing) -> None:
    """It ends at the next news, and coming back is answered 410."""
    token = "k" * 32
    feed = await pushed.store.write(private.add, "ann", "/boards/news", "all", digest(token), NOW)
    async with following(pushed, f"/p/{token}/boards/news.events") as source:
        there = len(await source.until(20))
        await pushed.store.write(private.revoke, feed.id, NOW)
        await pushed.poll([news("철회 뒤 소식", 300)])
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await source.response.content.readany():
                pass
        assert len(source.events) == there
    assert (await pushed.server.ask(f"/p/{token}/boards/news.events")).status == 410


async def test_a_client_that_has_seen_more_than_there_is_is_told_what_comes(pushed: Pushing) -> None:
    """After a backup was put back, arrivals begin again below what a client has seen."""
    last = await pushed.store.read(identity.last_arrival)
    async with following(pushed, "/feed.events", last + 1_000) as source:
        await pushed.poll([news("새 소식", 300)])
        assert (await source.until(1))[0] == (last + 1, "새 소식")


async def test_a_client_loses_nothing_when_the_store_is_put_back(pushed: Pushing) -> None:
    """What it is told then begins with the document, since new headlines bear the arrivals of lost ones."""
    last = await pushed.store.read(identity.last_arrival)

    def put_back(conn: Connection) -> None:
        conn.execute(delete(tables.headlines).where(tables.headlines.c.arrival > last))
        conn.execute(update(tables.identity).values(arrival=last))

    async with following(pushed, "/feed.events?n=1") as source:
        await source.until(1)
        await pushed.poll([news(f"잃은 소식 {n}", 300 + n) for n in range(5)])
        await source.until(6)
        await pushed.store.write(put_back)
        await pushed.poll([news("새 소식", 400)])
        assert (await source.until(7))[6] == (last + 1, "새 소식")


async def test_one_client_too_many_polls_instead(pushed: Pushing) -> None:
    """429 with a problem to read, until another goes."""
    path = "/feed.events"
    async with following(pushed, path), following(pushed, path), following(pushed, path):
        answer = await pushed.server.ask(path)
        assert (answer.status, answer.headers["Content-Type"]) == (429, "application/problem+json")


async def test_one_client_has_no_more_places_than_are_left_to_others() -> None:
    """However many it asks for, somebody else is let in."""
    streams = Streams(6)
    with ExitStack() as held:
        for client in ("a", "a", "a", "b"):
            held.enter_context(streams.place(client, asyncio.timeout(None)))
        with pytest.raises(FullError):
            held.enter_context(streams.place("a", asyncio.timeout(None)))
        held.enter_context(streams.place("b", asyncio.timeout(None)))
    with streams.place("a", asyncio.timeout(None)):
        pass


async def test_streams_end_with_the_server(pushed: Pushing) -> None:
    """Stopping waits for no client."""
    async with following(pushed, "/boards/local.events") as source:
        await source.until(2)
        async with asyncio.timeout(5):
            await pushed.stop()
        assert await source.response.content.read() == b""
    await pushed.start()


async def test_an_unknown_feed_has_no_events(pushed: Pushing) -> None:
    """It answers as its documents do, and a private one opens by its token alone."""
    await pushed.store.write(private.add, "kim", "/feed", "public", digest("k"), NOW)
    assert [(await pushed.server.ask(f"/boards/{slug}.events")).status for slug in ("none", "gone")] == [404, 410]
    async with following(pushed, "/p/k/feed.events?n=1") as source:
        await source.until(1)
        assert source.response.headers["Cache-Control"] == "private, no-store"


async def followed(folder: Path, batches: list[tuple[int, int]]) -> tuple[list[tuple[int, str]], int]:
    """Post batches, some while the client is away: its events over all its connections, and how many were posted."""
    events, posted = list[tuple[int, str]](), 0
    url = f"sqlite:///{folder}/store.db"
    async with await Store.open(url, authority="feeds.example.org", now=NOW) as store:
        await store.write(boards.add, spec("news", "종합 뉴스"), NOW)
        pushed = Pushing(store, Subscriber())
        await pushed.start()
        for away, there in [(1, 0), *batches]:
            await pushed.poll([news(f"소식 {posted + n}", posted + n) for n in range(away)])
            async with following(pushed, "/feed.events?n=500", events[-1][0] if events else None) as source:
                await source.until(away)
                await pushed.poll([news(f"소식 {posted + n}", posted + n) for n in range(away, away + there)])
                events += await source.until(away + there)
            posted += away + there
        await pushed.stop()
    return events, posted


@settings(max_examples=5)
@given(st.lists(st.tuples(st.integers(0, 700), st.integers(0, 30)), max_size=3))
def test_events_over_reconnects_are_the_whole_each_once(batches: list[tuple[int, int]]) -> None:
    """Whatever came while the client was away or there, it is told once and in order."""
    with TemporaryDirectory() as folder:
        events, posted = asyncio.run(followed(Path(folder), batches))
    assert [title for _, title in events] == [f"소식 {n}" for n in range(posted)]
