"""A document that is kept is answered at the door, as it would be answered inside."""

import asyncio
from datetime import timedelta

import aiohttp
import pytest
from msgspec import json

from aggregator import web
from aggregator.settings import LogSettings, Settings
from aggregator.store import Store, boards
from aggregator.turns import Turns
from aggregator.web.keys import TURNS
from tests.program import site_on_loopback
from tests.web.conftest import NOW, PUBLIC_URL, Answer, Server


def but_for_the_date(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    """What is the same in all answers to a request."""
    return answer.status, {**answer.headers, "Date": ""}, answer.body


@pytest.mark.parametrize("coding", ["identity", "gzip", "br", "zstd", "gzip;q=0.5, br;q=0.1"])
@pytest.mark.parametrize("path", ["/feed.atom?utm_source=x", "/boards/news.rss", "/topics/chips.json"])
async def test_the_door_answers_as_the_handler_does(server: Server, path: str, coding: str) -> None:
    """Bytes and headers are the first answer's, and a 304 at the door is the 304 of whoever asks otherwise."""
    first, second = [await server.ask(path, Accept_Encoding=coding) for _ in range(2)]
    assert but_for_the_date(first) == but_for_the_date(second)
    known = {"Accept_Encoding": coding, "If_None_Match": first.headers["Etag"]}
    inside, door = [await server.ask(path, **known, **how) for how in ({"A_IM": "none"}, {})]
    assert but_for_the_date(inside) == but_for_the_date(door)
    assert (door.status, door.body, "Content-Length" in door.headers) == (304, b"", False)
    by_date = await server.ask(path, Accept_Encoding=coding, If_Modified_Since=first.headers["Last-Modified"])
    assert by_date.status == 304


async def test_a_head_at_the_door_has_no_body(server: Server) -> None:
    """HEAD says what GET says, before and after a document is kept."""
    got = [await server.ask("/feed.rss") for _ in range(2)][1]
    head = await server.ask("/feed.rss", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert {**head.headers, "Date": ""} == {**got.headers, "Date": ""}


@pytest.mark.parametrize(
    ("version", "header", "said"),
    [("1.1", "Connection: close", b"connection: close"), ("1.0", "Connection: keep-alive", b"connection: keep-alive")],
)
async def test_who_speaks_otherwise_is_answered_in_kind(server: Server, version: str, header: str, said: bytes) -> None:
    """An old client, and one that goes, are told what becomes of the connection."""
    await server.ask("/feed.rss")
    port = int(server.root.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /feed.rss HTTP/{version}\r\nHost: a\r\n{header}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    assert head.startswith(f"HTTP/{version} 200 OK\r\n".encode())
    assert said in head.lower()


async def test_many_requests_on_one_connection_are_answered_in_order(server: Server) -> None:
    """A client may send the next request before it has read the last answer, however long that is."""
    body = (await server.ask("/feed.atom")).body
    port = int(server.root.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /feed.atom HTTP/1.1\r\nHost: a\r\n\r\n" * 200)
    for _ in range(200):
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(len(body)) == body
    writer.close()


async def test_a_removed_feed_is_gone_at_the_door_too(server: Server, store: Store) -> None:
    """What was kept is no answer to who asks after a change."""
    before = [(await server.ask("/boards/local.rss")).status for _ in range(2)]
    await store.write(boards.remove, "local", NOW)
    assert [*before, (await server.ask("/boards/local.rss")).status] == [200, 200, 410]


async def test_the_time_of_the_next_poll_comes_nearer_at_the_door(store: Store) -> None:
    """How long an answer may be kept is reckoned for each anew."""
    now = [NOW - timedelta(minutes=5)]
    site = web.application(store, public_url=PUBLIC_URL, clock=lambda: now[0])
    async with site_on_loopback(site) as root, aiohttp.ClientSession() as session:
        server, said = Server(root, session), []
        for _ in range(2):
            said.append((await server.ask("/boards/news.rss")).headers["Cache-Control"].split(", ")[0])
            now[0] += timedelta(seconds=20)
    assert said == ["max-age=300", "max-age=280"]


class Logging:
    """A server whose settings want a line for each request."""

    settings = Settings(log=LogSettings(requests=True))

    async def reload(self) -> list[str]:
        """Nothing is read again."""
        return []


async def test_the_door_counts_and_logs(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """Each answer is in the metrics and, where the settings want it, in the log."""
    site = web.application(store, public_url=PUBLIC_URL, clock=lambda: NOW, running=Logging())
    caplog.set_level("INFO", "aggregator")
    async with site_on_loopback(site) as root, aiohttp.ClientSession() as session:
        server = Server(root, session)
        for _ in range(3):
            await server.ask("/feed.rss?q=%EB%B0%98%EB%8F%84%EC%B2%B4")
        counted = (await server.ask("/metrics")).body.decode()
    assert 'aggregator_feed_requests_total{format="rss",status="200"} 3.0' in counted
    assert len([line for line in caplog.messages if "/feed.rss?q=반도체" in line]) == 3


# What is kept, and what ends like a feed or is none.
OTHERS = ("/feed.atom", "/healthz", "/robots.txt", "/recipe.schema.json", "/api/v1/openapi.json", "/filters")


async def test_in_a_siege_the_door_refuses_as_the_handler_does(store: Store) -> None:
    """What is not kept is refused with a time to come back; what is kept, pages and watchdogs are answered as ever."""
    app, now = web.application(store, public_url=PUBLIC_URL, clock=lambda: NOW), [0.0]
    app[TURNS] = turns = Turns(1, 10, lambda: now[0])
    async with site_on_loopback(app) as root, aiohttp.ClientSession() as session, asyncio.TaskGroup() as crowd:
        server = Server(root, session)
        await server.ask("/feed.atom")
        async with turns:
            now[0] = 2.0
            waiting = crowd.create_task(entered(turns))
            await asyncio.sleep(0)
            told = [await server.ask("/feed.rss?q=a"), await server.ask("/feed.rss?q=a", method="HEAD")]
            others = [(await server.ask(path)).status for path in OTHERS]
        await waiting
    assert [(answer.status, answer.headers["Retry-After"]) for answer in told] == [(503, "5")] * 2
    headers = [{**answer.headers, "Date": "", "Connection": ""} for answer in told]
    assert headers[0] == headers[1]
    assert told[0].headers["Connection"] == "close", "said at the door alone"
    assert json.decode(told[0].body)["status"] == 503
    assert others == [200] * len(OTHERS)


async def entered(turns: Turns) -> None:
    """Wait for a turn, and leave it."""
    async with turns:
        pass
