"""The index of grams: which headlines may hold a text, newest first; kept in the headline's own transaction.

On SQLite an FTS5 table without contents whose rowids are arrivals, so that hits come in a feed's order and the search
ends with its last entry; on PostgreSQL a GIN over arrays of integers. Each finds all that a filter takes, and more:
what it finds is looked at as everything else is. A row of it whose headline is gone is never seen.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from zlib import crc32

import sqlalchemy as sa
from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, bindparam, or_
from sqlalchemy.dialects import postgresql

from aggregator.filters.grams import NOTHING, Either, Every, Named, Need, either, every, indexed
from aggregator.store.matching import folded, on_board
from aggregator.store.tables import boards, headlines

# Where more boards are asked for it is quicker to walk all of them.
MOST_BOARDS = 64
CHUNK = 1_000
TEXTS = ("arrival", "board_id", "title_fold", "source_fold")
TABLE = "headline_grams"
MADE = {
    "sqlite": (
        f"CREATE VIRTUAL TABLE {TABLE} USING fts5(grams, content='', columnsize=0, detail=none, tokenize='ascii')",
    ),
    "postgresql": (
        f"CREATE TABLE {TABLE} (arrival BIGINT PRIMARY KEY, grams INTEGER[] NOT NULL)",
        f"CREATE INDEX ix_{TABLE}_grams ON {TABLE} USING gin (grams)",
    ),
}
# FTS5 takes what it is asked for, and told to do, in a column that bears the table's name.
_FTS = sa.table(TABLE, sa.column("rowid"), sa.column("grams"), sa.column(TABLE))
_GIN = sa.table(
    TABLE, sa.column("arrival", sa.BigInteger()), sa.column("grams", postgresql.ARRAY(sa.Integer, dimensions=1))
)
_PLANNED = sa.text("SET LOCAL plan_cache_mode = force_custom_plan")
_LEARN = f"INSERT INTO {TABLE} (rowid, grams) VALUES (?, ?)"  # noqa: S608  no value stands in it
_FORGET = f"INSERT INTO {TABLE} ({TABLE}, rowid, grams) VALUES ('delete', ?, ?)"  # noqa: S608  the same


class Texts(Struct, frozen=True, gc=False):
    """What is indexed of a headline: its folded texts and its board."""

    arrival: int
    board_id: int
    title_fold: str
    source_fold: str


class Index(Struct, frozen=True, eq=False):
    """Where headlines are looked for: ``table`` joins them to an index, ``arrival`` is in its own order.

    One that ``lasts`` is the same whatever is asked; what is bound to it tells.
    """

    table: FromClause
    arrival: ColumnElement[int]
    found: ColumnElement[bool]
    lasts: bool = False


class Hits(Struct, frozen=True):
    """Headlines that an index finds when it is asked this."""

    index: Index
    asked: Mapping[str, Any]


def create(conn: Connection) -> None:
    """Make the index, empty."""
    for statement in MADE[conn.dialect.name]:
        conn.execute(sa.text(statement))


def add(conn: Connection, texts: Sequence[Texts]) -> None:
    """Index headlines that are not in it; on PostgreSQL those that are stand in it as they are now."""
    if conn.dialect.name == "sqlite":
        _tell(conn, _LEARN, [(one.arrival, _said(one)) for one in texts])
    elif texts:
        rows = [{"arrival": one.arrival, "grams": _numbers(_grams(one).split())} for one in texts]
        # Whoever revised a headline at the same time has left its grams where no delete of ours could see them.
        adding = postgresql.insert(_GIN)
        latest = {"grams": adding.excluded.grams}
        conn.execute(adding.on_conflict_do_update(index_elements=[_GIN.c.arrival], set_=latest), rows)


def drop(conn: Connection, arrivals: Sequence[int]) -> None:
    """Take headlines out of the index, while they still have the texts by which they stand in it."""
    if conn.dialect.name == "sqlite":
        # Without contents it cannot know what to forget, and must be told word for word.
        _tell(conn, _FORGET, [(one.arrival, _once(_said(one))) for one in texts(conn, arrivals)])
    else:
        conn.execute(sa.delete(_GIN).where(_GIN.c.arrival.in_(arrivals)))


def drop_board(conn: Connection, board_id: int) -> None:
    """Take all of a board's headlines out of the index, a chunk at a time."""
    c, last = headlines.c, 0
    following = sa.select(c.arrival).where(c.board_id == board_id, c.arrival > bindparam("last"))
    while arrivals := conn.scalars(following.order_by(c.arrival).limit(CHUNK), {"last": last}).all():
        drop(conn, arrivals)
        last = arrivals[-1]


