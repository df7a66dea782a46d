"""Claims: a board is polled by whoever holds its claim, and by nobody else until that ends or has run out.

A claim also puts the board's next poll one interval on. The poll's record says better; where there never is one, since
the program was killed, the far side is not asked again the moment it is back.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, case, func, or_, select, type_coerce, update

from aggregator.model import Board
from aggregator.store.boards import COLUMNS, STANDING, board_of
from aggregator.store.columns import EPOCH, MICROSECOND
from aggregator.store.tables import boards


def claim(
    conn: Connection, now: datetime, lease: timedelta, limit: int, unstored: Mapping[int, datetime] | None = None
) -> list[Board]:
    """At most ``limit`` boards that are due, one a host, the most overdue: the caller's until ``lease`` is over.

    Boards of a host take turns, so that those who wait for a slow one take no place from other hosts' boards. Of the
    caller's own claims those on ``unstored`` boards, whose polls came to nothing, end here: they are due at the times
    given.
    """
    for board_id, due_at in (unstored or {}).items():
        given_up = update(boards).where(boards.c.id == board_id, boards.c.claimed_until.is_not(None))
        conn.execute(given_up.values(claimed_until=None, next_poll_at=due_at))
    busy = select(boards.c.host).where(boards.c.claimed_until > now)
    turn = func.row_number().over(partition_by=boards.c.host, order_by=(boards.c.next_poll_at, boards.c.id))
    due = (
        select(boards.c.id, turn.label("turn"))
        .where(STANDING, boards.c.paused.is_(False), boards.c.next_poll_at <= now)
        .where(_unclaimed(now), boards.c.host.not_in(busy))
        .subquery()
    )
    first = select(due.c.id).where(due.c.turn == 1)
    # The limit counts rows that nobody else holds: of two who ask at once the second gets others.
    return _held(conn, select(boards.c.id).where(boards.c.id.in_(first), _unclaimed(now)).limit(limit), now, lease)


def claim_one(conn: Connection, slug: str, now: datetime, lease: timedelta) -> Board | None:
    """The board, due or not and paused or not; None where it is unknown, removed or being polled."""
    wanted = select(boards.c.id).where(boards.c.slug == slug, STANDING, _unclaimed(now))
    return next(iter(_held(conn, wanted, now, lease)), None)


def renew(conn: Connection, board_ids: Collection[int], now: datetime, lease: timedelta) -> None:
    """Hold the caller's claims for another ``lease``: a machine that sleeps lets them run out, its polls go on."""
    expiring = update(boards).where(boards.c.id.in_(board_ids), boards.c.claimed_until <= now)
    conn.execute(expiring.values(claimed_until=now + lease))


def release_all(conn: Connection) -> None:
    """Void every claim: at the start of the one program that polls, they are a killed one's."""
    conn.execute(update(boards).where(boards.c.claimed_until.is_not(None)).values(claimed_until=None))


def _held(conn: Connection, wanted: Select[Any], now: datetime, lease: timedelta) -> list[Board]:
    chosen = wanted.order_by(boards.c.next_poll_at, boards.c.id).with_for_update(skip_locked=True)
    later = type_coerce(boards.c.every, BigInteger) + (now - EPOCH) // MICROSECOND
    kept = case((boards.c.next_poll_at > later, boards.c.next_poll_at), else_=later)
    claiming = update(boards).where(boards.c.id.in_(chosen)).values(claimed_until=now + lease, next_poll_at=kept)
    return sorted(map(board_of, conn.execute(claiming.returning(*COLUMNS))), key=lambda board: board.id)


def _unclaimed(now: datetime) -> ColumnElement[bool]:
    return or_(boards.c.claimed_until.is_(None), boards.c.claimed_until <= now)
