"""What a feed shows: the newest headlines that a filter selects, each once however many boards carry it."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, and_, exists, or_, true
from sqlalchemy import select as query

from aggregator.filters import EVERYTHING, Filter, Traits, Viewer, predicate
from aggregator.filters.grams import Named, either, every, narrowing
from aggregator.filters.matching import in_small_letters
from aggregator.model import Entry
from aggregator.normalize import guid
from aggregator.store import grams, matches
from aggregator.store.identity import Identity, stored
from aggregator.store.matching import condition, edited, is_exact
from aggregator.store.tables import boards, headlines

SERVED = (
    "arrival",
    "title",
    "updated",
    "first_seen",
    "number",
    "source",
    "published",
    "precision",
    "url",
    "pinned",
    "comments",
    "category",
    "board",
    "board_name",
    "board_url",
    "timezone",
    "tags",
    "edited",
    "deleted",
)
# What the predicate looks at, and what pages and groups are made by.
LOOKED_AT = (
    "arrival",
    "twin",
    "board_id",
    "moment",
    "first_seen",
    "title_fold",
    "source_fold",
    "category_fold",
    "url",
    "number",
    "pinned",
    "deleted_at",
)
# How many headlines are looked at one by one in answer to one question, and how many at a time.
LOOKED_AT_MOST = 20_000
PAGE = 1_000


class Cursor(Struct, frozen=True):
    """The last entry of the page before: the next one goes on behind it. ``moment`` where the order is by date."""

    arrival: int
    moment: datetime | None = None


class Selection(Struct, frozen=True, kw_only=True):
    """Which headlines: those of ``boards`` (slugs; None means all) that ``filter`` selects, at most ``n``.

    ``viewer`` is whose now and calendar the filter's times mean. ``dup`` "first" gives of headlines that are the same
    on several boards the one that came first, "all" gives all; ``history``: what is older than a board's first contact
    too; ``deleted``: what is gone from its board too. ``sort`` "arrival" is the order in which we met them, "date" the
    order that the boards claim. ``each``: at most so many of one board. ``topic``: a saved one that this is part of.
    ``before``: what comes behind that entry, ``after``: what came later. ``private``: what is on private boards too.
    """

    filter: Filter = EVERYTHING
    viewer: Viewer | None = None
    boards: tuple[str, ...] | None = None
    n: int = 50
    dup: Literal["first", "all"] = "first"
    sort: Literal["arrival", "date"] = "arrival"
    history: bool = False
    deleted: bool = False
    each: int | None = None
    topic: str | None = None
    before: Cursor | None = None
    after: int | None = None
    private: bool = False


class Found(Struct, frozen=True, kw_only=True):
    """The entries of a selection, newest first.

    ``looked_at`` is set where there may be more, because so many headlines were looked at one by one that the search
    was ended; it goes on behind ``reached``.
    """

    entries: tuple[Entry, ...]
    looked_at: int | None = None
    reached: Cursor | None = None


Rows = list[Row[Any]]


def select(conn: Connection, selection: Selection) -> list[Entry]:
    """The entries of ``selection``, newest first, as far as ``search`` finds them."""
    return list(search(conn, selection).entries)


def search(conn: Connection, selection: Selection, most: int = LOOKED_AT_MOST) -> Found:
    """The entries of ``selection``, newest first; ``n`` counts what is left after filtering and grouping.

    Removed boards are left out. Three statements, whatever the number of boards and entries, where SQL can say all
    that is asked; else a few for each thousand headlines that it leaves over, and the predicate decides. After
    ``most`` of them the search ends and says so.
    """
    is_whole = is_exact(selection.filter) and selection.each is None
    hits = _hits(conn, selection)
    rows: Rows = []
    looked, cursor, full = 0, selection.before, Counter[int]()
    at_once = selection.n if is_whole or selection.topic is not None else PAGE
    while True:
        page = conn.execute(_page(selection, hits, cursor, _full(selection, full), at_once)).all()
        looked += len(page)
        for row in _leading(conn, selection, page):
            if len(rows) < selection.n and (selection.each is None or full[row.board_id] < selection.each):
                full[row.board_id] += 1
                rows.append(row)
        if len(rows) == selection.n or len(page) < at_once or looked >= most:
            break
        cursor, at_once = _cursor(selection, page[-1]), max(at_once, min(2 * at_once, PAGE))
    is_cut = len(rows) < selection.n and len(page) == at_once
    return Found(
        entries=_entries(conn, selection, rows if is_exact(selection.filter) else _whole(conn, rows)),
        looked_at=looked if is_cut else None,
        reached=_cursor(selection, page[-1]) if is_cut else None,
    )


def _full(selection: Selection, counted: Counter[int]) -> list[int]:
    return [board for board, n in counted.items() if n == selection.each]


def _cursor(selection: Selection, row: Row[Any]) -> Cursor:
    return Cursor(row.arrival, row.moment if selection.sort == "date" else None)


def _hits(conn: Connection, selection: Selection) -> grams.Hits | None:
    """What its topic has matched, or the index of grams finds; None where the headlines' own indexes find it."""
    if selection.topic is not None and (matched := matches.hits(conn, selection.topic)) is not None:
        return matched
    need = narrowing(selection.filter)
    if selection.boards is not None:
        need = every([need, either([Named(slug) for slug in selection.boards])])
    return grams.hits(conn, need)


