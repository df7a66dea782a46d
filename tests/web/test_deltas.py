"""RFC 3229 with feed: who has an earlier document is sent what is new since, and ends with the whole."""

import gzip
from datetime import timedelta

import aiohttp
import pytest
from msgspec import json
from multidict import CIMultiDict

from aggregator.changes import Changes
from aggregator.store import Store, boards, headlines
from tests.render.parsers import by_feedparser
from tests.web.conftest import NOW, Answer, Server, edit, news, post


def items(answer: Answer) -> dict[str, str]:
    """Titles by id."""
    return {item["id"]: item["title"] for item in json.decode(answer.body)["items"]}


async def ask(server: Server, etag: str, path: str = "/feed.json", **headers: str) -> Answer:
    """What a reader gets that says A-IM: feed."""
    return await server.ask(path, A_IM="feed", If_None_Match=etag, **headers)


async def test_the_news_alone_are_226(server: Server, store: Store) -> None:
    """Only what is new or edited, with the whole document's ETag, and no cache may keep it (D14)."""
    first = await server.ask("/feed.atom")
    await post(store, "news", [news("새 소식", 100)])
    await edit(store, "news", news("고친 제목", 3), NOW + timedelta(minutes=1))
    delta, whole = await ask(server, first.headers["Etag"], "/feed.atom"), await server.ask("/feed.atom")
    assert (delta.status, delta.headers["Im"], delta.headers["Cache-Control"]) == (226, "feed", "no-store, im")
    assert delta.headers["Vary"] == "Accept-Encoding, A-IM"
    assert [title for _, _, title in by_feedparser(delta.body)] == ["새 소식", "고친 제목"]
    assert delta.headers["Etag"] == whole.headers["Etag"]
    assert (await ask(server, delta.headers["Etag"], "/feed.atom")).status == 304


async def test_what_is_said_in_several_lines_is_one_list(server: Server, store: Store) -> None:
    """So may manipulations and codings be that a client or a proxy added to others (RFC 9110 §5.3)."""
    etag = (await server.ask("/feed.json")).headers["Etag"]
    await post(store, "news", [news("새 소식", 100)])
    said = [("A-IM", "vcdiff"), ("A-IM", "feed"), ("Accept-Encoding", "gzip;q=0.1"), ("Accept-Encoding", "zstd")]
    async with (
        aiohttp.ClientSession(auto_decompress=False) as session,
        session.get(f"{server.root}/feed.json", headers=CIMultiDict([*said, ("If-None-Match", etag)])) as answer,
    ):
        assert answer.status == 226
        async with session.get(f"{server.root}/feed.json", headers=CIMultiDict(said)) as whole:
            assert whole.headers["Content-Encoding"] == "zstd"


async def test_deltas_unite_to_the_whole(server: Server, store: Store) -> None:
    """Through news, edits and codings, what a reader adds up is the feed, each entry once."""
    answer = await server.ask("/feed.json?n=100", Accept_Encoding="gzip")
    known, etag = items(Answer(status=200, headers={}, body=gzip.decompress(answer.body))), answer.headers["Etag"]
    for step in range(12):
        now = NOW + timedelta(minutes=step + 1)
        await post(store, "news", [news(f"소식 {step} {n}", 1_000 + 10 * step + n) for n in range(step % 4)], now)
        await edit(store, "news", news(f"고침 {step}", step), now)
        if step % 3 != 1:
            delta = await ask(server, etag, "/feed.json?n=100")
            assert delta.status == 226
            known |= items(delta)
            etag = delta.headers["Etag"]
    assert known == items(await server.ask("/feed.json?n=100"))


@pytest.mark.parametrize("etag", ['"never-ours"', "*", '"', 'W/"x-gzip"'])
async def test_who_has_nothing_of_ours_gets_the_whole(server: Server, etag: str) -> None:
    """An unknown state is answered with 200, a star with 304 (RFC 9110)."""
    answer = await ask(server, etag)
    assert answer.status == (304 if etag == "*" else 200)


async def test_who_does_not_ask_for_it_gets_the_whole(server: Server, store: Store) -> None:
    """No A-IM, or one that refuses it, is 200."""
    etag = (await server.ask("/feed.rss")).headers["Etag"]
    await post(store, "news", [news("새 소식", 100)])
    assert (await server.ask("/feed.rss", If_None_Match=etag)).status == 200
    assert (await server.ask("/feed.rss", If_None_Match=etag, A_IM="feed;q=0, gzip")).status == 200


async def test_a_state_without_news_is_a_delta_without_entries(server: Server, store: Store) -> None:
    """A deletion makes another document of which nothing is new."""
    etag = (await server.ask("/feed.json")).headers["Etag"]
    board = await store.read(boards.by_slug, "news")
    assert board is not None
    await store.write(headlines.apply, board, Changes(gone=(5,)), NOW)
    delta = await ask(server, etag)
    assert (delta.status, items(delta)) == (226, {})