def texts(conn: Connection, arrivals: Sequence[int]) -> list[Texts]:
    """What is to be indexed of those of ``arrivals`` that are not purged."""
    among = headlines.c.arrival.in_(arrivals), headlines.c.purged_at.is_(None)
    columns = headlines.c.arrival, headlines.c.board_id, folded(headlines, "title"), folded(headlines, "source")
    return [Texts(*row) for row in conn.execute(sa.select(*columns).where(*among))]


def led(named: FromClause, arrival: ColumnElement[int], found: ColumnElement[bool], *, lasts: bool) -> Index:
    """The headlines that are ``named`` where ``found``, in that order."""
    return Index(sa.join(named, headlines, headlines.c.arrival == arrival), arrival, found, lasts)


_IN_FTS = led(_FTS, _FTS.c.rowid, _FTS.c[TABLE].bool_op("MATCH")(bindparam("match")), lasts=True)


def hits(conn: Connection, need: Need) -> Hits | None:
    """The headlines that have what is needed; None where that is for the headlines' own table to find."""
    on_sqlite = conn.dialect.name == "sqlite"
    asked = _resolved(need, _ids(conn, need) if on_sqlite else {})
    if asked == NOTHING:
        return None
    if on_sqlite:
        return Hits(_IN_FTS, {"match": _match(asked)})
    # A plan for any arrays would walk all headlines, from the newest on, for words that none or few have.
    conn.execute(_PLANNED)
    return Hits(led(_GIN, _GIN.c.arrival, _holds(asked), lasts=False), {})


def _tell(conn: Connection, what: str, told: Sequence[tuple[int, str]]) -> None:
    # In SQLite's own words: SQLAlchemy would spend on each row's parameters what the index spends on its grams.
    if told:
        conn.exec_driver_sql(what, [*told])


def _once(said: str) -> str:
    """Each word once: FTS5 takes an index for damaged that is told to forget more words than it was ever told."""
    return " ".join(dict.fromkeys(said.split()))


def _grams(one: Texts) -> str:
    return indexed(one.title_fold, one.source_fold)


def _said(one: Texts) -> str:
    return f"{_of_board(one.board_id)} {_grams(one)}"


def _of_board(board_id: int) -> str:
    return f"board{board_id}"


def _numbers(grams: Iterable[str]) -> list[int]:
    """Grams as PostgreSQL's smallest integers; two that fall on one number find more, never less."""
    return sorted({crc32(gram.encode()) - 2**31 for gram in grams})


def _named(need: Need) -> Iterator[str]:
    match need:
        case Named(text=text):
            yield text
        case Every(parts=parts) | Either(parts=parts):
            for part in parts:
                yield from _named(part)


def _ids(conn: Connection, need: Need) -> Mapping[str, list[int]]:
    """The ids of the boards of each name, of as many as are worth looking for one by one."""
    names = sorted(set(_named(need)))
    if not names:
        return {}
    which = or_(*(on_board(name) for name in names))
    rows: Sequence[Row[Any]] = conn.execute(_BOARDS.where(which)).all()
    found = {name: [row.id for row in rows if _is(name, row)] for name in names}
    return {name: ids for name, ids in found.items() if len(ids) <= MOST_BOARDS}


_BOARDS: Select[Any] = sa.select(boards.c.id, boards.c.slug, boards.c.tags).where(boards.c.removed_at.is_(None))


def _is(name: str, row: Row[Any]) -> bool:
    return name[1:] in row.tags if name.startswith("@") else name == row.slug


def _resolved(need: Need, ids: Mapping[str, list[int]]) -> Need:
    """What is needed with the boards' ids in place of their names; without them where there are too many."""
    match need:
        case Named(text=text):
            # A name without boards still needs a word, which no headline has.
            return either([_of_board(id_) for id_ in ids[text] or [0]]) if text in ids else NOTHING
        case Every(parts=parts):
            return every([_resolved(part, ids) for part in parts])
        case Either(parts=parts):
            return either([_resolved(part, ids) for part in parts])
        case _:
            return need


def _match(need: Need) -> str:
    """What is needed in FTS5's words."""
    match need:
        case Every(parts=parts):
            return f"({' AND '.join(map(_match, parts))})"
        case Either(parts=parts):
            return f"({' OR '.join(map(_match, parts))})"
        case _:
            return str(need)


def _holds(need: Need) -> ColumnElement[bool]:
    """What is needed as a condition on arrays."""
    match need:
        case Every(parts=parts):
            plain = [part for part in parts if isinstance(part, str)]
            rest = [_holds(part) for part in parts if not isinstance(part, str)]
            return sa.and_(*([_GIN.c.grams.contains(_numbers(plain))] if plain else []), *rest)
        case Either(parts=parts):
            return or_(*map(_holds, parts))
        case _:
            return _GIN.c.grams.contains(_numbers([str(need)]))
