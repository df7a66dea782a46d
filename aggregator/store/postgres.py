"""A store in PostgreSQL: the same synchronous units of work, run on asyncpg by ``AsyncConnection.run_sync``."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL, Connection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

P = ParamSpec("P")
R = TypeVar("R")


def postgres_engine(url: URL) -> AsyncEngine:
    """An engine of asyncpg connections, each tried before use, because servers restart."""
    return create_async_engine(url, pool_pre_ping=True)


class PostgresEngine:
    """Runs units of work on a PostgreSQL database, each on its own connection and in its own transaction."""

    def __init__(self, url: URL) -> None:
        self._writer = postgres_engine(url)
        # One snapshot a unit of work, as SQLite gives; READ COMMITTED would take a new one every statement.
        self._reader = self._writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    async def read(self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What ``work`` finds in one snapshot of the store."""
        async with self._reader.begin() as connection:
            return await connection.run_sync(work, *args, **kwargs)

    async def write(self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What ``work`` answers, committed; nothing of it is stored where it raises."""
        async with self._writer.begin() as connection:
            return await connection.run_sync(work, *args, **kwargs)

    async def close(self) -> None:
        """Close every connection."""
        await self._writer.dispose()
