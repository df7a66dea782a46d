"""Boards: added, seeded, paused, removed; claimed by whoever polls them."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import json
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, insert, or_, select, update

from aggregator.errors import StoreError
from aggregator.model import Board, BoardSpec, Validators
from aggregator.recipe import Recipe
from aggregator.store import backfill
from aggregator.store.seeding import changed_entries
from aggregator.store.tables import boards, headlines, polls

# A longer URL would not fit PostgreSQL's index, nor most servers' request line.
LIMIT_URL_CHARS = 2_000
STANDING = boards.c.removed_at.is_(None)
COLUMNS = (
    boards.c.id,
    boards.c.slug,
    boards.c.name,
    boards.c.url,
    boards.c.timezone,
    boards.c.every,
    boards.c.paused,
    boards.c.numbering,
    boards.c.etag,
    boards.c.last_modified,
    boards.c.validators_url,
    boards.c.next_poll_at,
    boards.c.failures,
    boards.c.removed_at,
    boards.c.recipe,
    boards.c.keys_changed,
    boards.c.quarantined_since,
    boards.c.quarantine,
    boards.c.backfill,
    boards.c.unfinished,
    boards.c.unsettled,
    boards.c.pager,
    boards.c.keep_days,
    boards.c.keep_rows,
    boards.c.tags,
)


def add(conn: Connection, spec: BoardSpec, now: datetime) -> Board:
    """The board made of ``spec``, due at once.

    A board removed from the same URL under the same slug comes back with its headlines, so that its guids stay what
    subscribers know. Raises StoreError where the slug or the URL is another board's.
    """
    _refuse_taken_url(conn, spec)
    there = by_slug(conn, spec.slug)
    if there is None:
        return _inserted(conn, spec, now)
    if there.removed_at is None or there.url != spec.url:
        was = "is" if there.removed_at is None else "was"
        raise StoreError(f"The slug {spec.slug!r} {was} the board at {there.url}: choose another.")
    return _applied(conn, there, spec, now)


def every(conn: Connection) -> list[Board]:
    """The boards that are not removed, by slug."""
    return _boards(conn, select(*COLUMNS).where(STANDING).order_by(boards.c.slug))


def by_slug(conn: Connection, slug: str) -> Board | None:
    """The board of that slug, a removed one too (``removed_at``)."""
    return next(iter(_boards(conn, select(*COLUMNS).where(boards.c.slug == slug))), None)


def by_url(conn: Connection, url: str) -> Board | None:
    """The board that reads that URL; removed ones do not."""
    return next(iter(_boards(conn, select(*COLUMNS).where(boards.c.url == url, STANDING))), None)


def pause(conn: Connection, slug: str, *, paused: bool, now: datetime) -> None:
    """Poll the board no more, or again, and then at once. Raises StoreError where there is none."""
    _change(conn, slug, {"paused": paused} if paused else {"paused": paused, "next_poll_at": now})


def teach(conn: Connection, slug: str, recipe: Recipe | None, now: datetime) -> None:
    """Read the board by ``recipe`` from now on, by a fresh one for None; poll it at once. StoreError for none."""
    said = None if recipe is None else json.encode(recipe).decode()
    afresh = {"recipe": said, "quarantined_since": None, "quarantine": None, "etag": None, "last_modified": None}
    _change(conn, slug, {**afresh, "failures": 0, "next_poll_at": now})


def keep(conn: Connection, slug: str, *, days: int | None, rows: int | None) -> None:
    """Let the board's headlines go after so many days or rows; 0 keeps them for ever, None is the settings' rule."""
    _change(conn, slug, {"keep_days": days, "keep_rows": rows})


def remove(conn: Connection, slug: str, now: datetime, *, purge: bool = False) -> None:
    """Take the board out of every feed; its own feeds are gone. Raises StoreError where there is none.

    Its row stays for ever, because ids stand in guids and are never given out again. ``purge`` forgets its headlines.
    """
    board = by_slug(conn, slug)
    if board is None:
        raise StoreError(f"There is no board {slug!r}.")
    _change(conn, slug, {"removed_at": board.removed_at or now, "claimed_until": None})
    if purge:
        conn.execute(delete(headlines).where(headlines.c.board_id == board.id))
        conn.execute(delete(polls).where(polls.c.board_id == board.id))


def seed(conn: Connection, specs: Iterable[BoardSpec], now: datetime) -> None:
    """Apply the settings' entries that are new or changed: add the board, or give it what the entry says, due at once.

    Raises StoreError where an entry has another board's URL.
    """
    for spec in changed_entries(conn, "board", {spec.slug: spec for spec in specs}):
        _refuse_taken_url(conn, spec)
        there = by_slug(conn, spec.slug)
        if there is None:
            _inserted(conn, spec, now)
        else:
            _applied(conn, there, spec, now)


def claim(
    conn: Connection, now: datetime, lease: timedelta, limit: int, unstored: Mapping[int, datetime] | None = None
) -> list[Board]:
    """At most ``limit`` boards that are due, most overdue first: the caller's alone until ``lease`` is over.

    A claim ends with the poll's record; one that was never recorded (a crash) ends with its lease. Of the caller's own
    claims those on ``unstored`` boards, whose polls came to nothing, end here: they are due at the times given.
    """
    for board_id, due_at in (unstored or {}).items():
        given_up = update(boards).where(boards.c.id == board_id, boards.c.claimed_until.is_not(None))
        conn.execute(given_up.values(claimed_until=None, next_poll_at=due_at))
    due = (
        select(boards.c.id)
        .where(STANDING, boards.c.paused.is_(False), boards.c.next_poll_at <= now, _unclaimed(now))
        .order_by(boards.c.next_poll_at, boards.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return sorted(_claimed(conn, boards.c.id.in_(due), now, lease), key=lambda board: (board.next_poll_at, board.id))


def claim_one(conn: Connection, slug: str, now: datetime, lease: timedelta) -> Board | None:
    """The board, due or not and paused or not; None where it is unknown, removed or being polled."""
    return next(iter(_claimed(conn, and_(boards.c.slug == slug, STANDING, _unclaimed(now)), now, lease)), None)


def release_claims(conn: Connection) -> None:
    """Void every claim: at the start of the one program that polls, they are a killed one's."""
    conn.execute(update(boards).where(boards.c.claimed_until.is_not(None)).values(claimed_until=None))


