"""What is asked of the headlines, and the statements that ask it: a page of what passes, and who is in its groups.

Statements are kept where they can be asked again, because to make one takes as long as to run it.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import count
from typing import Any, Literal

from msgspec import Struct, structs
from sqlalchemy import ColumnElement, FromClause, Select, and_, bindparam, exists, or_
from sqlalchemy import select as query

from aggregator.filters import EVERYTHING, Filter, Viewer
from aggregator.filters.tree import Span, terms
from aggregator.store.grams import Index
from aggregator.store.matching import condition, edited, folded, is_exact
from aggregator.store.tables import boards, headlines

# What of a headline an entry, its page and its group are made of.
SHOWN = (
    *("arrival", "title", "updated", "first_seen", "number", "source", "published", "precision", "url", "pinned"),
    *("comments", "category", "key", "twin", "board_id", "moment", "deleted_at"),
)
FOLDED = "title_fold", "source_fold"
# What the predicate looks at, and what pages and groups are made by.
LOOKED_AT = (
    *("arrival", "twin", "board_id", "moment", "first_seen", *FOLDED, "category_fold", "url", "number", "pinned"),
    "deleted_at",
)
# What tells who else is in a group.
MEMBERS = "arrival", "twin", "board_id", "deleted_at"
# How many statements of each kind are kept, and of how many it is known that they were asked for.
KEPT, KNOWN = 100, 2_000
_EARLIER, _LATER = headlines.alias("earlier"), headlines.alias("later")


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


def paging(selection: Selection, index: Index, cursor: Cursor | None, full: Collection[int], limit: int) -> Select[Any]:
    """The next rows that ``index`` finds, with their boards; none behind ``cursor`` or of the boards that are ``full``.

    They are cut to ``limit`` before the join, so that an index gives the order.
    """
    if index.lasts and cursor is None and not full and (lasting := _lasting(selection)) is not None:
        page = _lasting_page if _is_asked_again(lasting, index, limit) else _lasting_page.__wrapped__
        return page(lasting, index, limit)
    return _page(selection, index, cursor, full, limit)


def group_members(selection: Selection, *, leads: bool) -> Select[Any]:
    """The headlines that pass, of the groups bound to ``twins``, in arrival order, their ``leads`` too or without."""
    lasting = _lasting(selection)
    if lasting is None or not _is_asked_again(lasting, leads):
        return _members(selection, leads=leads)
    return _lasting_members(lasting, leads=leads)


def arrived(low: int, high: int) -> Select[Any]:
    """All that entries say of the arrivals from ``low`` up to and without ``high`` that stand on their boards."""
    c = headlines.c
    among = c.arrival >= low, c.arrival < high, c.purged_at.is_(None), c.deleted_at.is_(None)
    return _with_boards(headlines, [*_columns(SHOWN), c.history]).where(*among).order_by(c.arrival)


def _lasting(selection: Selection) -> Selection | None:
    """What of the selection its statements are made of, where these are good for every viewer and for ever."""
    asked = [(term.field, value) for term in terms(selection.filter) for value in term.values]
    if selection.after is not None or any(field == "is" or isinstance(value, Span) for field, value in asked):
        return None
    return structs.replace(selection, viewer=None, n=0, each=None, topic=None, before=None)


@lru_cache(KNOWN)
def _times(_what: int) -> Iterator[int]:
    return count()


def _is_asked_again(*what: object) -> bool:
    """Whether a statement was asked for before.

    One that is asked for once alone is not kept: statements hold themselves, and to find those that have grown old the
    collector of garbage looks at everything there is. A server that was asked for ever other feeds stood still for a
    quarter of a second after every 180.
    """
    return next(_times(hash(what))) > 0


# To make a statement takes as long as to ask it; a feed is asked for again and again.
@lru_cache(KEPT)
def _lasting_page(selection: Selection, index: Index, limit: int) -> Select[Any]:
    return _page(selection, index, None, (), limit)


@lru_cache(KEPT)
def _lasting_members(selection: Selection, *, leads: bool) -> Select[Any]:
    return _members(selection, leads=leads)


def _members(selection: Selection, *, leads: bool) -> Select[Any]:
    bound = headlines.c.twin.in_(bindparam("twins", expanding=True))
    among = bound if leads else and_(bound, headlines.c.twin != headlines.c.arrival)
    columns = _columns(MEMBERS if is_exact(selection.filter) else LOOKED_AT)
    return _with_boards(headlines, columns).where(among, _passes(selection, headlines)).order_by(headlines.c.arrival)


def _page(selection: Selection, index: Index, cursor: Cursor | None, full: Collection[int], limit: int) -> Select[Any]:
    c, arrival = headlines.c, index.arrival
    ordering = (arrival.desc(),) if selection.sort == "arrival" else (c.moment.desc(), arrival.desc())
    shown = and_(index.found, _passes(selection, headlines))
    if selection.dup == "first" and is_exact(selection.filter):
        shown = and_(shown, _leads(selection))
    if cursor is not None:
        shown = and_(shown, _behind(cursor, arrival))
    if selection.after is not None:
        shown = and_(shown, arrival > selection.after)
    if full:
        shown = and_(shown, c.board_id.not_in(full))
    page = (
        query(*_columns(SHOWN if is_exact(selection.filter) else LOOKED_AT))
        .select_from(index.table)
        .where(shown)
        .order_by(*ordering)
        .limit(limit)
        .subquery("page")
    )
    order = (page.c.arrival.desc(),) if selection.sort == "arrival" else (page.c.moment.desc(), page.c.arrival.desc())
    return _with_boards(page, list(page.c)).order_by(*order)


def _columns(names: Iterable[str]) -> list[ColumnElement[Any]]:
    """Columns of the headlines by name, folded texts as they read."""
    return [folded(headlines, name.removesuffix("_fold")) if name in FOLDED else headlines.c[name] for name in names]


def _with_boards(table: FromClause, columns: Sequence[ColumnElement[Any]]) -> Select[Any]:
    return query(
        *columns,
        boards.c.slug.label("board"),
        boards.c.name.label("board_name"),
        boards.c.url.label("board_url"),
        boards.c.timezone,
        boards.c.tags,
        edited(table).label("edited"),
        table.c.deleted_at.is_not(None).label("deleted"),
        exists().where(_LATER.c.twin == table.c.twin, _LATER.c.arrival != _LATER.c.twin).label("grouped"),
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
    passed = exists().where(
        _EARLIER.c.twin == headlines.c.twin,
        _EARLIER.c.arrival < headlines.c.arrival,
        _passes(selection, _EARLIER),
    )
    return or_(headlines.c.twin == headlines.c.arrival, ~passed)


# What is shown of the headlines that are bound to ``arrivals``.
WHOLE = _with_boards(headlines, _columns(SHOWN)).where(headlines.c.arrival.in_(bindparam("arrivals", expanding=True)))
# What came after the arrival that is bound to ``after``, the oldest first.
LATEST = (
    _with_boards(headlines, [*_columns(dict.fromkeys((*SHOWN, *LOOKED_AT))), headlines.c.history, boards.c.private])
    .where(headlines.c.arrival > bindparam("after"), headlines.c.purged_at.is_(None), headlines.c.deleted_at.is_(None))
    .where(boards.c.removed_at.is_(None))
    .order_by(headlines.c.arrival)
    .limit(bindparam("most"))
)
