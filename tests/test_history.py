"""History: how far back it is read, changed while it runs, and never in a subscriber's way."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.demo import SimulatedBoard
from aggregator.gaps import Gap
from aggregator.history import STOPPED, Reach, sentence
from aggregator.store import Selection, Store, backfill, headlines
from aggregator.walk import Budget
from tests.far_side import FarSide, posted
from tests.walking import EVERY, START, Poller

ROWS = st.integers(1, 5000)


@pytest.fixture
async def poller(tmp_path: Path) -> AsyncIterator[Poller]:
    """A poller of a board of 500 posts, which was polled once."""
    async with await Store.open(f"sqlite:///{tmp_path}/walks.db", authority="a.example", now=START) as store:
        poller = Poller(store, FarSide(SimulatedBoard("뉴스")))
        posted(poller.far.board, 500, START - timedelta(days=9))
        await poller.add()
        await poller.poll()
        yield poller


async def change(poller: Poller, said: str) -> None:
    """Ask for history as an admin does."""
    board = await poller.board()
    await poller.store.write(backfill.change, board, said, poller.now, poller.now + timedelta(minutes=5))


async def reach(poller: Poller) -> Reach:
    """How far it has come."""
    found = await poller.store.read(backfill.reach, await poller.board())
    assert found is not None
    return found


@given(rows=ROWS, below=ROWS, size=st.integers(1, 50), pages=st.integers(4, 1000))
def test_a_rank_tells_how_many_rows_and_polls_are_left(rows: int, below: int, size: int, pages: int) -> None:
    """As many as stand below the lowest; the time is that of the polls which read them."""
    gap = Gap(newer=0, history=True, opened_at=START)
    far = Reach(gap=gap, rows=rows, size=size, numbering="rank", number=below + 1)
    took = far.time_left(pages, timedelta(minutes=5))
    assert (far.left, far.total) == (below, rows + below)
    assert took is not None
    assert (took / timedelta(minutes=5)) * size * (pages - 2) >= below
    assert f"{rows:,} of about {rows + below:,} rows" in sentence(far, took)


async def test_a_host_gives_no_more_than_its_pages_an_hour(poller: Poller) -> None:
    """History of 25 pages takes hours of five pages each, and is read to its end all the same."""
    poller.budget = Budget(host_pages=5)
    await change(poller, "all")
    further = []
    while (await poller.board()).unfinished:
        further.append((await poller.poll()).pages - 1)
    an_hour = timedelta(hours=1) // EVERY
    assert max(sum(further[n : n + an_hour]) for n in range(len(further))) == 5
    assert sum(further) >= 24


@pytest.mark.parametrize("numbered", [True, False])
async def test_a_page_that_breaks_off_is_not_the_lists_end(tmp_path: Path, numbered: bool) -> None:  # noqa: FBT001
    """Half a page with no link to the next, on the way through a burst: what is below it is looked for again."""
    async with await Store.open(f"sqlite:///{tmp_path}/walks.db", authority="a.example", now=START) as store:
        poller = Poller(store, FarSide(SimulatedBoard("뉴스"), numbered=numbered, counting=numbered))
        await poller.add("all")
        posts = posted(poller.far.board, 200, START - timedelta(days=9))
        await poller.poll()
        poller.far.cut = {4}
        await poller.poll()
        assert (await poller.board()).unfinished
        poller.far.cut = set()
        await poller.settle()
        assert len(await poller.stored()) == len(posts)


async def test_a_server_that_fails_for_an_hour_is_not_given_up(poller: Poller) -> None:
    """History that could not be had five times running is read once it can be."""
    await change(poller, "all")
    for _ in range(5):
        poller.far.failing = {2}
        await poller.poll()
    poller.far.failing = set()
    await poller.settle()
    assert len(await poller.stored()) == 500


def test_dates_tell_how_much_of_a_board_without_numbers_is_left() -> None:
    """100 rows in ten days: five days more are fifty rows."""
    gap = Gap(newer=0, history=True, until=START - timedelta(days=15), opened_at=START)
    far = Reach(gap=gap, rows=100, size=20, newest=START, oldest=START - timedelta(days=10))
    assert far.left == 50


async def test_history_is_asked_for_and_stopped_while_a_board_runs(poller: Poller) -> None:
    """It goes on from where it was, each page read about once, until it is stopped or the list ends."""
    await change(poller, "all")
    await poller.poll()
    first = await reach(poller)
    await change(poller, "none")
    stopped = await reach(poller)
    assert (first.left, stopped.gap.reason) == (500 - first.rows, STOPPED)
    await poller.poll()
    assert poller.far.requests == 1
    await change(poller, "all")
    assert await poller.settle() <= (500 - first.rows) / 20 * 10 / 8 + 10
    assert (await reach(poller)).rows == 500


async def test_a_number_of_pages_ends(poller: Poller) -> None:
    """Three pages more are three pages more."""
    await change(poller, "3")
    await poller.settle()
    assert (await reach(poller)).rows == 80
    await change(poller, "2")
    await poller.settle()
    assert (await reach(poller)).rows == 120


async def test_history_asked_for_during_a_poll_is_not_forgotten(poller: Poller) -> None:
    """A poll that began before ends after: the board is unfinished all the same."""
    before = await poller.board()
    await change(poller, "all")
    await poller.take(before)
    assert (await poller.board()).unfinished


async def test_history_never_pushes_headlines_out_of_a_feed(poller: Poller) -> None:
    """A feed shows the same before and after; with history it ends with what was new in the last poll."""
    shown = await poller.store.read(headlines.select, Selection(n=50))
    await change(poller, "all")
    await poller.poll()
    new = posted(poller.far.board, 3, poller.now)
    await poller.settle()
    after = await poller.store.read(headlines.select, Selection(n=50))
    assert [entry.guid for entry in after[3:]] == [entry.guid for entry in shown]
    assert [int(entry.guid.rpartition("/")[2]) for entry in after[:3]] == new[::-1]
    everything = await poller.store.read(headlines.select, Selection(n=500, history=True))
    assert len(everything) == 500
