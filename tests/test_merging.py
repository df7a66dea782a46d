"""Boards that repeat each other's headlines: merged, each is shown once, and its lead never changes."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aggregator import publish
from aggregator.demo import SimulatedBoard, skins
from aggregator.look import Answer
from aggregator.model import BoardSpec, Entry, Page
from aggregator.poll import take
from aggregator.publish import Dup, Request
from aggregator.reading import read
from aggregator.settings import PollingSettings
from aggregator.store import Store, boards

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
SLUGS = ("east", "north", "west")
SHARED = [f"세 곳에 함께 실린 기사 {n}번" for n in range(12)]


def simulated() -> dict[str, SimulatedBoard]:
    """Three boards that carry the same twelve headlines and three of their own each."""
    made = {slug: SimulatedBoard(slug) for slug in SLUGS}
    for slug, board in made.items():
        for title in (*SHARED, *(f"{slug} 게시판에만 실린 기사 {n}번" for n in range(3))):
            board.post(title, "연합", NOW - timedelta(hours=2))
    return made


async def poll(store: Store, slug: str, board: SimulatedBoard, now: datetime) -> None:
    """Poll a simulated board as the program does, less the network."""
    found = await store.read(boards.by_slug, slug)
    assert found is not None
    view = skins.View(
        board=board, slug=slug, origin=f"http://{slug}.example", page=board.page(1), now=now, current=None
    )
    page = Page(url=found.url, status=200, content_type="text/html", body=skins.html(view).encode())
    reading = read(page, url=page.url, now=now, zone=ZoneInfo("Asia/Seoul"))
    await store.write(take, found, Answer(page=page, reading=reading), now, now, PollingSettings())


async def shown(store: Store, dup: Dup = "first") -> Sequence[Entry]:
    """The entries of the merged feed."""
    return (await publish.feed(store, Request(n=200, dup=dup), "http://feeds.example", NOW, ZoneInfo("UTC"))).entries


def leads(entries: Iterable[Entry]) -> dict[str, str]:
    """The guid each title is shown under."""
    return {entry.title: entry.guid for entry in entries}


@pytest.mark.parametrize("order", list(permutations(SLUGS)))
async def test_three_boards_show_each_headline_once_in_whatever_order(tmp_path: Path, order: tuple[str, ...]) -> None:
    """Each headline is served once, the first poll's copy leads for ever, and dup=all shows all under the same ids."""
    sites = simulated()
    async with await Store.open(f"sqlite:///{tmp_path}/s.db", authority="a.example", now=NOW) as store:
        for slug in SLUGS:
            named = BoardSpec(
                slug=slug, name=slug, url=f"http://{slug}.example/", timezone="Asia/Seoul", every=timedelta(minutes=10)
            )
            await store.write(boards.add, named, NOW)
        seen: list[dict[str, str]] = []
        for step, slug in enumerate((*order, *reversed(order))):
            await poll(store, slug, sites[slug], NOW + step * timedelta(minutes=10))
            seen.append(leads(await shown(store)))
        merged, every = await shown(store), await shown(store, "all")
    assert sorted(entry.title for entry in merged) == sorted({entry.title for entry in every})
    assert len(merged) == 12 + 9
    assert len(every) == 45
    assert {entry.guid for entry in merged} < {entry.guid for entry in every}
    assert all(seen[-1][title] == guid for before in seen for title, guid in before.items())
