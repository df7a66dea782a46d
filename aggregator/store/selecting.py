"""What a feed shows: the newest headlines that a filter selects, each once however many boards carry it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, true

from aggregator.filters import Traits, predicate
from aggregator.filters.grams import Named, either, every, narrowing
from aggregator.filters.matching import in_small_letters
from aggregator.model import Entry
from aggregator.normalize import guid
from aggregator.store import grams, matches
from aggregator.store.grams import Index
from aggregator.store.identity import Identity, stored
from aggregator.store.matching import is_exact
from aggregator.store.selection import WHOLE, Cursor, Selection, group_members, paging
from aggregator.store.tables import headlines

SERVED = (
    *("arrival", "title", "updated", "first_seen", "number", "source", "published", "precision", "url", "pinned"),
    *("comments", "category", "board", "board_name", "board_url", "timezone", "tags", "edited", "deleted"),
)
# How many headlines are looked at one by one in answer to one question, and how many at a time.
LOOKED_AT_MOST = 20_000
PAGE = 1_000


class Found(Struct, frozen=True, kw_only=True):
    """The entries of a selection, newest first.

    ``looked_at`` is set where there may be more, because so many headlines were looked at one by one that the search
    was ended; it goes on behind ``reached``.
    """

    entries: tuple[Entry, ...]
    looked_at: int | None = None
    reached: Cursor | None = None


Rows = list[Row[Any]]
EVERY = Index(headlines, headlines.c.arrival, true(), lasts=True)


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
    index, asked = _index(conn, selection)
    rows: Rows = []
    looked, cursor, full = 0, selection.before, Counter[int]()
    at_once = selection.n if is_whole or selection.topic is not None else PAGE
    while True:
        page = conn.execute(paging(selection, index, cursor, _full(selection, full), at_once), asked).all()
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


def _index(conn: Connection, selection: Selection) -> tuple[Index, Mapping[str, Any]]:
    """Where to look, and what to ask there: its topic's matches, the index of grams, or the headlines' own indexes."""
    if selection.topic is not None and (matched := matches.hits(conn, selection.topic)) is not None:
        return matched.index, matched.asked
    need = narrowing(selection.filter)
    if selection.boards is not None:
        need = every([need, either([Named(slug) for slug in selection.boards])])
    hits = grams.hits(conn, need)
    return (EVERY, {}) if hits is None else (hits.index, hits.asked)


def _whole(conn: Connection, rows: Rows) -> Rows:
    """The rows with all their columns, in their order."""
    asked = {"arrivals": [row.arrival for row in rows]}
    found = {row.arrival: row for row in conn.execute(WHOLE, asked)}
    return [found[row.arrival] for row in rows]


def _leading(conn: Connection, selection: Selection, page: Sequence[Row[Any]]) -> Rows:
    """Those of a page that the predicate takes and that no earlier member of their group stands for."""
    taken = _taken(selection, page)
    if is_exact(selection.filter) or selection.dup == "all":
        return taken
    groups = _groups(conn, selection, [row for row in taken if row.twin != row.arrival], leads=True)
    return [row for row in taken if row.twin == row.arrival or groups[row.twin][0].arrival == row.arrival]


def _taken(selection: Selection, rows: Sequence[Row[Any]]) -> Rows:
    if is_exact(selection.filter):
        return list(rows)
    takes = predicate(selection.filter, selection.viewer)
    return [row for row in rows if takes(traits(row))]


def _groups(conn: Connection, selection: Selection, rows: Sequence[Row[Any]], *, leads: bool) -> dict[int, Rows]:
    """By group, its members that pass, in arrival order, with the group's first or without."""
    members: dict[int, Rows] = defaultdict(list)
    if rows:
        asked = {"twins": [row.twin for row in rows]}
        for row in _taken(selection, conn.execute(group_members(selection, leads=leads), asked).all()):
            members[row.twin].append(row)
    return members


def _entries(conn: Connection, selection: Selection, rows: Rows) -> tuple[Entry, ...]:
    # Where a group's first passes, it is the row itself; where it does not, it is nobody's other.
    grouped = [row for row in rows if row.grouped] if selection.dup == "first" else []
    groups = _groups(conn, selection, grouped, leads=False)
    who = stored(conn)
    return tuple(
        entry(who, row, tuple(other.board_name for other in groups.get(row.twin, ()) if other.arrival != row.arrival))
        for row in rows
    )


def traits(row: Row[Any]) -> Traits:
    """What filters look at in a row that has its board's columns."""
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
