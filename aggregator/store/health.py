"""How boards fare: what it is judged by, and the record of every change."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from aggregator.health import STATES, Health, Signs
from aggregator.metrics import Figures
from aggregator.model import Board, State
from aggregator.store import messages, outbox
from aggregator.store.boards import COLUMNS, STANDING, asked
from aggregator.store.sizes import total_bytes
from aggregator.store.tables import boards, gaps, headlines, polls, states

# So many polls with news say what is usual.
NEWS = 200
READ = ("changed", "unchanged")
NOBODY: Mapping[State, Sequence[str]] = MappingProxyType({})


class Change(Struct, frozen=True, kw_only=True):
    """A state that a board came into, and out of at ``until``."""

    id: int
    board: str
    name: str
    state: State
    sentence: str
    since: datetime
    until: datetime | None = None


def to_judge(conn: Connection, after: int) -> tuple[int, list[int]]:
    """The boards that may fare otherwise than is recorded, and the last poll's id.

    Those polled since the poll ``after``, paused or resumed since, or never judged.
    """
    last = conn.scalar(select(func.coalesce(func.max(polls.c.id), 0))) or 0
    stopped = states.c.state.in_(("paused", "gone"))
    there = and_(states.c.board_id == boards.c.id, states.c.until.is_(None))
    polled = boards.c.id.in_(select(polls.c.board_id).where(polls.c.id > after))
    query = select(boards.c.id).outerjoin(states, there).where(STANDING)
    moved = or_(polled, states.c.id.is_(None), boards.c.paused != func.coalesce(stopped, boards.c.paused))
    return last, list(conn.scalars(query.where(moved).order_by(boards.c.id)))


def signs(conn: Connection, board_ids: Sequence[int]) -> list[Signs]:
    """What is stored of boards, by id."""
    query = select(*COLUMNS).where(boards.c.id.in_(board_ids), STANDING).order_by(boards.c.id)
    return [_signs(conn, board) for board in asked(conn, query)]


def _signs(conn: Connection, board: Board) -> Signs:
    own = polls.c.board_id == board.id
    latest = select(polls.c.stage, polls.c.error).where(own).order_by(polls.c.id.desc()).limit(1)
    read = select(polls.c.finished_at).where(own, polls.c.result.in_(READ)).order_by(polls.c.id.desc()).limit(1)
    # Places grow upwards: these are the list's newest rows, several of which may have come with one poll.
    newest = (
        select(headlines.c.first_seen)
        .where(headlines.c.board_id == board.id, headlines.c.place.is_not(None), headlines.c.history.is_(False))
        .order_by(headlines.c.place.desc())
        .limit(NEWS)
    )
    last = conn.execute(latest).one_or_none()
    return Signs(
        board=board,
        last_success=conn.scalar(read),
        news=tuple(sorted(set(conn.scalars(newest)), reverse=True)),
        stage=last.stage if last is not None else None,
        error=last.error if last is not None else None,
    )


def record(
    conn: Connection,
    found: Iterable[tuple[int, Health]],
    now: datetime,
    wanted: Mapping[State, Sequence[str]] = NOBODY,
) -> list[Change]:
    """Keep the states that are others than before; what has changed.

    With it are kept messages for the webhooks that are ``wanted`` to be told of each state; that a board is well at
    first is told to none.
    """
    new = []
    for board_id, fares in found:
        current = and_(states.c.board_id == board_id, states.c.until.is_(None))
        before = conn.scalar(select(states.c.state).where(current))
        if before == fares.state:
            continue
        conn.execute(update(states).where(current).values(until=now))
        row = {"state": fares.state, "sentence": fares.sentence, "since": now}
        made = conn.execute(insert(states).values(board_id=board_id, **row).returning(states.c.id)).scalar_one()
        if before is not None or fares.state != "ok":
            messages.queue(conn, made, wanted.get(fares.state, ()), now)
        new.append(Change(id=made, board=fares.board, name=fares.name, **row))  # type: ignore[arg-type]
    return new


def changes(conn: Connection, n: int) -> list[Change]:
    """The last ``n`` changes of public boards, the newest first; that a board is well at first is none."""
    earlier = states.alias()
    before = select(earlier.c.id).where(earlier.c.board_id == states.c.board_id, earlier.c.id < states.c.id)
    told = or_(states.c.state != "ok", before.exists())
    query = _CHANGES.where(told, *_shown(private=False)).order_by(states.c.id.desc()).limit(n)
    return [Change(**row) for row in conn.execute(query).mappings()]


def current(conn: Connection, *, private: bool = True) -> list[Change]:
    """How every board fares, the worst first; without ``private`` the public ones alone."""
    query = _CHANGES.where(states.c.until.is_(None), STANDING, *_shown(private=private)).order_by(boards.c.slug)
    return sorted((Change(**row) for row in conn.execute(query).mappings()), key=lambda one: STATES.index(one.state))


def figures(conn: Connection, now: datetime) -> Figures:
    """What the store comes to."""
    counted = select(states.c.state, func.count()).join_from(states, boards).where(states.c.until.is_(None), STANDING)
    free = or_(boards.c.claimed_until.is_(None), boards.c.claimed_until <= now)
    due = select(func.min(boards.c.next_poll_at)).where(STANDING, boards.c.paused.is_(False), free)
    waits: datetime | None = conn.scalar(due)
    return Figures(
        states={row.state: row[1] for row in conn.execute(counted.group_by(states.c.state))},
        gaps_open=conn.scalar(select(func.count()).where(gaps.c.closed_at.is_(None))) or 0,
        lag=max(now - (waits or now), timedelta()),
        messages=conn.scalar(select(func.count()).select_from(outbox.messages)) or 0,
        total_bytes=total_bytes(conn),
    )


def _shown(*, private: bool) -> list[ColumnElement[bool]]:
    return [] if private else [boards.c.private.is_(False)]


_CHANGES = select(
    states.c.id,
    boards.c.slug.label("board"),
    boards.c.name,
    states.c.state,
    states.c.sentence,
    states.c.since,
    states.c.until,
).join_from(states, boards)
