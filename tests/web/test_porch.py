"""Who is met before aiohttp meets them: the same answers, given for less, and the latest first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web as site
from msgspec import Struct

from aggregator import web
from aggregator.errors import BusyError
from aggregator.settings import ServerSettings
from aggregator.shelf import Shelf
from aggregator.store import Store
from aggregator.turns import Turns
from aggregator.web import keys
from aggregator.web.keys import SHELF, STORE, TURNS, ZONE
from aggregator.web.listening import listen, listening
from aggregator.web.porch import Porch
from tests.program import until_it_holds
from tests.web.conftest import NOW, PUBLIC_URL, Server
from tests.web.test_hot import OTHERS, Logging, entered


class House(Struct, kw_only=True):
    """A server, its porch, its turns and the time they go by."""

    porch: Porch
    turns: Turns
    port: int
    now: list[float]

    async def asked(self, *parts: bytes) -> bytes:
        """All that is answered to a request on a connection of its own, said in ``parts``."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        for part in parts:
            writer.write(part)
            for _ in range(10):  # The server, on the same loop, hears each part alone.
                await asyncio.sleep(0)
        answer = await reader.read()
        writer.close()
        return answer

    async def get(self, target: str, *more: str) -> bytes:
        """The answer to a plain GET."""
        return await self.asked("\r\n".join([f"GET {target} HTTP/1.1", "Host: a", *more, "", ""]).encode())

    def is_awaited(self) -> bool:
        """Whether in a siege somebody waits for a turn."""
        try:
            self.turns.knock()
        except BusyError:
            return True
        return False

    async def status(self, target: str) -> int:
        """The status of what is answered to a GET on a connection that is closed behind it."""
        return int((await self.get(target, "Connection: close"))[9:12])


@asynccontextmanager
async def house(app: site.Application, waiting: int = 10) -> AsyncIterator[House]:
    """Serve ``app`` with turns whose clock is moved by hand."""
    now = [0.0]
    app[TURNS] = turns = Turns(1, waiting, lambda: now[0])
    app[SHELF] = Shelf(app[STORE], app[keys.PUBLIC_URL], app[ZONE], turns, ServerSettings().cache)
    runner = await listening(app, 1)
    try:
        await listen(runner, "127.0.0.1", 0)
        assert runner.porch is not None
        yield House(porch=runner.porch, turns=turns, port=runner.addresses[0][1], now=now)
    finally:
        await runner.cleanup()


def application(store: Store, public_url: str = PUBLIC_URL) -> site.Application:
    """The server of a store, which logs each request."""
    return web.application(store, public_url=public_url, clock=lambda: NOW, running=Logging())


