"""Older entries: each document names the one behind it, and all of them together hold everything once."""

from collections.abc import AsyncIterator

import feedparser
import pytest
from msgspec import json

from aggregator.store import Store
from tests.web.conftest import PUBLIC_URL, Server, news, post
from tests.web.test_archives import filled


def behind(body: bytes, form: str) -> tuple[list[str], str | None]:
    """The ids of a document's entries, and the URL of the document behind it."""
    if form == "json":
        said = json.decode(body)
        return [item["id"] for item in said["items"]], said.get("next_url")
    feed = feedparser.parse(body)
    found = [link.href for link in feed.feed.links if link.rel == "next"]
    return [entry.id for entry in feed.entries], found[0] if found else None


async def walked(server: Server, path: str) -> AsyncIterator[list[str]]:
    """The ids of a feed's documents, one after the other."""
    at: str | None = path
    while at is not None:
        answer = await server.ask(at)
        assert answer.status == 200
        ids, url = behind(answer.body, path.partition("?")[0].rpartition(".")[2])
        yield ids
        at = None if url is None else url.removeprefix(PUBLIC_URL)


@pytest.mark.parametrize("form", ["atom", "rss", "json"])
@pytest.mark.parametrize("asked", ["n=3", "n=3&sort=date", "n=2&dup=all&q=-%EB%B0%98%EB%8F%84%EC%B2%B4"])
async def test_the_pages_of_a_feed_hold_all_of_it_once(server: Server, form: str, asked: str) -> None:
    """From ``next`` to ``next`` (RFC 5005 §3, JSON Feed's next_url): as many ids as the whole, none twice."""
    whole = behind(
        (await server.ask(f"/feed.{form}?{asked.replace('n=3', 'n=500').replace('n=2', 'n=500')}")).body, form
    )
    pages = [ids async for ids in walked(server, f"/feed.{form}?{asked}")]
    assert [one for page in pages for one in page] == whole[0]
    assert len(pages) > 3
    assert whole[1] is None


@pytest.mark.parametrize("path", ["/boards/local", "/topics/chips"])
async def test_news_of_others_change_no_document(server: Server, store: Store, path: str) -> None:
    """Whatever archives are cut meanwhile, its bytes stay, and with them its ETag."""
    await filled(store, 6)
    before = await server.ask(f"{path}.atom")
    assert b"prev-archive" in before.body
    await post(store, "news", [news(f"딴 이야기 {n}", 9_000 + n) for n in range(170)])
    assert (await server.ask(f"{path}.atom")).body == before.body
