"""Boards: added, seeded, paused, moved, removed."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct, json, structs
from sqlalchemy import Connection, Row, Select, bindparam, delete, insert, or_, select, update

from aggregator.errors import RefusedError
from aggregator.manners import Manners, Seen, Standing
from aggregator.model import Board, BoardSpec, Validators
from aggregator.recipe import Recipe
from aggregator.store import archives, backfill, grams, matches
from aggregator.store.seeding import carried_over, changed_entries
from aggregator.store.tables import boards, headlines, moves, polls
from aggregator.timing import Tempo, Timing

# A longer URL would not fit PostgreSQL's index, nor most servers' request line.
LIMIT_URL_CHARS = 2_000
NO_FLOOR = timedelta(0)
STANDING = boards.c.removed_at.is_(None)
COLUMNS = (
    boards.c.id,
    boards.c.slug,
    boards.c.name,
    boards.c.url,
    boards.c.timezone,
    boards.c.every,
    boards.c.follows,
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
    boards.c.private,
    boards.c.manners,
    boards.c.standing,
    boards.c.timing,
    boards.c.tempo,
)

# Kept as JSON: whole values, of which nothing is asked in SQL.
_VALUES: dict[str, type[Struct]] = {"manners": Manners, "standing": Standing, "timing": Timing, "tempo": Tempo}


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
        raise RefusedError(f"The slug {spec.slug!r} {was} the board at {there.url}: choose another.")
    return _applied(conn, there, spec, now, NO_FLOOR)


def every(conn: Connection) -> list[Board]:
    """The boards that are not removed, by slug."""
    return asked(conn, select(*COLUMNS).where(STANDING).order_by(boards.c.slug))


def public_slugs(conn: Connection) -> list[str]:
    """The slugs of the boards that public feeds tell of, in order: of many thousands no more is read than that."""
    return list(
        conn.scalars(select(boards.c.slug).where(STANDING, boards.c.private.is_(False)).order_by(boards.c.slug))
    )


def by_slug(conn: Connection, slug: str) -> Board | None:
    """The board of that slug, a removed one too (``removed_at``)."""
    found = asked(conn, select(*COLUMNS).where(boards.c.slug == slug))
    # What no database can store is left out of what is compared, too.
    return next((board for board in found if board.slug == slug), None)


def by_url(conn: Connection, url: str) -> Board | None:
    """The board that reads that URL, or has moved away from it; removed ones do not."""
    moved = select(moves.c.board_id).where(moves.c.url == url)
    found = select(*COLUMNS).where(or_(boards.c.url == url, boards.c.id.in_(moved)), STANDING)
    return next(iter(asked(conn, found.order_by(boards.c.url != url, boards.c.id))), None)


def pause(conn: Connection, slug: str, *, paused: bool, now: datetime, floor: timedelta = NO_FLOOR) -> None:
    """Poll the board no more, or again, and then as soon as it may be. Raises StoreError where there is none."""
    if paused:
        _change(conn, slug, {"paused": True})
        return
    standing = structs.replace(_one(conn, slug).standing, notice=None)
    _change(conn, slug, {"paused": False, "standing": _text(standing), "next_poll_at": standing.soonest(floor, now)})


def stop(conn: Connection, board: Board, notice: str) -> None:
    """Poll the board no more, because of what its answers have come to; ``notice`` says so until it is resumed."""
    standing = structs.replace(_one(conn, board.slug).standing, notice=notice)
    _change(conn, board.slug, {"paused": True, "standing": _text(standing)})


def repoint(conn: Connection, board: Board, url: str, now: datetime) -> None:
    """Read the board at ``url`` from now on; that it stood elsewhere is kept. Its validators may be of that URL."""
    conn.execute(insert(moves).values(board_id=board.id, url=board.url, moved_at=now))
    _change(conn, board.slug, {"url": url, "host": _host(url)})


def teach(conn: Connection, slug: str, recipe: Recipe | None, now: datetime, floor: timedelta = NO_FLOOR) -> None:
    """Read the board by ``recipe`` from now on, by a fresh one for None; poll it as soon as it may be.

    The page is asked for without validators this once, since it must be read again. Raises StoreError for none.
    """
    said = None if recipe is None else _text(recipe)
    standing = structs.replace(_one(conn, slug).standing, unread=None, seen=Seen())
    afresh = {"recipe": said, "quarantined_since": None, "quarantine": None, "etag": None, "last_modified": None}
    due = {"failures": 0, "next_poll_at": standing.soonest(floor, now), "standing": _text(standing)}
    _change(conn, slug, {**afresh, **due})


def hurry(conn: Connection, slug: str, now: datetime, floor: timedelta = NO_FLOOR) -> datetime:
    """Let the board be due as soon as it may be asked, and say when that is. Raises StoreError where there is none."""
    due = min(_one(conn, slug).standing.soonest(floor, now), _one(conn, slug).next_poll_at)
    _change(conn, slug, {"next_poll_at": due})
    return due


def restate(conn: Connection, spec: BoardSpec, now: datetime, floor: timedelta = NO_FLOOR) -> Board:
    """Let the board of that slug be as ``spec`` says, and poll it as soon as it may be. Raises StoreError for none."""
    _refuse_taken_url(conn, spec)
    return _applied(conn, _one(conn, spec.slug), spec, now, floor)


def following(conn: Connection, interval: timedelta) -> list[Board]:
    """The boards that follow the interval of every board and have another yet."""
    return asked(conn, select(*COLUMNS).where(STANDING, boards.c.follows, boards.c.every != interval))


def retime(conn: Connection, interval: timedelta, dues: Mapping[int, datetime]) -> None:
    """Let boards, by id, have this interval, and be due when it is said."""
    timing = update(boards).where(boards.c.id == bindparam("board")).values(every=interval)
    rows = [{"board": board_id, "due": due} for board_id, due in dues.items()]
    if rows:
        conn.execute(timing.values(next_poll_at=bindparam("due")), rows)


def remove(conn: Connection, slug: str, now: datetime, *, purge: bool = False) -> None:
    """Take the board out of every feed; its own feeds are gone. Raises StoreError where there is none.

    Its row stays for ever, because ids stand in guids and are never given out again. ``purge`` forgets its headlines.
    """
    board = by_slug(conn, slug)
    if board is None:
        raise RefusedError(f"There is no board {slug!r}.")
    _change(conn, slug, {"removed_at": board.removed_at or now, "claimed_until": None})
    if purge:
        grams.drop_board(conn, board.id)
        archives.drop_board(conn, board.id)
        matches.drop(conn, select(headlines.c.arrival).where(headlines.c.board_id == board.id))
        conn.execute(delete(headlines).where(headlines.c.board_id == board.id))
        conn.execute(delete(polls).where(polls.c.board_id == board.id))


def seed(conn: Connection, specs: Iterable[BoardSpec], now: datetime, floor: timedelta = NO_FLOOR) -> None:
    """Apply the settings' entries that are new or changed: add the board, or give it what the entry says.

    It is due as soon as it may be asked. An interval or a zone that is every board's is no part of its entry. Raises
    StoreError where an entry has another board's URL.
    """
    stated = {spec.slug: spec for spec in specs}
    said = {slug: _own(spec) for slug, spec in stated.items()}
    # So entries were understood before a board could follow.
    former = {slug: structs.replace(spec, follows=False, inherits_zone=False) for slug, spec in stated.items()}
    for slug in carried_over(conn, "board", said, former):
        among = boards.c.slug == slug, boards.c.every == stated[slug].every
        conn.execute(update(boards).where(*among).values(follows=stated[slug].follows))
    for spec in [stated[changed.slug] for changed in changed_entries(conn, "board", said)]:
        _refuse_taken_url(conn, spec)
        there = by_slug(conn, spec.slug)
        if there is None:
            _inserted(conn, spec, now)
        else:
            _applied(conn, there, spec, now, floor)


def _own(spec: BoardSpec) -> BoardSpec:
    """What an entry says by itself."""
    every, zone = NO_FLOOR if spec.follows else spec.every, "" if spec.inherits_zone else spec.timezone
    return structs.replace(spec, every=every, timezone=zone)


def _refuse_taken_url(conn: Connection, spec: BoardSpec) -> None:
    if len(spec.url) > LIMIT_URL_CHARS:
        raise RefusedError(
            f"The board {spec.slug!r} has a URL of {len(spec.url):,} characters: {LIMIT_URL_CHARS:,} fit."
        )
    taken = by_url(conn, spec.url)
    if taken is not None and taken.slug != spec.slug:
        raise RefusedError(f"The board {taken.slug!r} reads {spec.url} already, so {spec.slug!r} cannot.")


def _inserted(conn: Connection, spec: BoardSpec, now: datetime) -> Board:
    row = {"slug": spec.slug, "paused": False, "numbering": "none", **_stated(spec), **_afresh(spec), "failures": 0}
    return board_of(conn.execute(insert(boards).values({**row, "next_poll_at": now}).returning(*COLUMNS)).one())


def _applied(conn: Connection, there: Board, spec: BoardSpec, now: datetime, floor: timedelta) -> Board:
    """What is known of its URL stays known: no entry is a reason to ask for the same page without its validators."""
    if conn.scalar(select(moves.c.id).where(moves.c.board_id == there.id, moves.c.url == spec.url)) is not None:
        spec = structs.replace(spec, url=there.url)
    learnt = there.recipe if there.recipe is not None and there.recipe.learnt else None
    same = there.url == spec.url and there.removed_at is None and (spec.recipe or learnt) == there.recipe
    due = there.standing.soonest(floor, now) if there.url == spec.url else now
    if spec.backfill != there.backfill:
        backfill.change(conn, there, spec.backfill, now, due)
    stated = {**_stated(spec), **({} if same else _afresh(spec)), "removed_at": None, "failures": 0}
    changing = update(boards).where(boards.c.id == there.id).values({**stated, "next_poll_at": due})
    return board_of(conn.execute(changing.returning(*COLUMNS)).one())


def _stated(spec: BoardSpec) -> dict[str, object]:
    """What an entry says of a board."""
    return {
        "name": spec.name,
        "url": spec.url,
        "host": _host(spec.url),
        "timezone": spec.timezone,
        "every": spec.every,
        "follows": spec.follows,
        "backfill": spec.backfill,
        "keep_days": spec.keep_days,
        "keep_rows": spec.keep_rows,
        "tags": spec.tags,
        "private": spec.private,
        "manners": _text(spec.manners),
        "timing": _text(spec.timing),
    }


def _afresh(spec: BoardSpec) -> dict[str, object]:
    """What is known of a board whose URL or recipe is another: nothing."""
    return {
        "etag": None,
        "last_modified": None,
        "validators_url": None,
        "recipe": None if spec.recipe is None else _text(spec.recipe),
        "quarantined_since": None,
        "quarantine": None,
        "standing": "{}",
    }


def _one(conn: Connection, slug: str) -> Board:
    if (board := by_slug(conn, slug)) is None:
        raise RefusedError(f"There is no board {slug!r}.")
    return board


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _text(value: Struct) -> str:
    return json.encode(value).decode()


def _change(conn: Connection, slug: str, values: Mapping[str, object]) -> None:
    changed = conn.execute(update(boards).where(boards.c.slug == slug).values(**values).returning(boards.c.id)).first()
    if changed is None:
        raise RefusedError(f"There is no board {slug!r}.")


def asked(conn: Connection, query: Select[Any]) -> list[Board]:
    """The boards that a query of COLUMNS finds."""
    return [board_of(row) for row in conn.execute(query)]


def board_of(row: Row[Any]) -> Board:
    """The board of a row of COLUMNS."""
    fields = dict(row._mapping)  # noqa: SLF001  SQLAlchemy's public name for a row as a mapping
    validators = Validators(*(fields.pop(name) for name in ("etag", "last_modified", "validators_url")))
    recipe = fields.pop("recipe")
    fields |= {name: json.decode(fields[name], type=kind) for name, kind in _VALUES.items()}
    return Board(validators=validators, recipe=recipe and json.decode(recipe, type=Recipe), **fields)