def _unclaimed(now: datetime) -> ColumnElement[bool]:
    return or_(boards.c.claimed_until.is_(None), boards.c.claimed_until <= now)


def _claimed(conn: Connection, which: ColumnElement[bool], now: datetime, lease: timedelta) -> list[Board]:
    claiming = update(boards).where(which).values(claimed_until=now + lease).returning(*COLUMNS)
    return [_board(row) for row in conn.execute(claiming)]


def _refuse_taken_url(conn: Connection, spec: BoardSpec) -> None:
    if len(spec.url) > LIMIT_URL_CHARS:
        raise StoreError(f"The board {spec.slug!r} has a URL of {len(spec.url):,} characters: {LIMIT_URL_CHARS:,} fit.")
    taken = by_url(conn, spec.url)
    if taken is not None and taken.slug != spec.slug:
        raise StoreError(f"The board {taken.slug!r} reads {spec.url} already, so {spec.slug!r} cannot.")


def _inserted(conn: Connection, spec: BoardSpec, now: datetime) -> Board:
    row = {"slug": spec.slug, "paused": False, "numbering": "none", **_stated(spec, now)}
    return _board(conn.execute(insert(boards).values(row).returning(*COLUMNS)).one())


def _applied(conn: Connection, there: Board, spec: BoardSpec, now: datetime) -> Board:
    if spec.backfill != there.backfill:
        backfill.change(conn, there, spec.backfill, now, now)
    stated = {**_stated(spec, now), "removed_at": None}
    changing = update(boards).where(boards.c.id == there.id).values(stated).returning(*COLUMNS)
    return _board(conn.execute(changing).one())


def _stated(spec: BoardSpec, now: datetime) -> dict[str, object]:
    """What an entry says of a board, and what must be forgotten because the URL may be another."""
    return {
        "name": spec.name,
        "url": spec.url,
        "timezone": spec.timezone,
        "every": spec.every,
        "backfill": spec.backfill,
        "keep_days": spec.keep_days,
        "keep_rows": spec.keep_rows,
        "tags": spec.tags,
        "etag": None,
        "last_modified": None,
        "validators_url": None,
        "next_poll_at": now,
        "failures": 0,
        "recipe": None if spec.recipe is None else json.encode(spec.recipe).decode(),
        "quarantined_since": None,
        "quarantine": None,
    }


def _change(conn: Connection, slug: str, values: Mapping[str, object]) -> None:
    changed = conn.execute(update(boards).where(boards.c.slug == slug).values(**values).returning(boards.c.id)).first()
    if changed is None:
        raise StoreError(f"There is no board {slug!r}.")


def _boards(conn: Connection, query: Select[Any]) -> list[Board]:
    return [_board(row) for row in conn.execute(query)]


def _board(row: Row[Any]) -> Board:
    fields = dict(row._mapping)  # noqa: SLF001  SQLAlchemy's public name for a row as a mapping
    validators = Validators(*(fields.pop(name) for name in ("etag", "last_modified", "validators_url")))
    recipe = fields.pop("recipe")
    return Board(validators=validators, recipe=recipe and json.decode(recipe, type=Recipe), **fields)
