"""Edits as subscribers see them, through the whole line from walk to feed."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.demo import SimulatedBoard
from aggregator.model import Entry
from aggregator.reconcile import CALM, FLIPS
from aggregator.store import Selection, Store, headlines
from tests.far_side import FarSide, posted
from tests.walking import START, Poller

SHORT, LONG = "정부, 내년 예산안…", "정부, 내년 예산안 국회 제출"


@pytest.fixture
async def poller(tmp_path: Path) -> AsyncIterator[Poller]:
    """A poller of a board of thirty posts, which was polled once."""
    async with await Store.open(f"sqlite:///{tmp_path}/walks.db", authority="a.example", now=START) as store:
        poller = Poller(store, FarSide(SimulatedBoard("뉴스")))
        posted(poller.far.board, 30, START - timedelta(days=1))
        await poller.add()
        await poller.poll()
        yield poller


async def top(poller: Poller) -> Entry:
    """The newest headline as it is served."""
    entries: list[Entry] = await poller.store.read(headlines.select, Selection(n=1))
    return entries[0]


async def test_an_edit_moves_updated_and_nothing_else(poller: Poller) -> None:
    """The guid stays, the title is new, updated is later."""
    before = await top(poller)
    poller.far.board.edit(30, LONG)
    assert (await poller.poll()).changed == 1
    after = await top(poller)
    assert (after.guid, after.arrival, after.title) == (before.guid, before.arrival, LONG)
    assert after.updated > before.updated


async def test_a_flipping_title_settles_on_its_longer_form(poller: Poller) -> None:
    """After a few returns nothing changes any more: no edit is told, updated stays, the full title is served."""
    told = 0
    for _ in range(10):
        for title in (SHORT, LONG):
            poller.far.board.edit(30, title)
            told += (await poller.poll()).changed
    settled = await top(poller)
    poller.far.board.edit(30, SHORT)
    assert (await poller.poll()).result == "unchanged"
    assert (settled.title, await top(poller)) == (LONG, settled)
    assert told <= FLIPS + 3


async def test_a_title_that_stays_is_taken_after_a_week(poller: Poller) -> None:
    """A board that made up its mind is believed, and a title that is new is at once."""
    for title in (SHORT, LONG) * 5:
        poller.far.board.edit(30, title)
        await poller.poll()
    poller.far.board.edit(30, "전혀 다른 제목")
    await poller.poll()
    assert (await top(poller)).title == "전혀 다른 제목"
    poller.far.board.edit(30, SHORT)
    poller.now += CALM
    await poller.poll()
    assert (await top(poller)).title == SHORT
