"""What was purged stays known: a store that forgets texts walks exactly as one that keeps everything."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from aggregator.demo import SimulatedBoard
from aggregator.housekeeping import sweep
from aggregator.model import Board, BoardSpec, Poll
from aggregator.poll import commit
from aggregator.settings import PollingSettings, RetentionSettings
from aggregator.store import Selection, Store, boards, headlines
from aggregator.walk import Budget, walk
from tests.far_side import URL, FarSide, posted

START = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
EVERY = timedelta(minutes=10)
NEWS = BoardSpec(slug="news", name="뉴스", url=URL, timezone="Asia/Seoul", every=EVERY)
TIGHT = RetentionSettings(keep_rows=5)


class Reader:
    """Polls one board into one store."""

    def __init__(self, store: Store, board: SimulatedBoard) -> None:
        """Read ``board``."""
        self.store, self.far = store, FarSide(board)

    async def poll(self, now: datetime) -> tuple[Poll, int]:
        """The record of a poll and how many requests it took."""
        board = await self.store.read(boards.by_slug, "news")
        assert isinstance(board, Board)
        self.far.begin()
        answer = await self.far.visit(board.url, board.asking)
        seen = await walk(board, answer, visit=self.far.visit, store=self.store, clock=lambda: now, budget=Budget())
        record: Poll = await self.store.write(commit, board, seen, now, now, PollingSettings())
        return record, self.far.requests

    async def served(self) -> set[str]:
        """The guids that the board's feed shows."""
        return {entry.guid for entry in await self.store.read(headlines.select, Selection(n=500))}


@pytest.fixture
def board() -> SimulatedBoard:
    """A board of sixty posts that counts them, ten a page."""
    simulated = SimulatedBoard("뉴스", skin="xe", numbering="rank", page_size=10)
    posted(simulated, 60, START - timedelta(days=9))
    return simulated


@pytest.fixture
async def readers(tmp_path: Path, board: SimulatedBoard) -> AsyncIterator[tuple[Reader, Reader]]:
    """Two pollers of the board with a store each."""
    names = [f"sqlite:///{tmp_path}/{name}.db" for name in ("keeps", "forgets")]
    stores = [await Store.open(name, authority="a.example", now=START) for name in names]
    for store in stores:
        await store.write(boards.add, NEWS, START)
    yield Reader(stores[0], board), Reader(stores[1], board)
    for store in stores:
        await store.close()


def shaken(board: SimulatedBoard, chance: Random, now: datetime) -> None:
    """Post, edit and delete at random."""
    posted(board, chance.randint(0, 14), now)
    for change in (board.delete, board.delete, lambda post: board.edit(post, f"고침 {now:%H%M}")):
        change(chance.choice(sorted(post.id for post in board.live())))


@pytest.mark.parametrize("seed", range(6))
async def test_a_purged_store_walks_as_one_that_keeps_all(
    readers: tuple[Reader, Reader], board: SimulatedBoard, seed: int
) -> None:
    """New, gone and requests are the same at every poll, although all but five rows were purged before each."""
    chance, now = Random(seed), START  # noqa: S311  changes of a board, not secrets
    keeps, forgets = readers
    for _ in range(15):
        now += EVERY
        (one, asked), (other, also) = await keeps.poll(now), await forgets.poll(now)
        assert (other.new, other.gone, also) == (one.new, one.gone, asked)
        await sweep(forgets.store, TIGHT, now)
        assert await forgets.served() <= await keeps.served()
        shaken(board, chance, now)


async def test_nothing_purged_comes_back(readers: tuple[Reader, Reader], board: SimulatedBoard) -> None:
    """Retitled, moved up by deletions, listed on page 1 again: a purged headline is no news and enters no feed."""
    reader = readers[1]
    await reader.poll(START)
    dropped = await sweep(reader.store, TIGHT, START)
    assert dropped.boards["news"].headlines == 5
    left = await reader.served()
    for line in board.page(1).lines[5:]:
        board.edit(line.post.id, "새 제목")
    for line in board.page(1).lines[:3]:
        board.delete(line.post.id)
    polls = [await reader.poll(START + EVERY * n) for n in (1, 2, 3)]
    assert [record.changed for record, _ in polls] == [0, 0, 0]
    assert await reader.served() < left
    assert sum(record.new for record, _ in polls) <= 3, "what deletions pulled up onto the page is history"
    assert polls[-1][1] == 1
