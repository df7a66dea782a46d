"""Documents that are kept: made once, as new as the store, bounded, and the same in every process."""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from msgspec import json
from sqlalchemy import update

from aggregator import web
from aggregator.changes import Changes
from aggregator.errors import UnknownFeedError
from aggregator.news import News
from aggregator.publish import Request
from aggregator.render.rendition import rendition
from aggregator.settings import ServerSettings, Settings
from aggregator.shelf import Shelf
from aggregator.store import Store, boards, copies, private, tables
from aggregator.tokens import digest, made
from aggregator.turns import Turns
from tests.program import site_on_loopback, until_it_holds
from tests.push.conftest import polled
from tests.store.test_counts import counted
from tests.web.conftest import NOW, PUBLIC_URL, Server, edit, news, post

CODINGS = ("identity", "gzip", "br", "zstd")


@asynccontextmanager
async def serving(store: Store, **limits: object) -> AsyncIterator[Server]:
    """Another server of the store."""
    told = ServerSettings(**limits)  # type: ignore[arg-type]  # whatever the case gives
    site = web.application(store, public_url=PUBLIC_URL, clock=lambda: NOW, settings=Settings(server=told))
    async with (
        site_on_loopback(site) as root,
        aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=["Accept-Encoding"]) as session,
    ):
        yield Server(root, session)


async def test_what_is_kept_costs_no_statement(server: Server) -> None:
    """The second request, a conditional one and every coding are answered without asking the store's tables."""
    first = await server.ask("/feed.atom?q=반도체")
    with counted() as said:
        for coding in CODINGS:
            await server.ask("/feed.atom?q=반도체", Accept_Encoding=coding)
        again = await server.ask("/feed.atom?utm_source=x&q=%20반도체", If_None_Match=first.headers["Etag"])
    assert (again.status, said) == (304, [])


async def test_news_cost_one_statement_for_all_feeds(server: Server, store: Store) -> None:
    """What came is read once, and put before what each feed held, whether or not it takes it."""
    paths = "/feed.atom", "/feed.rss", "/topics/chips.json", "/feed.atom?q=-반도체", "/boards/local.txt"
    before = [(await server.ask(path)).body for path in paths]
    await post(store, "news", [news("반도체 새 소식", 100)])
    with counted() as said:
        after = [(await server.ask(path)).body for path in paths]
    assert [old != new for old, new in zip(before, after, strict=True)] == [True, True, True, False, False]
    assert len(said) == 1


@contextmanager
def rendered() -> Iterator[list[str]]:
    """The titles of what is rendered meanwhile, as the interpreter tells of it."""
    said: list[str] = []

    def hear(frame: FrameType, happened: str, _: object) -> None:
        if happened == "call" and frame.f_code is rendition.__code__:
            said.append(frame.f_locals["entry"].title)

    sys.setprofile(hear)
    try:
        yield said
    finally:
        sys.setprofile(None)


async def test_what_there_is_news_of_is_prepared(store: Store) -> None:
    """It is read and rendered when the news are heard, in each format asked for: who asks then waits for neither."""
    shelf, told = Shelf(store, PUBLIC_URL, ZoneInfo("Asia/Seoul"), Turns(1, 10), 1_000_000), News(store)
    async with told.watching(), shelf.preparing(told):
        for form in ("atom", "json"):
            await shelf.made(Request(), form, NOW)
        await store.write(polled, "news", Changes(new=(news("새 소식", 100),)), NOW)
        with rendered() as written:
            told.stir()
            await until_it_holds(lambda: written == ["새 소식"] * 2)
        with counted() as said, rendered() as written:
            kept = await shelf.kept(Request(), "atom", NOW)
    assert kept is not None
    assert (kept.feed.entries[0].title, written, said) == ("새 소식", [], [])


async def test_a_feed_is_selected_once_for_all_formats(server: Server, store: Store) -> None:
    """Another format of it is rendered of what is kept, with what came since."""
    await server.ask("/topics/chips.atom")
    await post(store, "news", [news("반도체 새 소식", 100)])
    with counted() as said:
        bodies = [(await server.ask(f"/topics/chips.{form}")).body.decode() for form in ("rss", "json", "atom", "txt")]
    assert all("반도체 새 소식" in body for body in bodies)
    assert len(said) == 1


