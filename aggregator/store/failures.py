"""The one place where a database's errors become the domain's: a sentence that says what to do.

Only ``StoreError`` leaves the store; the driver's error stays chained to it.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from aggregator.errors import StoreError

SQLITE_SENTENCES = {
    "SQLITE_BUSY": "is locked by another program: stop it or try again",
    "SQLITE_LOCKED": "is locked by another program: stop it or try again",
    "SQLITE_FULL": "cannot grow: the disk is full",
    "SQLITE_READONLY": "may only be read: allow this user to write the file and its folder",
    "SQLITE_PERM": "may not be opened by this user",
    "SQLITE_AUTH": "may not be opened by this user",
    "SQLITE_CANTOPEN": "cannot be opened: its folder must exist and be writable",
    "SQLITE_CORRUPT": "is damaged: run `aggregator db restore` with a backup",
    "SQLITE_NOTADB": "is not an SQLite file: name another, or run `aggregator db restore` with a backup",
    "SQLITE_IOERR": "cannot be read or written: the disk or its file system fails",
}
POSTGRES_SENTENCES = {
    "08": "cannot be reached",
    "25006": "may only be read",
    "28": "refuses the user or the password",
    "3D": "does not exist: create the database first",
    "42501": "denies this user its tables: grant them",
    "42P01": "lacks tables: run `aggregator db upgrade`",
    "53100": "cannot grow: the disk is full",
    "53300": "has no connection left: raise max_connections or stop other clients",
    "57": "is starting, stopping or was told to cancel: try again",
}


@contextmanager
def wrapped(name: str) -> Iterator[None]:
    """Within it every error of SQLAlchemy, SQLite, asyncpg or the network is raised as StoreError about ``name``."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError, UnicodeError) as error:
        raise StoreError(_sentence(name, error)) from error
    except Exception as error:
        # asyncpg's errors come unwrapped while connecting; it is not imported for stores that do not use it.
        if not type(error).__module__.startswith("asyncpg"):
            raise
        raise StoreError(_sentence(name, error)) from error


def parsed(url: str) -> URL:
    """``url`` as SQLAlchemy takes it, with our driver for PostgreSQL. Raises StoreError where no store can be there."""
    try:
        found = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise StoreError(f"The store's url is not one: {_hint()}") from error
    if found.drivername in ("sqlite", "sqlite+pysqlite"):
        if found.database in (None, "", ":memory:"):
            raise StoreError(f"The store must be a file, so that several threads can share it: {_hint()}")
        return found.set(drivername="sqlite")
    if found.drivername in ("postgresql", "postgres", "postgresql+asyncpg"):
        return found.set(drivername="postgresql+asyncpg")
    raise StoreError(f"No store is kept in {found.drivername!r}: {_hint()}")


def shown(url: URL) -> str:
    """The store's name in sentences: its file, or its URL with the password hidden."""
    if url.drivername == "sqlite":
        return f"The store {url.database}"
    return f"The store {url.set(drivername='postgresql').render_as_string(hide_password=True)}"


def _hint() -> str:
    return "write sqlite:///FILE or postgresql://USER@HOST/NAME"


def _sentence(name: str, error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    code = str(getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or "")
    if isinstance(error, IntegrityError):
        return f"{name} refuses what contradicts it: {cause}"
    for known, sentence in (SQLITE_SENTENCES | POSTGRES_SENTENCES).items():
        if code.startswith(known):
            return f"{name} {sentence}."
    if isinstance(cause, OSError):
        return f"{name} cannot be reached: {cause}"
    return f"{name} cannot be used: {cause}"
