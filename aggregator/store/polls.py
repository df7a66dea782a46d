"""Polls: the record of each attempt, and what it means for the board's next one."""

from datetime import datetime, timedelta

from msgspec import Struct, json, structs
from sqlalchemy import Connection, bindparam, exists, func, insert, literal_column, select, update

from aggregator.manners import Standing
from aggregator.model import Numbering, Poll, Validators
from aggregator.recipe import Recipe
from aggregator.store.tables import boards, gaps, polls
from aggregator.timing import Tempo, Timing

# Built once, for every poll says them; their columns are the names of what they are given.
_KEEPING = insert(polls)
_STATING = (
    update(boards)
    .where(boards.c.id == bindparam("board"))
    .returning(boards.c.timezone, boards.c.every, boards.c.timing)
)
_LEFT = exists().where(gaps.c.board_id == bindparam("board"), gaps.c.closed_at.is_(None))
_FINISHING = _STATING.values(unfinished=_LEFT)


class After(Struct, frozen=True, kw_only=True):
    """What a poll means for its board. None leaves what is stored.

    ``quarantine`` is since when and why nothing is taken from the board's page, None where it is.
    """

    next_poll_at: datetime
    standing: Standing = Standing()
    failures: int = 0
    validators: Validators | None = None
    numbering: Numbering | None = None
    recipe: Recipe | None = None
    quarantine: tuple[datetime, str] | None = None
    unfinished: bool | None = None
    unsettled: bool | None = None
    pager: str | None = None
    tempo: Tempo | None = None


class Times(Struct, frozen=True):
    """By what a board is polled."""

    timezone: str
    every: timedelta
    timing: Timing


def record(conn: Connection, board_id: int, poll: Poll, after: After) -> Times:
    """Keep the record, say when the board is due next, and end the claim on it; by what it is polled by now."""
    row = structs.asdict(poll)
    del row["board"]
    conn.execute(_KEEPING, {**row, "board_id": board_id, "faults": list(poll.faults)})
    since, why = after.quarantine or (None, None)
    stated: dict[str, object] = {
        "next_poll_at": after.next_poll_at,
        "failures": after.failures,
        "claimed_until": None,
        "quarantined_since": since,
        "quarantine": why,
        "standing": json.encode(after.standing).decode(),
    }
    if after.recipe is not None:
        stated["recipe"] = json.encode(after.recipe).decode()
    if after.validators is not None:
        stated |= dict(zip(("etag", "last_modified", "validators_url"), structs.astuple(after.validators), strict=True))
    if after.numbering is not None:
        stated["numbering"] = after.numbering
    if after.unfinished:
        stated["unfinished"] = True
    if after.unsettled is not None:
        stated["unsettled"] = after.unsettled
    if after.pager is not None:
        stated["pager"] = after.pager
    if after.tempo is not None:
        stated["tempo"] = json.encode(after.tempo).decode()
    # An admin may have asked for history since the poll began.
    updating = _FINISHING if after.unfinished is False else _STATING
    timezone, every, timing = conn.execute(updating, {**stated, "board": board_id}).one()
    return Times(timezone, every, json.decode(timing, type=Timing))


def postpone(conn: Connection, board_id: int, due: datetime) -> None:
    """Let the board be due at another time than its record said."""
    conn.execute(update(boards).where(boards.c.id == board_id).values(next_poll_at=due))


def recent(conn: Connection, slug: str | None, n: int) -> list[Poll]:
    """The last ``n`` polls, of one board or of all, newest first."""
    last = (
        select(boards.c.slug.label("board"), *(column for column in polls.c if column.name not in ("id", "board_id")))
        .join_from(polls, boards, polls.c.board_id == boards.c.id)
        .order_by(polls.c.id.desc())
        .limit(n)
    )
    if slug is not None:
        last = last.where(boards.c.slug == slug)
    return [Poll(**{**row, "faults": tuple(row["faults"])}) for row in conn.execute(last).mappings()]


def further_pages(conn: Connection, board_id: int, since: datetime) -> int:
    """How many pages beside their first ones were read of the boards of this one's host, by polls begun since then."""
    host = select(boards.c.host).where(boards.c.id == board_id).scalar_subquery()
    there = select(boards.c.id).where(boards.c.host == host)
    # The one is spelt as in the index, which SQLite uses for nothing else.
    query = select(func.coalesce(func.sum(polls.c.pages - 1), 0)).where(
        polls.c.started_at >= since, polls.c.pages > literal_column("1")
    )
    return int(conn.execute(query.where(polls.c.board_id.in_(there))).scalar_one())


def latest_rows(conn: Connection, board_id: int) -> int:
    """How many rows the board's page had when it last had any."""
    query = select(polls.c.rows).where(polls.c.board_id == board_id, polls.c.rows > 0)
    return conn.scalar(query.order_by(polls.c.id.desc()).limit(1)) or 0


def news(conn: Connection, after: int) -> tuple[int, dict[tuple[int, datetime], str]]:
    """The last poll's id, and of the polls behind ``after`` that brought anything the boards, by id and end."""
    last = conn.scalar(select(func.coalesce(func.max(polls.c.id), 0))) or 0
    brought = select(polls.c.id, polls.c.finished_at, boards.c.slug).join_from(polls, boards)
    query = brought.where(polls.c.id > min(after, last), polls.c.new + polls.c.changed + polls.c.gone > 0)
    return last, {(row.id, row.finished_at): row.slug for row in conn.execute(query)}
