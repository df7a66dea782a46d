"""Backing an SQLite store up and putting it back: commands for an admin, so they block; never call them on a loop.

A file gets its name when it is whole and on the disk; what stood under the name before is kept beside it.
"""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, Connection

from aggregator.errors import StoreError
from aggregator.store import identity
from aggregator.store.failures import parsed, shown, wrapped
from aggregator.store.migrating import asked, check_whole
from aggregator.store.versions import refuse_newer, version

# Beside a store in use: what is committed and not yet folded into it, and that one's index.
COMPANIONS = ("-wal", "-shm")
PATIENCE_SECONDS = 1.0


def backup(url: str, file: Path) -> None:
    """Copy an SQLite store, in use or not, to ``file``, which must not exist: one whole file, usable as it is.

    The copy is the store at one moment: what was committed before is in it, whoever writes meanwhile. Raises StoreError
    where ``file`` exists or the store is no SQLite file.
    """
    location = parsed(url)
    if location.drivername != "sqlite":
        raise StoreError("PostgreSQL is backed up by its own tools: run pg_dump.")
    source = Path(str(location.database))
    if not source.is_file():
        raise StoreError(f"{shown(location)} is not there.")
    if file.exists():
        raise StoreError(f"{file} exists already: name a new file for the backup.")
    part = file.with_name(file.name + ".part")
    with wrapped(f"The backup {file}"), _unfinished(part):
        _copied(source, part)
        part.rename(file)
        _synced(file.parent)


def rotate(url: str, folder: Path, keep: int, now: datetime) -> Path:
    """Back an SQLite store up into ``folder`` under the time's name, and keep the last ``keep`` such files of its own.

    Whatever else is there stays; nothing is removed before the new file is whole. Raises StoreError as ``backup`` does.
    """
    stem = Path(str(parsed(url).database)).stem
    with wrapped(f"The folder {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{stem}-{now:%Y%m%dT%H%M%SZ}.db"
    backup(url, file)
    ours = re.compile(rf"{re.escape(stem)}-\d{{8}}T\d{{6}}Z\.db")
    with wrapped(f"The folder {folder}"):
        for old in sorted(there for there in folder.iterdir() if ours.fullmatch(there.name))[:-keep]:
            old.unlink()
    return file


def restore(url: str, file: Path, now: datetime, *, force: bool = False) -> Path | None:
    """Put the backup ``file`` in the store's place; where the store that was there is kept, None where none was.

    Raises StoreError, and leaves the store as it is, where ``file`` is no store of ours, damaged, or newer than the
    program; or where another program has the store open, unless by ``force``: what that one is storing just then is
    lost with the file it has, and it goes on with the one that was put back, unless that must be upgraded first.
    """
    location = parsed(url)
    if location.drivername != "sqlite":
        raise StoreError("PostgreSQL is restored by its own tools: run pg_restore, or psql.")
    if not file.is_file():
        raise StoreError(f"The backup {file} is not there.")
    # A link to the store stays one.
    store = Path(str(location.database)).resolve()
    part = store.with_name(store.name + ".restoring")
    with _unfinished(part):
        with wrapped(f"The backup {file}"):
            _copied(file, part)
        _judge(file, part)
        with wrapped(shown(location)):
            _unclaimed(part)
            kept = _kept(store, now, force=force) if store.exists() else None
            part.replace(store)
            _synced(store.parent)
    return kept


@contextmanager
def _unfinished(part: Path) -> Iterator[None]:
    """Within it ``part`` is being made; whatever is left of it at the end was not finished, and goes."""
    with suppress(OSError):
        part.unlink()
    try:
        yield
    finally:
        with suppress(OSError):
            part.unlink()


def _copied(source: Path, copy: Path) -> None:
    with closing(_opened(source)) as origin, closing(sqlite3.connect(copy)) as target:
        origin.backup(target)
        # The copy is a file on its own, without the companions that a store in use has.
        target.execute("PRAGMA journal_mode = DELETE")
    _synced(copy)


def _unclaimed(copy: Path) -> None:
    """End the claims of polls that were under way when the backup was made: nobody else ever would."""
    with closing(sqlite3.connect(copy)) as target, target:
        target.execute("UPDATE boards SET claimed_until = NULL")
    _synced(copy)


def _opened(file: Path) -> sqlite3.Connection:
    """A connection to a file that is there. Not a read-only one, which leaves companions behind that it had to make."""
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=PATIENCE_SECONDS)


def _judge(file: Path, copy: Path) -> None:
    """Nothing, where a copy of ``file`` is a whole store that this program can use or upgrade; else StoreError."""
    try:
        asked(URL.create("sqlite", database=str(copy)), _is_store)
    except StoreError as error:
        raise StoreError(f"The backup {file} cannot be restored: {error}") from error


def _is_store(conn: Connection) -> None:
    check_whole(conn)
    there = version(conn)
    if there is None:
        raise StoreError("it is no store of this program.")
    refuse_newer(there)
    if identity.found(conn) is None:
        raise StoreError("it is a store that was never used.")


def _kept(store: Path, now: datetime, *, force: bool) -> Path:
    """The name under which what stands in the store's place is kept, once it has it."""
    if not force:
        _refuse_used(store)
    kept = store.with_name(f"{store.name}.replaced-{now:%Y%m%dT%H%M%SZ}")
    # A second name rather than another one: at no moment is there no store under its own.
    os.link(store, kept)
    for ending in COMPANIONS:
        companion = store.with_name(store.name + ending)
        if companion.exists():
            companion.rename(kept.with_name(kept.name + ending))
    return kept


def _refuse_used(store: Path) -> None:
    """Nothing, where nobody else has the store open; it is then one file, without companions."""
    try:
        with closing(_opened(store)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.DatabaseError as error:
        # A store that cannot even be opened is what a restore is for.
        if error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise StoreError(f"The store {store} is in use: stop the server first, or say --force.") from error


def _synced(path: Path) -> None:
    """Have a file, or a folder's names, on the disk and not in memory alone."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
