"""Upgrade, check and compact a store by its URL: commands for an admin, so they block; never call them on a loop."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection, text

from aggregator.errors import StoreError
from aggregator.store.failures import parsed, shown, wrapped
from aggregator.store.postgres import PostgresEngine
from aggregator.store.sqlite import BUSY_TIMEOUT_MS, SqliteEngine, created
from aggregator.store.versions import HEAD, migrate, outdated, verify

R = TypeVar("R")


def upgrade(url: str) -> str:
    """Create the tables or bring them to this program's version, and say in a sentence what was done.

    Raises StoreError where the store is newer than the program or cannot be used.
    """
    location = parsed(url)
    if location.drivername == "sqlite":
        created(location)
    if not asked(location, outdated):
        return f"{shown(location)} is at version {HEAD} already."
    asked(location, migrate, writing=True)
    return f"{shown(location)} is at version {HEAD} now."


def check(url: str) -> str:
    """Say in a sentence that the store fits this program and, an SQLite file, that it is whole.

    Raises StoreError where it is missing, not migrated, newer than the program or damaged.
    """
    found(url, check_whole)
    return f"{shown(parsed(url))} is at version {HEAD} and fits this program."


def found(url: str, question: Callable[[Connection], R]) -> R:
    """What ``question`` finds in a store that is there and fits this program. Raises StoreError where it is not."""
    location = parsed(url)
    _present(location)
    asked(location, verify)
    return asked(location, question)


def vacuum(url: str) -> tuple[int, int]:
    """Write an SQLite file anew without its free room; the bytes it had before, and has now.

    It needs as much room again meanwhile, and nobody else can write. Raises StoreError for PostgreSQL, which does the
    same on its own, a little at a time.
    """
    location = parsed(url)
    if location.drivername != "sqlite":
        raise StoreError("PostgreSQL gives room back by itself (autovacuum); VACUUM FULL is its own tool for the rest.")
    file = _present(location)
    before = file.stat().st_size
    with wrapped(shown(location)), closing(sqlite3.connect(file, timeout=BUSY_TIMEOUT_MS / 1000)) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return before, file.stat().st_size


def _present(location: URL) -> Path:
    """The store's file; for a store elsewhere its name, of which nothing is asked. StoreError where there is none."""
    file = Path(str(location.database))
    if location.drivername == "sqlite" and not file.is_file():
        raise StoreError(f"{shown(location)} is not there: any command but this one creates it.")
    return file


def check_whole(conn: Connection) -> None:
    """Nothing, where the file has all that it says it has; else StoreError."""
    if conn.dialect.name == "sqlite":
        found = conn.execute(text("PRAGMA quick_check(1)")).scalar()
        if found != "ok":
            raise StoreError(f"The store is damaged ({found}): run `aggregator db restore` with a backup.")


def asked(location: URL, work: Callable[[Connection], R], *, writing: bool = False) -> R:
    """What ``work`` answers, whatever the version of the store at ``location``."""

    async def run() -> R:
        engine = SqliteEngine(location) if location.drivername == "sqlite" else PostgresEngine(location)
        try:
            return await (engine.write(work) if writing else engine.read(work))
        finally:
            await engine.close()

    with wrapped(shown(location)):
        return asyncio.run(run())
