"""Questions over a million headlines, by the function that feeds ask; what an index costs at insert, and on disk."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import TypeVar

from msgspec import Struct
from sqlalchemy import Engine, make_url

from aggregator.changes import Changes
from aggregator.filters import Filter, Not, parse
from aggregator.store import Selection, boards, grams
from aggregator.store import headlines as stored
from aggregator.store.inserting import insert_absent
from aggregator.store.sqlite import sqlite_engine
from aggregator.store.tables import headlines
from benchmarks import corpus
from benchmarks.timing import Timed, timed

SMALL = 10_000
BATCH = 1_000
T = TypeVar("T")
_INSERT = "INSERT INTO h (board, no, title, source, url, published) VALUES (?, ?, ?, ?, ?, ?)"
# What is asked, and at most how many times the 50 newest it may cost.
ASKED: dict[str, tuple[str, float]] = {
    "frequent: 의대": ("의대", 3),
    "frequent: 조국": ("조국", 3),
    "frequent: 일본": ("일본", 3),
    "two rare words: 영수회담 특검": ("영수회담 특검", 40),
    "no hit: 없는말": ("없는말", 1),
    "20 boards of 1,000": ("board:" + ",".join(f"b{n * 50}" for n in range(20)), 15),
}


class Space(Struct, frozen=True):
    """Bytes a headline takes: its texts as they are served, and all the rest of the file."""

    texts: float
    rest: float


class Search(Struct, frozen=True, kw_only=True):
    """What one round over a store of ``rows`` came to; ``missed`` are entries that a scan shows and the index not."""

    rows: int
    questions: list[Timed]
    inserts: list[Timed]
    missed: int
    space: Space


def measured(rows: int, rounds: int) -> Search:
    """Build a store of so many headlines, and one of ten thousand, and ask both."""
    with tempfile.TemporaryDirectory() as folder:
        large = corpus.stored(Path(folder) / "large.db", rows)
        small = corpus.stored(Path(folder) / "small.db", min(rows, SMALL))
        with _reading(large) as many, _reading(small) as few:
            newest = Selection()
            asked: dict[str, Callable[[], object]] = {
                f"50 newest of {min(rows, SMALL):,}": partial(_search, few, newest),
                f"50 newest of {rows:,}": partial(_search, many, newest),
            }
            for name, (text, _) in ASKED.items():
                asked[name] = partial(_search, many, Selection(filter=parse(text)))
            questions = timed(asked, rounds)
            missed = sum(_missed(many, parse(text)) for text, _ in ASKED.values())
        return Search(
            rows=rows,
            questions=questions,
            inserts=timed(_inserts(Path(folder), 2 + 8 * rounds), rounds),
            missed=missed,
            space=_space(Path(folder) / "large.db", rows),
        )


@contextmanager
def _reading(url: str) -> Iterator[Engine]:
    engine = sqlite_engine(make_url(url), writing=False)
    yield engine
    engine.dispose()


def _search(engine: Engine, selection: Selection) -> stored.Found:
    with engine.begin() as conn:
        return stored.search(conn, selection)


def _missed(engine: Engine, asked: Filter) -> int:
    """How many of the first 500 entries a scan finds beyond the index: two nots narrow nothing and say the same."""
    found, scanned = (_search(engine, Selection(filter=one, n=500)).entries for one in (asked, Not(Not(asked))))
    return len(set(scanned) - set(found))


def _inserts(folder: Path, batches: int) -> dict[str, Callable[[], object]]:
    """A thousand rows a transaction, made beforehand: by sqlite3 into a bare table, and into ours, from rows or a poll.

    *Raises* StopIteration where each is called more often than there are ``batches``.
    """
    rows, news = iter(_cut(corpus.rows(), batches)), iter(_cut(corpus.headlines(), batches))
    few = [
        (row["number"], row["title"], row["source"], row["url"], row["number"]) for row in islice(corpus.rows(), BATCH)
    ]
    plain, turns = _plain(folder / "plain.db"), count()
    inserting, polled = (_writing(corpus.stored(folder / f"{name}.db", 0)) for name in ("rows", "poll"))
    with polled.begin() as conn:
        board = next(board for board in boards.every(conn) if board.slug == "b0")

    def executemany() -> None:
        turn = next(turns)
        plain.execute("BEGIN IMMEDIATE")
        plain.executemany(_INSERT, [(turn, *row) for row in few])
        plain.execute("COMMIT")

    def insert() -> None:
        with inserting.begin() as conn:
            some = next(rows)
            conn.execute(insert_absent(conn, headlines), some)
            grams.add(conn, [grams.Texts(*(row[name] for name in grams.TEXTS)) for row in some])

    def apply() -> None:
        with polled.begin() as conn:
            stored.apply(conn, board, Changes(new=tuple(next(news))), corpus.WHEN)

    return {
        "sqlite3 executemany (limit)": executemany,
        "ours: rows and their index": insert,
        "ours: fold, group, store, index": apply,
    }


def _plain(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(
        "CREATE TABLE h (id INTEGER PRIMARY KEY, board, no, title, source, url, published, UNIQUE (board, no))"
    )
    connection.execute("CREATE INDEX published ON h (published)")
    return connection


def _writing(url: str) -> Engine:
    return sqlite_engine(make_url(url), writing=True)


def _cut(coming: Iterator[T], batches: int) -> list[list[T]]:
    return [list(islice(coming, BATCH)) for _ in range(batches)]


def _space(file: Path, rows: int) -> Space:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (texts,) = connection.execute(
            "SELECT sum(length(CAST(title || source || url AS BLOB))) FROM headlines"
        ).fetchone()
    return Space(texts / rows, (file.stat().st_size - texts) / rows)


def table(found: Search) -> str:
    """Return the Markdown of what was measured, each ratio beside what it may be at most."""
    newest, limit = found.questions[1], found.inserts[0]
    most = {found.questions[1].name: 1.2, **{name: most for name, (_, most) in ASKED.items()}}
    lines = [
        f"## Over {found.rows:,} headlines, through SQLAlchemy",
        "",
        "| question | CPU µs | ratio | at most | spread |",
    ]
    lines.append("|---|--:|--:|--:|--:|")
    for row in found.questions:
        base = found.questions[0] if row is newest else newest
        ratio = row.microseconds / base.microseconds
        lines.append(
            f"| {row.name} | {row.microseconds:,.0f} | {ratio:.2f} | {most.get(row.name, '')} | {row.spread:.2f} |"
        )
    lines += ["", f"Entries that a scan shows and the index does not: {found.missed}.", ""]
    lines += [f"## Inserting {BATCH:,} headlines a transaction", "", "| contender | CPU µs a row | ratio | spread |"]
    lines.append("|---|--:|--:|--:|")
    for row in found.inserts:
        ratio = row.microseconds / limit.microseconds
        lines.append(f"| {row.name} | {row.microseconds / BATCH:,.1f} | {ratio:.2f} | {row.spread:.2f} |")
    space = f"On disk a headline takes {found.space.rest:.0f} bytes beside the {found.space.texts:.0f} of its texts."
    return "\n".join([*lines, "", space, ""])
