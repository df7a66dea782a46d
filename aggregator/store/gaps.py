"""Gaps: what a board lists and we have not seen, kept until it is read or known to be out of reach."""

from msgspec import structs
from sqlalchemy import Connection, exists, func, insert, or_, select, update

from aggregator.gaps import Gap
from aggregator.store.tables import gaps

FIELDS = tuple(gaps.c[name] for name in Gap.__struct_fields__)


def still_open(conn: Connection, board_id: int) -> list[Gap]:
    """The board's open gaps, the newest first."""
    query = select(*FIELDS).where(gaps.c.board_id == board_id, gaps.c.closed_at.is_(None))
    return [Gap(**row) for row in conn.execute(query.order_by(gaps.c.newer.desc())).mappings()]


def every(conn: Connection, board_id: int) -> list[Gap]:
    """All gaps that the board ever had, the newest first."""
    query = select(*FIELDS).where(gaps.c.board_id == board_id).order_by(gaps.c.id.desc())
    return [Gap(**row) for row in conn.execute(query).mappings()]


def between(conn: Connection, board_id: int, high: int, low: int) -> bool:
    """Whether between two places something was never seen, be it looked for still or not."""
    unseen = or_(gaps.c.closed_at.is_(None), gaps.c.reason.is_not(None))
    inside = gaps.c.newer > low, func.coalesce(gaps.c.older, low) < high
    return bool(conn.scalar(select(exists().where(gaps.c.board_id == board_id, unseen, *inside))))


def keep(conn: Connection, board_id: int, gap: Gap) -> None:
    """Store a new gap, or what has become of one."""
    row = structs.asdict(gap)
    known = row.pop("id")
    if known:
        conn.execute(update(gaps).where(gaps.c.id == known).values(**row))
    else:
        conn.execute(insert(gaps).values(board_id=board_id, **row))
