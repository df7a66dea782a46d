"""A store in PostgreSQL: the same synchronous units of work, run on asyncpg by ``AsyncConnection.run_sync``."""

import asyncio
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL, Connection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from aggregator.store.state import State, current, watch

# How long a state that was asked for is believed where another process may have moved it.
BELIEVED_SECONDS = 0.1
P = ParamSpec("P")
R = TypeVar("R")


def postgres_engine(url: URL) -> AsyncEngine:
    """An engine of asyncpg connections, each tried before use, because servers restart."""
    return create_async_engine(url, pool_pre_ping=True)


class PostgresEngine:
    """Runs units of work on a PostgreSQL database, each on its own connection and in its own transaction."""

    def __init__(self, url: URL) -> None:
        self._writer = postgres_engine(url)
        watch(self._writer.sync_engine)
        self._state: State | None = None
        self._asked, self._asking = 0.0, asyncio.Lock()
        # One snapshot a unit of work, as SQLite gives; READ COMMITTED would take a new one every statement.
        self._reader = self._writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    async def read(self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What ``work`` finds in one snapshot of the store."""
        async with self._reader.begin() as connection:
            return await connection.run_sync(work, *args, **kwargs)

    async def write(self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What ``work`` answers, committed; nothing of it is stored where it raises."""
        try:
            async with self._writer.begin() as connection:
                return await connection.run_sync(work, *args, **kwargs)
        finally:
            # What is being asked for meanwhile may be older: it is not believed.
            self._asked, self._state = 0.0, None

    async def state(self) -> State:
        """The state of what feeds can show; what another process wrote is seen a tenth of a second late at most."""
        async with self._asking:
            if (state := self.state_at_hand()) is None:
                self._asked, self._state = asyncio.get_running_loop().time(), None
                self._state = state = await self.read(current)
            return state

    def state_at_hand(self) -> State | None:
        """The same where it was asked for just now."""
        is_believed = asyncio.get_running_loop().time() <= self._asked + BELIEVED_SECONDS
        return self._state if is_believed else None

    async def close(self) -> None:
        """Close every connection."""
        await self._writer.dispose()