def _page(
    selection: Selection, hits: grams.Hits | None, cursor: Cursor | None, full: Collection[int], limit: int
) -> Select[Any]:
    """The next rows with their boards; cut to ``limit`` before the join, so that an index gives the order."""
    c = headlines.c
    table, arrival, found = (headlines, c.arrival, true()) if hits is None else (hits.table, hits.arrival, hits.found)
    ordering = (arrival.desc(),) if selection.sort == "arrival" else (c.moment.desc(), arrival.desc())
    shown = and_(found, _passes(selection, headlines))
    if selection.dup == "first" and is_exact(selection.filter):
        shown = and_(shown, _leads(selection))
    if cursor is not None:
        shown = and_(shown, _behind(cursor, arrival))
    if selection.after is not None:
        shown = and_(shown, arrival > selection.after)
    if full:
        shown = and_(shown, c.board_id.not_in(full))
    columns = c.values() if is_exact(selection.filter) else [c[name] for name in LOOKED_AT]
    page = query(*columns).select_from(table).where(shown).order_by(*ordering).limit(limit).subquery("page")
    order = (page.c.arrival.desc(),) if selection.sort == "arrival" else (page.c.moment.desc(), page.c.arrival.desc())
    return with_boards(page).order_by(*order)


def _whole(conn: Connection, rows: Rows) -> Rows:
    """The rows with all their columns, in their order."""
    among = headlines.c.arrival.in_([row.arrival for row in rows])
    whole = {row.arrival: row for row in conn.execute(with_boards(headlines).where(among))}
    return [whole[row.arrival] for row in rows]


def with_boards(table: FromClause) -> Select[Any]:
    """The table's rows with what entries say of their boards."""
    return query(
        table,
        boards.c.slug.label("board"),
        boards.c.name.label("board_name"),
        boards.c.url.label("board_url"),
        boards.c.timezone,
        boards.c.tags,
        edited(table).label("edited"),
        table.c.deleted_at.is_not(None).label("deleted"),
    ).join_from(table, boards, boards.c.id == table.c.board_id)


def _behind(cursor: Cursor, arrival: ColumnElement[int]) -> ColumnElement[bool]:
    moment = headlines.c.moment
    if cursor.moment is None:
        return arrival < cursor.arrival
    return or_(moment < cursor.moment, and_(moment == cursor.moment, arrival < cursor.arrival))


def _passes(selection: Selection, table: FromClause) -> ColumnElement[bool]:
    hidden: ColumnElement[bool] = boards.c.removed_at.is_not(None)
    if not selection.private:
        hidden = or_(hidden, boards.c.private)
    hidden_boards = query(boards.c.id).where(hidden).correlate(None)
    there = table.c.board_id.not_in(hidden_boards), table.c.purged_at.is_(None)
    passes = and_(*there, condition(selection.filter, table, selection.viewer))
    if not selection.deleted:
        passes = and_(passes, table.c.deleted_at.is_(None))
    if not selection.history:
        passes = and_(passes, table.c.history.is_(False))
    if selection.boards is None:
        return passes
    asked = query(boards.c.id).where(boards.c.slug.in_(selection.boards)).correlate(None)
    return and_(passes, table.c.board_id.in_(asked))


def _leads(selection: Selection) -> ColumnElement[bool]:
    """No earlier member of its group passes, which only who is not the first member must be asked."""
    earlier = headlines.alias("earlier")
    passed = exists().where(
        earlier.c.twin == headlines.c.twin,
        earlier.c.arrival < headlines.c.arrival,
        _passes(selection, earlier),
    )
    return or_(headlines.c.twin == headlines.c.arrival, ~passed)


def _leading(conn: Connection, selection: Selection, page: Sequence[Row[Any]]) -> Rows:
    """Those of a page that the predicate takes and that no earlier member of their group stands for."""
    taken = _taken(selection, page)
    if is_exact(selection.filter) or selection.dup == "all":
        return taken
    groups = _groups(conn, selection, [row for row in taken if row.twin != row.arrival])
    return [row for row in taken if row.twin == row.arrival or groups[row.twin][0].arrival == row.arrival]


def _taken(selection: Selection, rows: Sequence[Row[Any]]) -> Rows:
    if is_exact(selection.filter):
        return list(rows)
    takes = predicate(selection.filter, selection.viewer)
    return [row for row in rows if takes(_traits(row))]


def _groups(conn: Connection, selection: Selection, rows: Sequence[Row[Any]]) -> dict[int, Rows]:
    """By group, its members that pass, in arrival order."""
    members: dict[int, Rows] = defaultdict(list)
    if rows:
        among = headlines.c.twin.in_([row.twin for row in rows])
        passing = with_boards(headlines).where(among, _passes(selection, headlines)).order_by(headlines.c.arrival)
        for row in _taken(selection, conn.execute(passing).all()):
            members[row.twin].append(row)
    return members


def _entries(conn: Connection, selection: Selection, rows: Rows) -> tuple[Entry, ...]:
    groups = _groups(conn, selection, rows) if selection.dup == "first" else {}
    who = stored(conn)
    return tuple(
        entry(who, row, tuple(other.board_name for other in groups.get(row.twin, ()) if other.arrival != row.arrival))
        for row in rows
    )


def _traits(row: Row[Any]) -> Traits:
    return Traits(
        title=row.title_fold,
        source=row.source_fold,
        category=row.category_fold,
        link=in_small_letters(row.url or ""),
        board=row.board,
        tags=row.tags,
        number=row.number,
        moment=row.moment,
        first_seen=row.first_seen,
        pinned=row.pinned,
        edited=row.edited,
        deleted=row.deleted,
    )


def entry(who: Identity, row: Row[Any], others: tuple[str, ...]) -> Entry:
    """The entry of a row that has its board's columns."""
    fields = row._mapping  # noqa: SLF001  SQLAlchemy's public name for a row as a mapping
    own = guid(who.authority, who.year, row.board_id, row.key)
    return Entry(guid=own, others=others, **{name: fields[name] for name in SERVED})
