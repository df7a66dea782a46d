"""What was in a feed's place and is gone from its board, for readers that take it away again."""

from msgspec import structs
from sqlalchemy import Connection
from sqlalchemy import select as query

from aggregator.filters import And, parse
from aggregator.model import Tombstone
from aggregator.store.selecting import Selection, search
from aggregator.store.tables import headlines

_DELETED = parse("is:deleted")


def select(conn: Connection, selection: Selection, lowest: int | None) -> tuple[Tombstone, ...]:
    """The newest headlines of the selection that are gone, at most ``n``, down to the arrival ``lowest``."""
    chosen = And((selection.filter, _DELETED))
    found = search(conn, structs.replace(selection, filter=chosen, deleted=True, dup="all", each=None)).entries
    gone = [entry for entry in found if lowest is None or entry.arrival > lowest]
    c = headlines.c
    since = query(c.arrival, c.deleted_at).where(c.arrival.in_([entry.arrival for entry in gone]))
    when = {row.arrival: row.deleted_at for row in conn.execute(since)}
    return tuple(Tombstone(guid=entry.guid, deleted_at=when[entry.arrival]) for entry in gone)
