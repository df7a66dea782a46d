"""How far back a board's history is to be read: changed while it runs, and how far it has come."""

from datetime import datetime

from msgspec import structs
from sqlalchemy import Connection, func, select, update

from aggregator.history import STOPPED, Reach, asked
from aggregator.model import Board
from aggregator.store import gaps, polls
from aggregator.store.places import STANDS
from aggregator.store.tables import boards, headlines

_c = headlines.c


def change(conn: Connection, board: Board, backfill: str, now: datetime, due: datetime) -> None:
    """Read the board's history as far as ``backfill`` says, on from where it was read last; "none" stops it.

    A board that was never read begins at its first contact. The next poll comes at ``due`` at the latest.
    """
    going = [gap for gap in gaps.still_open(conn, board.id) if gap.history]
    for gap in going:
        gaps.keep(conn, board.id, structs.replace(gap, closed_at=now, reason=STOPPED))
    lowest = select(func.min(_c.place)).where(_c.board_id == board.id, STANDS)
    bottom = going[-1].newer if going else conn.scalar(lowest)
    opened = None
    if bottom is not None:
        opened = asked(structs.replace(board, backfill=backfill), bottom, now)
    stated: dict[str, object] = {"backfill": backfill}
    if opened is not None:
        gaps.keep(conn, board.id, structs.replace(opened, page=going[-1].page) if going else opened)
        stated |= {"unfinished": True, "next_poll_at": min(board.next_poll_at, due)}
    conn.execute(update(boards).where(boards.c.id == board.id).values(**stated))


def reach(conn: Connection, board: Board) -> Reach | None:
    """How far the board's history was read, the last time that any was asked for; None where none ever was."""
    gap = next((gap for gap in gaps.every(conn, board.id) if gap.history), None)
    if gap is None:
        return None
    stands = _c.board_id == board.id, STANDS
    ends = select(_c.number, _c.published).where(*stands)
    top = conn.execute(ends.order_by(_c.place.desc()).limit(1)).first()
    low = conn.execute(ends.where(_c.place >= gap.newer).order_by(_c.place).limit(1)).first()
    return Reach(
        gap=gap,
        rows=conn.scalar(select(func.count()).where(*stands)) or 0,
        size=polls.latest_rows(conn, board.id),
        numbering=board.numbering,
        number=low.number if low is not None else None,
        newest=top.published if top is not None else None,
        oldest=low.published if low is not None else None,
    )
