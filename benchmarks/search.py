"""Questions over a million headlines, by the function that feeds ask; what an index costs at insert, and on disk."""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Engine, make_url

from aggregator.filters import Filter, Not, parse
from aggregator.store import Selection
from aggregator.store import headlines as stored
from aggregator.store.sqlite import sqlite_engine
from benchmarks import corpus, inserting
from benchmarks.timing import Timed, timed

SMALL = 10_000
BATCHES = 5
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
            inserts=inserting.timed(Path(folder), 1 + BATCHES * rounds),
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
    lines += [
        f"## Inserting {inserting.BATCH:,} headlines a transaction",
        "",
        "| contender | CPU µs a row | ratio | spread |",
    ]
    lines.append("|---|--:|--:|--:|")
    for row in found.inserts:
        ratio = row.microseconds / limit.microseconds
        lines.append(f"| {row.name} | {row.microseconds:,.1f} | {ratio:.2f} | {row.spread:.2f} |")
    space = f"On disk a headline takes {found.space.rest:.0f} bytes beside the {found.space.texts:.0f} of its texts."
    return "\n".join([*lines, "", space, ""])
