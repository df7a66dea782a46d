"""What was in a feed's place and is gone from its board, for readers that take it away again."""

from datetime import datetime

from msgspec import structs
from sqlalchemy import Connection
from sqlalchemy import select as query

from aggregator.filters import And, parse
from aggregator.model import Entry, Tombstone
from aggregator.store.selecting import search
from aggregator.store.selection import Cursor, Selection
from aggregator.store.tables import headlines

_DELETED = parse("is:deleted")


def select(conn: Connection, selection: Selection, last: Cursor | None) -> tuple[Tombstone, ...]:
    """The newest headlines of the selection that are gone, at most ``n``, down to where the next page begins.

    None is both an entry and gone: where the selection shows what is gone, nothing is.
    """
    if selection.deleted:
        return ()
    chosen = And((selection.filter, _DELETED))
    found = search(conn, structs.replace(selection, filter=chosen, deleted=True, dup="all", each=None)).entries
    gone = [entry for entry in found if last is None or _place(entry, last) > (last.moment, last.arrival)]
    c = headlines.c
    since = query(c.arrival, c.deleted_at).where(c.arrival.in_([entry.arrival for entry in gone]))
    when = {row.arrival: row.deleted_at for row in conn.execute(since)}
    return tuple(Tombstone(guid=entry.guid, deleted_at=when[entry.arrival]) for entry in gone)


def _place(entry: Entry, last: Cursor) -> tuple[datetime | None, int]:
    """Where the entry stands in the order that ``last`` stands in."""
    return (None if last.moment is None else entry.published or entry.first_seen), entry.arrival
