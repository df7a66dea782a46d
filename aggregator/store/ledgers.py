"""The ledger: what is counted for it, in six statements a board whatever its size."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, and_, func, select

from aggregator.ledger import Claim, Held, Ledger, Polled, Tally, Walks, ledger
from aggregator.model import Board
from aggregator.store import gaps, polls
from aggregator.store.tables import headlines
from aggregator.store.tables import polls as records

_c = headlines.c
_LISTED = and_(_c.place.is_not(None), _c.pinned.is_(False))
_ALIVE = _c.deleted_at.is_(None)


def audit(conn: Connection, board: Board) -> Ledger:
    """The board's ledger, counted afresh."""
    return ledger(
        board, _tally(conn, board.id), _held(conn, board.id), gaps.every(conn, board.id), _polled(conn, board.id)
    )


def stretch(conn: Connection, board: Board, claim: Claim) -> frozenset[str]:
    """The keys under which the board lists what a claim is about."""
    query = select(_c.listed).where(_c.board_id == board.id, _LISTED, _ALIVE, _c.place >= claim.lowest)
    return frozenset(key for key in conn.scalars(query) if key is not None)


def _held(conn: Connection, board_id: int) -> Iterator[Held]:
    """The rows of the board's list, gone ones too, from the top down."""
    columns = (
        _c.place,
        _c.number,
        _c.first_seen,
        _c.moment,
        _ALIVE.label("stands"),
        _c.missed_at.is_not(None).label("missed"),
        _c.listed.is_not(None).label("listed"),
    )
    query = select(*columns).where(_c.board_id == board_id, _LISTED).order_by(_c.place.desc())
    return map(Held._make, conn.execute(query))


def _tally(conn: Connection, board_id: int) -> Tally:
    counted = {
        "standing": and_(_LISTED, _ALIVE),
        "notices": and_(_c.pinned, _ALIVE),
        "tombstones": _c.deleted_at.is_not(None),
        "history": _c.history,
        "missed": and_(_c.missed_at.is_not(None), _ALIVE),
        "unplaced": and_(_c.place.is_(None), _c.pinned.is_(False), _ALIVE),
        "relisted": _c.listed != _c.key,
        "unlisted": and_(_c.listed.is_(None), _ALIVE),
    }
    columns = [_count(which).label(name) for name, which in counted.items()]
    youngest = func.max(_c.moment).filter(counted["unplaced"]).label("unplaced_at")
    query = select(*columns, youngest, func.max(_c.deleted_at).label("gone_at")).where(_c.board_id == board_id)
    return Tally(**conn.execute(query).mappings().one())


def _polled(conn: Connection, board_id: int) -> Polled:
    """What the board's polls came to. One that was to be tried later says nothing of the list, for none was shown."""
    c = records.c
    walked = c.pages > 1
    query = select(
        func.count().label("polls"),
        _count(walked).label("walks"),
        func.coalesce(func.sum(c.pages).filter(walked), 0).label("pages"),
        func.coalesce(func.max(c.pages).filter(walked), 0).label("longest"),
        func.max(c.finished_at).filter(walked).label("last_at"),
    ).where(c.board_id == board_id)
    answered = select(c.finished_at, c.stage, c.error).where(c.board_id == board_id, c.result != "later")
    walks = Walks(**conn.execute(query).mappings().one())
    last = conn.execute(answered.order_by(c.id.desc()).limit(1)).one_or_none()
    if last is None:
        return Polled(walks=walks)
    failure = None if last.error is None else f"{last.stage}: {last.error}"
    return Polled(walks=walks, at=last.finished_at, failure=failure, rows=polls.latest_rows(conn, board_id))


def _count(which: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(which)
