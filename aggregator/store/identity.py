"""Who this store is: what its guids begin with, fixed at its birth and never read from settings again."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, select, update

from aggregator.store import state
from aggregator.store.inserting import insert_absent
from aggregator.store.tables import identity

STORED = select(identity.c.authority, identity.c.year, identity.c.born_at)


class Identity(Struct, frozen=True):
    """``authority`` and ``year`` of every guid (RFC 4151 tag URI), and when the store was born."""

    authority: str
    year: int
    born_at: datetime


def stored(conn: Connection) -> Identity:
    """The store's identity; every opened store has one."""
    return Identity(*conn.execute(STORED).one())


def found(conn: Connection) -> Identity | None:
    """The store's identity; None before its birth."""
    row = conn.execute(STORED).first()
    return None if row is None else Identity(*row)


def establish(conn: Connection, authority: str, now: datetime) -> Identity:
    """The store's identity, given to it by this call only where it had none."""
    row = {"id": 1, "authority": authority, "year": now.year, "born_at": now, "arrival": 0}
    if conn.execute(insert_absent(conn, identity), row).rowcount:
        state.begin(conn)
    return stored(conn)


def last_arrival(conn: Connection) -> int:
    """The last arrival that was given out; all up to it are there to be seen."""
    return int(conn.execute(select(identity.c.arrival)).scalar_one())


def touch(conn: Connection) -> None:
    """Count on and back, which shows whether the store can be written; SQLite writes no row that stays the same."""
    for step in (1, -1):
        conn.execute(update(identity).values(arrival=identity.c.arrival + step))
