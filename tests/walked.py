"""One poll of a simulated board over a real store, and what its ledger then claims against the board's truth."""

from datetime import datetime

from aggregator.ledger import Claim, Ledger, unheld
from aggregator.model import Board, Poll
from aggregator.poll import commit
from aggregator.settings import PollingSettings
from aggregator.store import Store, boards, ledgers
from aggregator.walk import Budget, walk
from tests.far_side import FarSide

SLUG = "news"


async def polled(store: Store, far: FarSide, now: datetime, *, pages: int = 10) -> Poll:
    """Poll the board once, to the end."""
    far.begin()
    board = await _board(store)
    answer = await far.visit(board.url, board.asking)
    budget = Budget(pages=pages)
    seen = await walk(board, answer, visit=far.visit, store=store, clock=lambda: now, budget=budget)
    return await store.write(commit, board, seen, now, now, PollingSettings())


async def audited(store: Store) -> Ledger:
    """The board's ledger."""
    return await store.read(ledgers.audit, await _board(store))


async def wrongly_claimed(store: Store, far: FarSide, ledger: Ledger) -> list[str]:
    """The posts that stand on the board, are claimed to be stored, and are not."""
    if ledger.claim is None:
        return []
    return unheld(ledger.claim, listed(far), await claimed(store, ledger.claim))


async def claimed(store: Store, claim: Claim) -> frozenset[str]:
    """The keys of the headlines that a claim is about."""
    return await store.read(ledgers.stretch, await _board(store), claim)


def listed(far: FarSide) -> list[tuple[str, int | None]]:
    """Key and number of every row of the board's list, from the top down."""
    pages = (far.board.page(n) for n in range(1, far.board.page(1).last + 1))
    lines = [line for page in pages for line in page.lines if not line.post.pinned]
    return [(str(line.post.id), line.number if far.numbered else None) for line in lines]


async def _board(store: Store) -> Board:
    board = await store.read(boards.by_slug, SLUG)
    assert isinstance(board, Board)
    return board