async def test_a_document_is_made_once_however_many_wait(server: Server) -> None:
    """Twenty clients at once cost the statements of one."""
    await server.ask("/feed.rss?n=9")
    with counted() as once:
        await server.ask("/feed.rss?n=8")
    with counted() as said:
        answers = await asyncio.gather(*(server.ask("/feed.rss?n=7") for _ in range(20)))
    assert len({answer.body for answer in answers}) == 1
    assert len(said) == len(once)


async def test_news_edits_and_removals_are_seen_at_once(server: Server, store: Store) -> None:
    """The first request after a commit has it, and its ETag is another."""
    tags = [(await server.ask("/feed.json")).headers["Etag"]]
    await post(store, "local", [news("방금 온 소식", 100)])
    await edit(store, "news", news("고친 제목", 5), NOW + timedelta(minutes=1))
    assert {"방금 온 소식", "고친 제목"} <= set(await titles(server, "/feed.json"))
    tags.append((await server.ask("/feed.json")).headers["Etag"])
    await store.write(boards.remove, "local", NOW)
    tags.append((await server.ask("/feed.json")).headers["Etag"])
    assert (await server.ask("/boards/local.json")).status == 410
    assert len(set(tags)) == 3


async def test_every_process_serves_the_same_bytes(server: Server, store: Store, tmp_path: Path) -> None:
    """A second server with a store of its own open answers alike, and sees what the first one's store writes (D21)."""
    async with (
        await Store.open(f"sqlite:///{tmp_path}/store.db", authority="x.example", now=NOW) as same,
        serving(same) as other,
    ):
        for n in range(3):
            for coding in CODINGS:
                here, there = [await one.ask("/feed.atom", Accept_Encoding=coding) for one in (server, other)]
                assert (here.body, {**here.headers, "Date": ""}) == (there.body, {**there.headers, "Date": ""})
            await post(store, "news", [news(f"소식 {n}", 200 + n)])


def _replaced(file: Path, copy: Path) -> None:
    copies.restore(f"sqlite:///{file}", copy, NOW, force=True)


def _overwritten(file: Path, copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as origin, closing(sqlite3.connect(file)) as target:
        origin.backup(target)


@pytest.mark.parametrize("put_back", [_replaced, _overwritten])
async def test_a_store_put_back_under_a_server_is_what_it_serves(
    server: Server, store: Store, tmp_path: Path, put_back: Callable[[Path, Path], None]
) -> None:
    """What was kept of the store before it is forgotten, though new headlines bear the arrivals of lost ones."""
    file, copy = tmp_path / "store.db", tmp_path / "copy.db"
    await asyncio.to_thread(copies.backup, f"sqlite:///{file}", copy)
    await server.ask("/feed.json")
    for n in range(2):
        await post(store, "local", [news(f"잃은 소식 {n}", 100 + n)])
    await server.ask("/feed.json")
    await asyncio.to_thread(put_back, file, copy)
    for n in range(3):
        assert not [one for one in await titles(server, "/feed.json") if "잃은" in one]
        await post(store, "local", [news(f"새 소식 {n}", 200 + n)])
    kept, anew = await titles(server, "/feed.json"), await titles(server, "/feed.json?n=51")
    assert kept == anew
    assert kept[:3] == ["새 소식 2", "새 소식 1", "새 소식 0"]


async def titles(server: Server, path: str) -> list[str]:
    """What a JSON feed's entries are called."""
    return [entry["title"] for entry in json.decode((await server.ask(path)).body)["items"]]


async def test_a_shelf_stays_within_its_bytes(store: Store) -> None:
    """What was longest not asked for goes; what is asked for again is made again."""
    zone = ZoneInfo("Asia/Seoul")
    shelf = Shelf(store, PUBLIC_URL, zone, Turns(1, 10), 200_000)
    for n in range(1, 30):
        assert (await shelf.made(Request(n=n), "atom", NOW)).document.body
    kept = [n for n in range(1, 30) if await shelf.kept(Request(n=n), "atom", NOW)]
    assert kept == list(range(kept[0], 30))
    assert 1 < len(kept) < 10


async def test_what_speaks_of_the_time_is_made_anew_each_minute(store: Store) -> None:
    """So it is where the clock is put back. All else stays, and is asked when its boards are due by now."""
    shelf = Shelf(store, PUBLIC_URL, ZoneInfo("Asia/Seoul"), Turns(1, 10), 1_000_000)
    later, due = NOW + timedelta(minutes=1), NOW + timedelta(minutes=7)
    earlier = NOW - timedelta(minutes=1)
    moving, lasting = Request(q="seen:P1D"), Request(q="반도체")
    for wanted in (moving, lasting):
        made = await shelf.made(wanted, "atom", NOW)
    await store.write(lambda conn: conn.execute(update(tables.boards).values(next_poll_at=due)))
    assert [await shelf.kept(moving, "atom", at) for at in (earlier, later)] == [None, None]
    kept = await shelf.kept(lasting, "atom", later)
    assert kept is not None
    assert (kept.document, kept.feed.next_poll_at) == (made.document, due)
    with counted() as said:
        assert await shelf.kept(lasting, "atom", later) is kept
    assert said == []


async def test_who_waits_for_what_fails_is_told(store: Store) -> None:
    """Everybody gets the error, and nothing of it is kept."""
    shelf = Shelf(store, PUBLIC_URL, ZoneInfo("UTC"), Turns(1, 10), 100_000)
    asked = [shelf.made(Request(kind="board", slug="none"), "rss", NOW) for _ in range(3)]
    told = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(error) for error in told] == [UnknownFeedError] * 3


