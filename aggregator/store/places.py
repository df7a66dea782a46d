"""Where headlines stand in their board's list: what is stored around the rows of a page, and what came to be gone."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, func, or_, select, update

from aggregator.changes import Changes, Known
from aggregator.store.tables import headlines

# asyncpg sends at most 32,767 parameters a statement; a row that was moved may span the whole board.
CHUNK = 1_000
MOST_BETWEEN = 2_000
REMEMBERED = tuple(headlines.c[name] for name in Known.__struct_fields__)
_c = headlines.c
_STANDS = and_(_c.place.is_not(None), _c.pinned.is_(False), _c.deleted_at.is_(None))


def around(conn: Connection, board_id: int, keys: Sequence[str]) -> list[Known]:
    """The headlines listed under ``keys``, those that stand between them, and the notices: one statement a page."""
    found: dict[int, Known] = {}
    for start in range(0, max(len(keys), 1), CHUNK):
        here = _c.board_id == board_id, _c.listed.in_(keys[start : start + CHUNK])
        low = select(func.min(_c.place)).where(*here, _STANDS).scalar_subquery()
        high = select(func.max(_c.place)).where(*here, _STANDS).scalar_subquery()
        between = (
            select(*REMEMBERED)
            .where(_c.board_id == board_id, _STANDS, _c.place > low, _c.place < high)
            .order_by(_c.place.desc())
            .limit(MOST_BETWEEN)
            .subquery()
        )
        notices = select(*REMEMBERED).where(_c.board_id == board_id, _c.pinned, _c.deleted_at.is_(None))
        query = select(*REMEMBERED).where(*here).union(select(between), notices)
        found |= {known.arrival: known for known in _all(conn, query)}
    return list(found.values())


def between(conn: Connection, board_id: int, high: int, low: int) -> list[Known]:
    """The rows that stand between two places, from the top down."""
    query = select(*REMEMBERED).where(_c.board_id == board_id, _STANDS, _c.place < high, _c.place > low)
    return _all(conn, query.order_by(_c.place.desc()).limit(MOST_BETWEEN))


def below(conn: Connection, board_id: int, place: int, n: int) -> list[Known]:
    """At most ``n`` rows that stand below a place, the nearest first."""
    query = select(*REMEMBERED).where(_c.board_id == board_id, _STANDS, _c.place < place)
    return _all(conn, query.order_by(_c.place.desc()).limit(n))


def standing(conn: Connection, board_id: int, low: int | None = None) -> list[int]:
    """The places of all rows that stand at ``low`` or above, from the top down."""
    query = select(_c.place).where(_c.board_id == board_id, _STANDS)
    if low is not None:
        query = query.where(_c.place >= low)
    return list(conn.scalars(query.order_by(_c.place.desc())))


def highest(conn: Connection, board_id: int) -> int | None:
    """The greatest place of the board, whatever became of the headline; None for a board whose list was never read."""
    found: int | None = conn.scalar(select(func.max(_c.place)).where(_c.board_id == board_id))
    return found


def next_above(conn: Connection, board_id: int, place: int) -> int | None:
    """The nearest stored place above."""
    found: int | None = conn.scalar(select(func.min(_c.place)).where(_c.board_id == board_id, _c.place > place))
    return found


def next_below(conn: Connection, board_id: int, place: int) -> int | None:
    """The nearest stored place below."""
    found: int | None = conn.scalar(select(func.max(_c.place)).where(_c.board_id == board_id, _c.place < place))
    return found


def settle(conn: Connection, board_id: int, changes: Changes, now: datetime) -> None:
    """Store where rows stand that had no place or another, what is gone or missing, and what is not."""
    new = {headline.key for headline in changes.new}
    moved = [{"b_listed": key, "b_place": place} for key, place in changes.places.items() if key not in new]
    if moved:
        moving = update(headlines).where(_c.board_id == board_id, _c.listed == bindparam("b_listed"))
        moving = moving.where(or_(_c.place.is_(None), _c.place != bindparam("b_place")))
        conn.execute(moving.values(place=bindparam("b_place")), moved)
    _set(conn, changes.back, deleted_at=None, missed_at=None)
    _set(conn, changes.unpinned, pinned=False)
    _set(conn, changes.missed, missed_at=now)
    _set(conn, changes.gone, deleted_at=now)


def _set(conn: Connection, arrivals: Sequence[int], **values: Any) -> None:  # noqa: ANN401 - columns hold anything
    for start in range(0, len(arrivals), CHUNK):
        conn.execute(update(headlines).where(_c.arrival.in_(arrivals[start : start + CHUNK])).values(**values))


def _all(conn: Connection, query: Select[Any] | Any) -> list[Known]:  # noqa: ANN401 - a union is no Select
    rows: Iterable[Any] = conn.execute(query).mappings()
    return [Known(**row) for row in rows]
