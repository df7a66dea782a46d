"""Where headlines stand in their board's list: what is stored around the rows of a page, and what came to be gone."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Select, and_, bindparam, func, or_, select, true, update

from aggregator.changes import Changes, Known
from aggregator.store.tables import headlines

# asyncpg sends at most 32,767 parameters a statement; a row that was moved may span the whole board.
CHUNK = 1_000
MOST_BETWEEN = 2_000
REMEMBERED = tuple(headlines.c[name] for name in Known.__struct_fields__)
_c = headlines.c
STANDS = and_(_c.place.is_not(None), _c.pinned.is_(False), _c.deleted_at.is_(None))


def around(conn: Connection, board_id: int, keys: Sequence[str], *, top: bool) -> list[Known]:
    """The headlines listed under ``keys``, those that stand between them, and the notices: one statement a page.

    At the list's ``top`` those that stand above them too.
    """
    found: dict[int, Known] = {}
    for start in range(0, max(len(keys), 1), CHUNK):
        asked = {"board": board_id, "keys": keys[start : start + CHUNK]}
        found |= {row["arrival"]: Known(**row) for row in conn.execute(_AROUND[top], asked).mappings()}
    return list(found.values())


def _around(*, top: bool) -> CompoundSelect[Any]:
    board = _c.board_id == bindparam("board")
    # Apart from the rest: asked for the least place of these, SQLite would go through the whole board by place.
    here = select(*REMEMBERED).where(board, _c.listed.in_(bindparam("keys", expanding=True))).cte("here")
    stands = here.c.place.is_not(None), here.c.pinned.is_(False), here.c.deleted_at.is_(None)
    low = select(func.min(here.c.place)).where(*stands).scalar_subquery()
    high = select(func.max(here.c.place)).where(*stands).scalar_subquery()
    between = (
        select(*REMEMBERED)
        .where(board, STANDS, _c.place > low, true() if top else _c.place < high)
        .order_by(_c.place.desc())
        .limit(MOST_BETWEEN)
        .subquery()
    )
    notices = select(*REMEMBERED).where(board, _c.pinned, _c.deleted_at.is_(None))
    return select(here).union(select(between), notices)


# Built once: every page of every poll asks it, and to build it costs more than to run it.
_AROUND = {top: _around(top=top) for top in (True, False)}
_HIGHEST = select(func.max(_c.place)).where(_c.board_id == bindparam("board"))


def between(conn: Connection, board_id: int, high: int | None, low: int | None) -> list[Known]:
    """The rows that stand between two places, None where there is no end on that side, from the top down."""
    query = select(*REMEMBERED).where(_c.board_id == board_id, STANDS)
    if low is not None:
        query = query.where(_c.place > low)
    if high is not None:
        query = query.where(_c.place < high)
    return _all(conn, query.order_by(_c.place.desc()).limit(MOST_BETWEEN))


def below(conn: Connection, board_id: int, place: int, n: int) -> list[Known]:
    """At most ``n`` rows that stand below a place, the nearest first."""
    query = select(*REMEMBERED).where(_c.board_id == board_id, STANDS, _c.place < place)
    return _all(conn, query.order_by(_c.place.desc()).limit(n))


def top(conn: Connection, board_id: int, n: int, low: int | None) -> list[Known]:
    """The ``n`` rows that stand highest, at ``low`` or above, and were not missed, from the top down."""
    query = select(*REMEMBERED).where(_c.board_id == board_id, STANDS, _c.missed_at.is_(None))
    if low is not None:
        query = query.where(_c.place >= low)
    return _all(conn, query.order_by(_c.place.desc()).limit(n))


def notices(conn: Connection, board_id: int) -> list[Known]:
    """The board's notices."""
    return _all(conn, select(*REMEMBERED).where(_c.board_id == board_id, _c.pinned, _c.deleted_at.is_(None)))


def count(conn: Connection, board_id: int, low: int) -> int:
    """How many rows stand at ``low`` or above."""
    query = select(func.count()).where(_c.board_id == board_id, STANDS, _c.place >= low)
    return conn.execute(query).scalar_one()


def standing(conn: Connection, board_id: int, low: int | None = None) -> list[int]:
    """The places of all rows that stand at ``low`` or above, from the top down."""
    query = select(_c.place).where(_c.board_id == board_id, STANDS)
    if low is not None:
        query = query.where(_c.place >= low)
    return list(conn.scalars(query.order_by(_c.place.desc())))


def highest(conn: Connection, board_id: int) -> int | None:
    """The greatest place of the board, whatever became of the headline; None for a board whose list was never read."""
    found: int | None = conn.scalar(_HIGHEST, {"board": board_id})
    return found


def next_above(conn: Connection, board_id: int, place: int) -> int | None:
    """The nearest place above on which a row stands."""
    query = select(func.min(_c.place)).where(_c.board_id == board_id, STANDS, _c.place > place)
    found: int | None = conn.scalar(query)
    return found


def next_below(conn: Connection, board_id: int, place: int) -> int | None:
    """The nearest place below on which a row stands."""
    query = select(func.max(_c.place)).where(_c.board_id == board_id, STANDS, _c.place < place)
    found: int | None = conn.scalar(query)
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


def _all(conn: Connection, query: Select[Any]) -> list[Known]:
    rows: Iterable[Any] = conn.execute(query).mappings()
    return [Known(**row) for row in rows]