async def test_an_address_that_asks_for_too_much_is_429(store: Store) -> None:
    """It may still have what is kept, is told when to come back, and another has a share of its own (D11)."""
    async with serving(store, per_minute=3, trusted_proxies=("127.0.0.1",)) as server:
        statuses = [(await server.ask(f"/feed.rss?n={n}")).status for n in range(1, 6)]
        refused = await server.ask("/feed.rss?n=9")
        assert statuses == [200, 200, 200, 429, 429]
        assert 0 < int(refused.headers["Retry-After"]) <= 20
        assert json.decode(refused.body)["status"] == 429
        assert (await server.ask("/feed.rss?n=1")).status == 200
        assert (await server.ask("/feed.rss?n=9", X_Forwarded_For="192.0.2.1")).status == 200


async def test_a_token_has_one_share_wherever_it_is_used(store: Store) -> None:
    """A private feed's URL that got about serves no crowd."""
    await store.write(private.add, "ann", "/boards/news", "public", digest(token := made()), NOW)
    async with serving(store, per_minute=2, trusted_proxies=("127.0.0.1",)) as server:
        asked = [
            (await server.ask(f"/p/{token}/boards/news.rss?n={n}", X_Forwarded_For=f"192.0.2.{n}")).status
            for n in range(1, 4)
        ]
    assert asked == [200, 200, 429]


@pytest.mark.parametrize(
    "path",
    [
        "/feed.json?explain",
        "/feed?explain",
        "/feed.events",
        "/feeds.opml",
        "/topics/chips.opml",
        "/boards/news/ledger.json",
        "/health",
        "/health.atom",
    ],
)
async def test_what_is_made_anew_is_of_the_address_s_share(store: Store, path: str) -> None:
    """Whatever is not kept costs the same share as a document that is made."""
    async with serving(store, per_minute=2) as server, aiohttp.ClientSession() as session:
        asked = [await status_of(session, server.root + path) for _ in range(3)]
    assert asked == [200, 200, 429]


async def status_of(session: aiohttp.ClientSession, url: str) -> int:
    """The status of an answer whose end is not waited for."""
    async with session.get(url) as response:
        return response.status


async def test_a_server_with_too_much_to_do_says_when(store: Store) -> None:
    """Of very many different documents at once some are made, and the others refused with Retry-After (D11)."""
    async with serving(store, renders=1, waiting=4) as server:
        answers = await asyncio.gather(*(server.ask(f"/feed.rss?n={n}") for n in range(1, 61)))
        refused = [answer for answer in answers if answer.status == 503]
        assert 0 < len(refused) < 60
        assert {answer.headers["Retry-After"] for answer in refused} == {"5"}
        assert {answer.status for answer in answers} == {200, 503}
        assert (await server.ask("/feed.rss?n=60")).status == 200


@pytest.mark.parametrize("form", ["rss", "atom", "json"])
async def test_a_feed_names_itself_in_its_headers(server: Server, form: str) -> None:
    """The Link header has the canonical URL as rel=self, in a 304 too (D13)."""
    first = await server.ask(f"/boards/news.{form}?utm_source=x")
    assert first.headers["Link"] == f'<{PUBLIC_URL}/boards/news.{form}>; rel="self"'
    again = await server.ask(f"/boards/news.{form}", If_None_Match=first.headers["Etag"])
    assert (again.status, again.headers["Link"]) == (304, first.headers["Link"])
