"""A store in one SQLite file: a writer thread, reader threads, plain synchronous SQLAlchemy on each.

Measured against aiosqlite this costs a third of the CPU, and it loses no updates: Python's own transactions begin at
the first *write*, so that what was read before may be stale by then; ``BEGIN IMMEDIATE`` takes the lock first.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import ConnectionPoolEntry

from aggregator.store.state import STATE, State, watch

P = ParamSpec("P")
R = TypeVar("R")
READERS = 4
BUSY_TIMEOUT_MS = 5_000
# Polls change pages of every index, the same ones again and again: so many are gathered before they are copied into the
# file, 16 MB.
WAL_PAGES = 4_000
# Of the file's pages the writer keeps so many KiB at hand, else it reads those that new headlines' hashes fall on anew.
CACHE_KIB = 4_000
_FAR = 10**15


def created(url: URL) -> None:
    """Make an empty file where there is none; where that cannot be, whoever opens it will say so."""
    if not (file := _path(url)).exists():
        with suppress(OSError):
            file.touch()


def _path(url: URL) -> Path:
    return Path(str(url.database)).absolute()


def _inode(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _connected(url: URL) -> sqlite3.Connection:
    # Not "rwc": where the file is lost while the program runs, no empty one takes its place.
    file, patience = f"{_path(url).as_uri()}?mode=rw", BUSY_TIMEOUT_MS / 1000
    return sqlite3.connect(file, uri=True, isolation_level=None, timeout=patience, check_same_thread=False)


class _Watch:
    """The state, asked for anew only when another connection has committed anything.

    On the loop's own thread: what it asks SQLite is answered from memory, in the time that handing it to another
    thread would take twenty times over.
    """

    def __init__(self, url: URL) -> None:
        self._url = url
        self._connection: sqlite3.Connection | None = None
        self._version, self._number, self._state = -1, 0, State(0, 0)
        self._stores = 0

    def state(self) -> State:
        """The state now; that of another store in its place, which may know less, is far from what it was."""
        try:
            connection = self._connection = self._connection or _connected(self._url)
            (version,) = connection.execute("PRAGMA data_version").fetchone()
            if version != self._version:
                number, changed = connection.execute(STATE).fetchone()
                if self._version == -1 or number < self._number:
                    self._stores += 1
                self._state = State(number + self._stores * _FAR, changed + self._stores * _FAR)
                self._version, self._number = version, number
        except sqlite3.Error:
            self.close()
            raise
        return self._state

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
        self._connection, self._version = None, -1


def sqlite_engine(url: URL, *, writing: bool) -> Engine:
    """An engine whose transactions begin at once: IMMEDIATE for ``writing``, else a snapshot that cannot write."""
    engine = create_engine(url, creator=lambda: _connected(url))

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA foreign_keys = ON")
        if writing:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        # In WAL a crash of the machine may cost the last commits, never the file; a crash of the program costs nothing.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA query_only = {'OFF' if writing else 'ON'}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


@contextmanager
def _renewed(engine: Engine) -> Iterator[None]:
    """Within it the database's failures cost the connections, because whoever repairs a store replaces its file."""
    try:
        yield
    except DBAPIError as error:
        if not isinstance(error, IntegrityError):
            engine.dispose()
        raise


class SqliteEngine:
    """Runs units of work on an SQLite file: writes one after the other, reads beside them."""

    def __init__(self, url: URL) -> None:
        self._writer = sqlite_engine(url, writing=True)
        watch(self._writer)
        self._reader = sqlite_engine(url, writing=False)
        self._watch = _Watch(url)
        self._path, self._file = _path(url), _inode(_path(url))
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._reading = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")

    async def read(self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What ``work`` finds in one snapshot of the store."""

        def run() -> R:
            with _renewed(self._reader), self._reader.begin() as connection:
                return work(connection, *args, **kwargs)

        self._follow()
        return await asyncio.get_running_loop().run_in_executor(self._reading, run)

    async def write(self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What ``work`` answers, committed; nothing of it is stored where it raises."""

        def run() -> R:
            with _renewed(self._writer), self._writer.begin() as connection:
                return work(connection, *args, **kwargs)

        self._follow()
        return await asyncio.get_running_loop().run_in_executor(self._writing, run)

    async def state(self) -> State:
        """The state of what feeds can show."""
        return self.state_at_hand()

    def state_at_hand(self) -> State:
        """The same, which need not be waited for."""
        self._follow()
        return self._watch.state()

    def _follow(self) -> None:
        """Let go of a file that another has taken the place of: a store is put back under a server that runs, too."""
        if self._file != (now := _inode(self._path)):
            self._file = now
            self._watch.close()
            self._reader.dispose()
            self._writer.dispose()

    async def close(self) -> None:
        """Wait for the work begun, then close every connection, which folds the WAL into the file."""
        self._watch.close()
        for threads in (self._reading, self._writing):
            await asyncio.to_thread(threads.shutdown)
        self._reader.dispose()
        self._writer.dispose()
