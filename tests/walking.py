"""The real line from walk to store, over the simulated far side: what a poll costs and what it leaves."""

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import sqlalchemy as sa

from aggregator.model import Board, BoardSpec, Poll
from aggregator.poll import commit
from aggregator.settings import PollingSettings
from aggregator.store import Store, Transaction, boards, claims
from aggregator.store.tables import headlines
from aggregator.walk import Budget, walk
from tests.far_side import URL, FarSide

START = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
EVERY = timedelta(minutes=10)
ALL = 1000


@cache
def born() -> bytes:
    """A store that was just created, which takes longer than most examples."""

    async def create(file: Path) -> bytes:
        await (await Store.open(f"sqlite:///{file}", authority="a.example", now=START)).close()
        return await asyncio.to_thread(file.read_bytes)

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(create(Path(folder) / "born.db"))


class Poller:
    """Polls one board of a store; the clock goes on by an interval before each poll."""

    def __init__(self, store: Store, far: FarSide, *, pages: int = 10, host_pages: int = 1_000) -> None:
        """Poll ``far`` with a budget of so many ``pages``, and ``host_pages`` an hour."""
        self.store, self.far, self.now = store, far, START
        self.budget = Budget(pages=pages, host_pages=host_pages)

    async def add(self, backfill: str = "none") -> None:
        """Add the board."""
        spec = BoardSpec(slug="news", name="뉴스", url=URL, timezone="Asia/Seoul", every=EVERY, backfill=backfill)
        await self.store.write(boards.add, spec, self.now)

    async def board(self) -> Board:
        """The board as the store holds it."""
        board = await self.store.read(boards.by_slug, "news")
        assert isinstance(board, Board)
        return board

    async def poll(self) -> Poll:
        """Claim the board and poll it once; ``far.requests`` are this poll's."""
        self.now += EVERY
        self.far.begin()
        board = await self.store.write(claims.claim_one, "news", self.now, EVERY)
        assert board is not None
        return await self.take(board)

    async def take(self, board: Board) -> Poll:
        """Poll a board that was claimed already."""
        answer = await self.far.visit(board.url, board.asking)
        seen = await walk(
            board, answer, visit=self.far.visit, store=self.store, clock=lambda: self.now, budget=self.budget
        )
        record: Poll = await self.store.write(commit, board, seen, self.now, self.now, PollingSettings())
        return record

    async def settle(self, polls: int = 50) -> int:
        """Poll until nothing is left to look for; how many requests that took."""
        requests = 0
        for _ in range(polls):
            board = await self.board()
            if not board.unfinished and not board.unsettled:
                return requests
            await self.poll()
            requests += self.far.requests
        raise AssertionError(f"still looking for something after {requests} requests")

    async def stored(self) -> dict[int, bool]:
        """The ids of all stored headlines, and whether each is gone."""

        def rows(tx: Transaction) -> dict[int, bool]:
            query = sa.select(headlines.c.key, headlines.c.deleted_at)
            return {int(row.key): row.deleted_at is not None for row in tx.execute(query)}

        return await self.store.read(rows)
