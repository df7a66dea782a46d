"""Origins: what the fetcher remembers of each, in its own words."""

from sqlalchemy import Connection, insert, select, update

from aggregator.store.engine import Store
from aggregator.store.tables import origins


def recall(conn: Connection, origin: str) -> str | None:
    """What was kept last of ``origin``, None where nothing was."""
    return conn.scalar(select(origins.c.said).where(origins.c.origin == origin))


def keep(conn: Connection, origin: str, said: str) -> None:
    """Keep ``said`` in place of what was."""
    known = conn.execute(update(origins).where(origins.c.origin == origin).values(said=said))
    if not known.rowcount:
        conn.execute(insert(origins).values(origin=origin, said=said))


class StoredMemory:
    """The fetcher's memory, kept in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def recall(self, origin: str) -> str | None:
        """What was kept last of ``origin``."""
        return await self._store.read(recall, origin)

    async def keep(self, origin: str, said: str) -> None:
        """Keep ``said`` in place of what was."""
        await self._store.write(keep, origin, said)
