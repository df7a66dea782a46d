"""What a headline costs when it is stored, beside a bare table of sqlite3: the same rows of all boards, in turn."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from itertools import islice
from operator import itemgetter
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Engine, make_url

from aggregator.changes import Changes
from aggregator.model import Board, Headline
from aggregator.store import boards, grams
from aggregator.store import headlines as stored
from aggregator.store.inserting import insert_many_absent
from aggregator.store.sqlite import sqlite_engine
from aggregator.store.tables import headlines
from benchmarks import corpus
from benchmarks.timing import Timed

BATCH = 1_000
_BARE = "board_id", "number", "title", "source", "url", "arrival"
_INDEXED = itemgetter("arrival", "board_id", "title", "source")
_INSERT = "INSERT INTO h (board, no, title, source, url, published) VALUES (?, ?, ?, ?, ?, ?)"
Row = dict[str, Any]


def timed(folder: Path, batches: int) -> list[Timed]:
    """CPU microseconds a row, median of so many transactions of a thousand rows each.

    All insert in turn, so that their tables are of one size; the rows are made beforehand.
    """
    plain, (ours, polled) = _plain(folder / "plain.db"), (_writing(folder / f"{name}.db") for name in ("rows", "poll"))
    with polled.begin() as conn:
        board = next(board for board in boards.every(conn) if board.slug == "b0")
    rows, news = corpus.rows(), corpus.headlines()
    taken: dict[str, list[float]] = {}
    for _ in range(batches):
        some, new = list(islice(rows, BATCH)), list(islice(news, BATCH))
        bare = [tuple(row[name] for name in _BARE) for row in some]
        contenders: dict[str, Callable[[], None]] = {
            "sqlite3 executemany (limit)": lambda bare=bare: _executemany(plain, bare),  # type: ignore[misc]
            "ours: rows and their index": lambda some=some: _insert(ours, some),  # type: ignore[misc]
            "ours: fold, group, store, index": lambda new=new: _apply(polled, board, new),  # type: ignore[misc]
        }
        for name, work in contenders.items():
            taken.setdefault(name, []).append(_cpu(work))
    for engine in (ours, polled):
        engine.dispose()
    plain.close()
    return [
        Timed(name=name, microseconds=median(each) / BATCH * 1e6, spread=max(each) / max(min(each), 1e-12))
        for name, each in taken.items()
    ]


def _cpu(work: Callable[[], None]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _executemany(plain: sqlite3.Connection, rows: Sequence[tuple[object, ...]]) -> None:
    plain.execute("BEGIN IMMEDIATE")
    plain.executemany(_INSERT, rows)
    plain.execute("COMMIT")


def _insert(engine: Engine, rows: list[Row]) -> None:
    with engine.begin() as conn:
        insert_many_absent(conn, headlines, rows)
        # Folding leaves these texts as they are.
        grams.add(conn, [grams.Texts(*_INDEXED(row)) for row in rows])


def _apply(engine: Engine, board: Board, new: Sequence[Headline]) -> None:
    with engine.begin() as conn:
        stored.apply(conn, board, Changes(new=tuple(new)), corpus.WHEN)


def _plain(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(
        "CREATE TABLE h (id INTEGER PRIMARY KEY, board, no, title, source, url, published, UNIQUE (board, no))"
    )
    connection.execute("CREATE INDEX published ON h (published)")
    return connection


def _writing(file: Path) -> Engine:
    return sqlite_engine(make_url(corpus.stored(file, 0)), writing=True)
