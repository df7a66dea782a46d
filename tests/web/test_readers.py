"""A whole reader, lemon24's, subscribed to the server: what it keeps is what we serve."""

import asyncio

import pytest
from reader import make_reader

from aggregator.store import Store
from tests.render.samples import HEADLINES, hostile_titles
from tests.web.conftest import Server, news, post


def kept(url: str) -> list[tuple[str, str, str]]:
    """Ids, links and titles that a new reader holds after its first update of a feed."""
    with make_reader(":memory:") as reader:
        reader.add_feed(url)
        reader.update_feed(url)
        return [(entry.id, entry.link or "", entry.title or "") for entry in reader.get_entries()]


@pytest.mark.parametrize("ending", ["rss", "atom", "json"])
async def test_a_reader_keeps_every_headline(server: Server, ending: str) -> None:
    """Twenty of twenty in each format, with our ids, links and titles."""
    entries = await asyncio.to_thread(kept, f"{server.root}/feed.{ending}")
    assert {title for _, _, title in entries} == set(HEADLINES)
    assert {(guid, link) for guid, link, _ in entries} == {
        (f"tag:feeds.example.org,2024:1/{n}", f"https://board.example.kr/news/{n}") for n in range(20)
    }


@pytest.mark.parametrize("ending", ["rss", "atom", "json"])
async def test_a_reader_keeps_a_hundred_hostile_headlines(server: Server, store: Store, ending: str) -> None:
    """Hostile titles cost no entry: 102 of 102, ids and links ours."""
    await post(store, "local", [news(title, 100 + n) for n, title in enumerate(hostile_titles())])
    entries = await asyncio.to_thread(kept, f"{server.root}/boards/local.{ending}?n=500")
    assert {guid for guid, _, _ in entries} >= {f"tag:feeds.example.org,2024:2/{100 + n}" for n in range(100)}
    assert len(entries) == 102
