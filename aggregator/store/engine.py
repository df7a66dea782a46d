"""The store: opened by URL, asked by functions that run in one transaction each."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import URL, Connection

from aggregator.store import identity, state
from aggregator.store.failures import parsed, shown, wrapped
from aggregator.store.postgres import PostgresEngine
from aggregator.store.sqlite import SqliteEngine, created
from aggregator.store.state import State
from aggregator.store.versions import migrate, outdated, verify

Transaction = Connection
P = ParamSpec("P")
R = TypeVar("R")


class Store:
    """Boards, headlines, polls and topics behind a URL; closed by ``close()`` or by leaving ``async with``.

    A unit of work is a plain function of a transaction. It runs on a thread (SQLite) or a greenlet (PostgreSQL), so it
    must not await, and must not touch the loop's objects. Raises StoreError alone.
    """

    def __init__(self, url: URL) -> None:
        self._name = shown(url)
        self._state: State | None = None
        self._engine: SqliteEngine | PostgresEngine
        self._engine = SqliteEngine(url) if url.drivername == "sqlite" else PostgresEngine(url)

    @classmethod
    async def open(cls, url: str, *, authority: str, now: datetime) -> Self:
        """The store behind ``url``, ready for use; ``authority`` and ``now`` name a store that is born by this.

        An SQLite file is created and migrated; a PostgreSQL store must have been migrated. Either is refused, with
        StoreError, where it is newer than the program.
        """
        location = parsed(url)
        store = cls(location)
        try:
            if location.drivername == "sqlite":
                created(location)
                if await store.read(outdated):
                    await store.write(migrate)
            await store.read(verify)
            if await store.read(identity.found) is None:
                await store.write(identity.establish, authority, now)
        except BaseException:
            await store.close()
            raise
        return store

    async def read(self, work: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What ``work(transaction, *args)`` finds in one snapshot; on SQLite it cannot write."""
        with wrapped(self._name):
            return await self._engine.read(work, *args, **kwargs)

    async def write(self, work: Callable[Concatenate[Transaction, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What ``work(transaction, *args)`` answers, once committed; where it raises, nothing of it is stored."""
        try:
            with wrapped(self._name):
                return await self._engine.write(state.moving, lambda conn: work(conn, *args, **kwargs))
        finally:
            self._forget()

    async def state(self) -> State:
        """The state, whose number has grown since whatever feeds can show was last changed, by whichever process.

        Who keeps what it selects asks for the state first. It is asked once for all whom the loop has heard already;
        PostgreSQL is asked a few times a second at most.
        """
        if (state := self.state_at_hand()) is None:
            with wrapped(self._name):
                state = await self._engine.state()
        return state

    def state_at_hand(self) -> State | None:
        """The same where it can be told at once; None where it must be waited for."""
        if self._state is None:
            with wrapped(self._name):
                self._state = self._engine.state_at_hand()
            # Whoever is heard from now on has its turn after the state is forgotten.
            asyncio.get_running_loop().call_soon(self._forget)
        return self._state

    def _forget(self) -> None:
        self._state = None

    async def close(self) -> None:
        """Wait for the work begun and let go of the database."""
        await self._engine.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
