"""What came last: headlines in the order in which they were stored, with what decides which feeds take them."""

from msgspec import Struct
from sqlalchemy import Connection

from aggregator.filters import Traits
from aggregator.model import Entry
from aggregator.store.identity import Identity
from aggregator.store.selecting import entry, traits
from aggregator.store.selection import LATEST


class Arrived(Struct, frozen=True, kw_only=True):
    """An entry as it came, with what filters look at, its group's first, and which feeds may have it at all."""

    entry: Entry
    traits: Traits
    twin: int
    history: bool
    private: bool


def since(conn: Connection, who: Identity, arrival: int, most: int) -> list[Arrived]:
    """What stands on its board of all that came after ``arrival``, oldest first, at most so many."""
    return [
        Arrived(entry=entry(who, row, ()), traits=traits(row), twin=row.twin, history=row.history, private=row.private)
        for row in conn.execute(LATEST, {"after": arrival, "most": most})
    ]
