"""The ledger is counted alike on SQLite and PostgreSQL, from rows alone, in few statements."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from aggregator.changes import Changes
from aggregator.coverage import STEP
from aggregator.gaps import Gap
from aggregator.ledger import Ledger, Renumbered, Tally, Walks
from aggregator.model import Board, Headline, Poll, PollResult
from aggregator.store import Store, Transaction, boards, gaps, headlines, ledgers, polls, tables
from aggregator.store.polls import After
from tests.store.conftest import NOW
from tests.store.test_contract import headline, spec
from tests.store.test_counts import counted

DAY = timedelta(days=1)


async def stored(store: Store, n: int, *, notices: int = 0, history: int = 0) -> Board:
    """A board of ``n`` ranked rows that were polled once, of which the lowest are history."""
    await store.write(boards.add, spec(), NOW)
    rows = tuple(headline(number) for number in range(1, n + 1))
    pins = tuple(Headline(key=f"n{at}", title="공지", url=None, pinned=True) for at in range(notices))
    places = {row.key: STEP * int(row.key) for row in rows}
    old = frozenset(row.key for row in rows[:history])
    board = await found(store)
    await store.write(headlines.apply, board, Changes(new=(*pins, *rows), places=places, history=old), NOW)
    await poll(store, board, rows=min(n, 20) + notices)
    return await found(store)


async def found(store: Store) -> Board:
    """The board as it is stored."""
    board = await store.read(boards.by_slug, "news")
    assert board is not None
    return board


async def poll(
    store: Store,
    board: Board,
    *,
    rows: int = 20,
    pages: int = 1,
    result: PollResult = "changed",
    error: str | None = None,
) -> None:
    """Record a poll of the board."""
    stage = None if error is None else "read listing"
    record = Poll(
        board=board.slug,
        started_at=NOW,
        finished_at=NOW,
        result=result,
        rows=rows,
        pages=pages,
        stage=stage,
        error=error,
    )
    await store.write(polls.record, board.id, record, After(next_poll_at=NOW + DAY, numbering="rank"))


async def audited(store: Store) -> Ledger:
    """The board's ledger."""
    return await store.read(ledgers.audit, await found(store))


async def forget(store: Store, *keys: str) -> None:
    """Lose rows, as no poll does."""

    def lose(tx: Transaction) -> None:
        tx.execute(sa.delete(tables.headlines).where(tables.headlines.c.key.in_(keys)))

    await store.write(lose)


async def test_everything_is_counted_from_rows(store: Store) -> None:
    """Rows, notices, history, tombstones and what was missed, each by itself."""
    board = await stored(store, 30, notices=2, history=10)
    known = await store.read(headlines.known, board.id, ["30", "29", "28"])
    changes = Changes(gone=(known["29"].arrival, known["28"].arrival), missed=(known["30"].arrival,))
    await store.write(headlines.apply, board, changes, NOW + DAY)
    ledger = await audited(store)
    assert ledger.headlines == Tally(standing=28, notices=2, tombstones=2, gone_at=NOW + DAY, history=10, missed=1)
    assert ledger.renumbered == Renumbered(keys_changed=0, ranks_fallen=0)
    assert ledger.against == ("1 headline left out by a page once",)


async def test_a_stored_range_is_claimed_and_its_keys_are_told(store: Store) -> None:
    """The claim covers every row that stands, and nothing else."""
    board = await stored(store, 30, notices=2)
    ledger = await audited(store)
    assert ledger.sentence == "complete from 1 to 30 since 2026-11-24"
    assert ledger.claim is not None
    assert await store.read(ledgers.stretch, board, ledger.claim) == {str(n) for n in range(1, 31)}


async def test_a_row_lost_behind_the_pollers_back_is_found(store: Store) -> None:
    """No flag of the board says so, the rows do."""
    await stored(store, 30)
    await forget(store, "12")
    assert (await audited(store)).sentence == "complete from 13 to 30 since 2026-11-24"


async def test_gaps_are_told_by_their_state(store: Store) -> None:
    """Open ones with what is left, those out of reach with the reason, and how many were closed."""
    board = await stored(store, 30)
    await forget(store, *(str(n) for n in range(11, 21)))
    for gap in (
        Gap(newer=21 * STEP, older=10 * STEP, opened_at=NOW),
        Gap(newer=5 * STEP, older=4 * STEP, opened_at=NOW, closed_at=NOW, reason="page 3: 403"),
        Gap(newer=25 * STEP, older=24 * STEP, opened_at=NOW, closed_at=NOW + DAY),
    ):
        await store.write(gaps.keep, board.id, gap)
    ledger = await audited(store)
    assert (ledger.open, ledger.unreachable, ledger.closed, ledger.unread) == (1, 1, 1, 10)
    assert [(gap.state, gap.above, gap.below, gap.reason) for gap in ledger.gaps] == [
        ("open", 21, 10, None),
        ("unreachable", 5, 4, "page 3: 403"),
    ]
    assert ledger.sentence == "complete from 21 to 30 since 2026-11-25"


async def test_walks_are_counted_from_the_polls_on_record(store: Store) -> None:
    """A poll of one page is no walk."""
    board = await stored(store, 30)
    for pages in (3, 1, 7):
        await poll(store, board, pages=pages)
    assert (await audited(store)).walks == Walks(polls=4, walks=2, pages=10, longest=7, last_at=NOW)


async def test_the_last_answer_decides(store: Store) -> None:
    """A poll to be tried later changes nothing; a page that cannot be read takes the claim back."""
    board = await stored(store, 30)
    await poll(store, board, rows=0, result="later", error="no answer")
    assert (await audited(store)).claim is not None
    await poll(store, board, rows=0, result="person", error="no listing")
    assert (await audited(store)).sentence == "not complete: the last poll failed: read listing: no listing"


@pytest.mark.parametrize("n", [20, 1_000])
async def test_a_ledger_costs_six_statements_whatever_the_boards_size(store: Store, n: int) -> None:
    """The counts, the rows, the gaps, the walks, the last answer and its rows."""
    await stored(store, n)
    board = await found(store)
    with counted() as said:
        ledger = await store.read(ledgers.audit, board)
    assert ledger.sentence == f"complete from 1 to {n:,} since 2026-11-24"
    assert len(said) == 6