async def test_in_a_siege_a_stranger_is_refused_as_at_the_door(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """Line, headers and body are those that a connection gets which aiohttp has met; it is counted and logged."""
    caplog.set_level("INFO", "aggregator")
    async with house(application(store)) as it, aiohttp.ClientSession() as session, asyncio.TaskGroup() as crowd:
        server = Server(f"http://127.0.0.1:{it.port}", session)
        await server.ask("/healthz")
        async with it.turns:
            it.now[0] = 2.0
            crowd.create_task(entered(it.turns))
            await asyncio.sleep(0)
            inside, outside = await server.ask("/feed.rss?q=a"), await it.get("/feed.rss?q=%EB%B0%98")
            counted = (await server.ask("/metrics")).body.decode()
    head, _, body = outside.partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    assert (line, body) == ("HTTP/1.1 503 Service Unavailable", inside.body)
    said = {name.title(): value for name, value in (header.split(": ") for header in headers)}
    assert {**said, "Date": ""} == {**inside.headers, "Date": ""}
    assert 'aggregator_feed_requests_total{format="rss",status="503"} 2.0' in counted
    assert len([line for line in caplog.messages if "/feed.rss?q=반" in line and "503" in line]) == 1


async def test_in_a_siege_all_but_feeds_are_answered(store: Store) -> None:
    """Pages, programs and what is kept are let in, on connections of their own too."""
    async with house(application(store)) as it, asyncio.TaskGroup() as crowd:
        assert await it.status("/feed.atom") == 200
        async with it.turns:
            it.now[0] = 2.0
            crowd.create_task(entered(it.turns))
            await asyncio.sleep(0)
            assert [await it.status(path) for path in OTHERS] == [200] * len(OTHERS)
            assert await it.status("/boards/news.rss") == 503


async def test_a_feed_below_the_public_path_is_refused_too(store: Store) -> None:
    """Some proxies pass the path on."""
    async with house(application(store, "https://a.example/news")) as it, asyncio.TaskGroup() as crowd, it.turns:
        it.now[0] = 2.0
        crowd.create_task(entered(it.turns))
        await asyncio.sleep(0)
        assert [await it.status(path) for path in ("/news/feed.rss", "/feed.rss", "/news/robots.txt")] == [
            503,
            503,
            200,
        ]


@pytest.mark.parametrize(
    "parts",
    [
        [b"GET /feed.rss HTTP/1.1\r\nHost: a\r\n", b"Connection: close\r\n\r\n"],
        [b"GET /feed.rss HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\n", b"a"],
        [b"GET /feed.rss HTTP/1.0\r\n\r\n"],
        [b"OPTIONS /feed.rss HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"],
    ],
)
async def test_what_is_no_plain_request_is_left_to_aiohttp(store: Store, parts: list[bytes]) -> None:
    """In pieces, with a body, of an old client or another method: aiohttp knows what that means."""
    async with house(application(store)) as it, asyncio.TaskGroup() as crowd:
        async with it.turns:
            it.now[0] = 2.0
            answer = crowd.create_task(it.asked(*parts))
            await until_it_holds(lambda: answer.done() or it.is_awaited())
        assert (await answer)[9:11] == b"20"


async def test_the_latest_on_the_porch_is_let_in_first(store: Store) -> None:
    """Beside one who is at the door already nobody costs anything until there is a place, and who came last has it."""
    answered: list[str] = []

    async def ask(it: House, word: str) -> None:
        assert await it.status(f"/feed.atom?q={word}") == 200
        answered.append(word)

    async with house(application(store)) as it, asyncio.TaskGroup() as crowd, it.turns:
        crowd.create_task(ask(it, "first"))
        await until_it_holds(lambda: it.turns.admitted(1) == 0)
        for number, word in enumerate(("second", "third", "fourth")):
            crowd.create_task(ask(it, word))
            await until_it_holds(lambda number=number: len(it.porch) == number + 1)  # type: ignore[misc]
    # Two come to the door at once, where the latest is the first again.
    assert (answered[0], answered[-1], len(answered)) == ("first", "second", 4)


async def test_a_crowd_is_refused_before_a_second_has_gone(store: Store) -> None:
    """Beyond those who may wait a few are refused, then all but the one who is at the door."""
    async with house(application(store), waiting=4) as it, asyncio.TaskGroup() as crowd:
        async with it.turns:
            asked = [crowd.create_task(it.status(f"/feed.atom?q={word}")) for word in "abcdefghijkl"]
            await until_it_holds(lambda: sum(one.done() for one in asked) == 11)
        told = sorted([await one for one in asked])
    assert told == [200, *[503] * 11]


async def test_a_crowd_that_asks_for_one_feed_is_answered(store: Store) -> None:
    """Who asks for what is being made for somebody else waits for no turn."""
    async with house(application(store), waiting=40) as it, asyncio.TaskGroup() as crowd:
        async with it.turns:
            asked = [crowd.create_task(it.status("/feed.atom")) for _ in range(30)]
            await until_it_holds(lambda: it.turns.admitted(1) == 0 and not len(it.porch))
        assert [await one for one in asked] == [200] * 30


async def test_who_waits_on_the_porch_at_the_end_is_told_to_come_back(store: Store) -> None:
    """A server that stops leaves nobody without an answer."""
    async with asyncio.TaskGroup() as crowd:
        async with house(application(store)) as it, it.turns:
            asked = [crowd.create_task(it.status(f"/feed.atom?q={word}")) for word in "ab"]
            await until_it_holds(lambda: len(it.porch) == 1)
        assert sorted([await one for one in asked]) == [200, 503]


async def test_who_has_said_nothing_is_hung_up_on_at_the_end(store: Store) -> None:
    """A server that stops leaves no connection open."""
    async with house(application(store)) as it:
        reader, writer = await asyncio.open_connection("127.0.0.1", it.port)
        assert await it.status("/healthz") == 200
    assert await reader.read() == b""
    writer.close()
