"""What a feed shows: the newest headlines that a filter selects, each once however many boards carry it."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, and_, exists, or_
from sqlalchemy import select as query

from aggregator.filters.tree import EVERYTHING, Filter
from aggregator.model import Entry
from aggregator.normalize import guid
from aggregator.store.identity import Identity, stored
from aggregator.store.matching import condition
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
)


class Selection(Struct, frozen=True, kw_only=True):
    """Which headlines: those of ``boards`` (slugs; None means all) that ``filter`` selects, at most ``n``.

    ``dup`` "first" gives of headlines that are the same on several boards the one that came first, "all" gives all;
    ``history``: what is older than a board's first contact too. ``sort`` "arrival" is the order in which we met them,
    "date" the order that the boards claim.
    """

    filter: Filter = EVERYTHING
    boards: tuple[str, ...] | None = None
    n: int = 50
    dup: Literal["first", "all"] = "first"
    sort: Literal["arrival", "date"] = "arrival"
    history: bool = False


def select(conn: Connection, selection: Selection) -> list[Entry]:
    """The entries of ``selection``, newest first; ``n`` counts what is left after filtering and grouping.

    Removed boards are left out. Three statements at the most, whatever the number of boards and entries.
    """
    rows = conn.execute(_page(selection)).all()
    others = _others(conn, selection, rows) if selection.dup == "first" else {}
    who = stored(conn)
    return [_entry(who, row, others.get(row.twin, ())) for row in rows]


def _page(selection: Selection) -> Select[Any]:
    """The rows to serve with their boards; cut to ``n`` before the join, so that an index gives the order."""
    c = headlines.c
    ordering = (c.arrival.desc(),) if selection.sort == "arrival" else (c.moment.desc(), c.arrival.desc())
    shown = _passes(selection, headlines)
    if selection.dup == "first":
        shown = and_(shown, _leads(selection))
    page = query(headlines).where(shown).order_by(*ordering).limit(selection.n).subquery("page")
    order = (page.c.arrival.desc(),) if selection.sort == "arrival" else (page.c.moment.desc(), page.c.arrival.desc())
    return (
        query(
            page,
            boards.c.slug.label("board"),
            boards.c.name.label("board_name"),
            boards.c.url.label("board_url"),
            boards.c.timezone,
        )
        .join_from(page, boards, boards.c.id == page.c.board_id)
        .order_by(*order)
    )


def _passes(selection: Selection, table: FromClause) -> ColumnElement[bool]:
    removed = query(boards.c.id).where(boards.c.removed_at.is_not(None)).correlate(None)
    there = table.c.board_id.not_in(removed), table.c.deleted_at.is_(None), table.c.purged_at.is_(None)
    passes = and_(*there, condition(selection.filter, table))
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


def _others(conn: Connection, selection: Selection, rows: Sequence[Row[Any]]) -> dict[int, tuple[str, ...]]:
    """By group, the names of the boards whose members pass and are not served themselves, in arrival order."""
    c = headlines.c
    further = (
        query(c.twin, boards.c.name)
        .join_from(headlines, boards, boards.c.id == c.board_id)
        .where(c.twin.in_([row.twin for row in rows]), c.arrival.not_in([row.arrival for row in rows]))
        .where(_passes(selection, headlines))
        .order_by(c.arrival)
    )
    named: dict[int, tuple[str, ...]] = defaultdict(tuple)
    for twin, name in conn.execute(further):
        named[twin] += (name,)
    return named


def _entry(who: Identity, row: Row[Any], others: tuple[str, ...]) -> Entry:
    fields = row._mapping  # noqa: SLF001  SQLAlchemy's public name for a row as a mapping
    return Entry(
        guid=guid(who.authority, who.year, row.board_id, row.key),
        others=others,
        **{name: fields[name] for name in SERVED},
    )
