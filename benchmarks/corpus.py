"""A store of headlines that nobody wrote, put together by bulk SQL; each word is as frequent as it is meant to be."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path
from random import Random
from typing import Any

from aggregator.filters.grams import indexed
from aggregator.folding import fold
from aggregator.model import BoardSpec, Headline
from aggregator.store import Store, Transaction, boards
from aggregator.store.twins import text_hash

BOARDS = 1_000
# A board's headlines come as a poll finds them: so many at a time.
A_POLL = 20
WHEN = datetime(2026, 11, 1, tzinfo=UTC)
MICROSECONDS = 1_000_000
# One in so many titles has them, a third of these in the middle of a word.
FREQUENT = {"의대": 24, "조국": 40, "일본": 30}
RARE = {"영수회담": 160, "특검": 160}
_TEXTS = ("title", "title_fold", "title_hash", "source", "source_fold", "url", "url_hash", "number")
_TIMES = ("moment", "published", "precision", "first_seen", "updated")
_COLUMNS = ("arrival", "board_id", "key", "listed", "twin", *_TEXTS, *_TIMES, "pinned", "place")
_INSERT = f"INSERT INTO headlines ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608  ours
_INDEX = "INSERT INTO headline_grams (rowid, grams) VALUES (?, ?)"


def titles(seed: int = 1) -> Iterator[str]:
    """Yield titles without end: four to eight words of a vocabulary whose words are used as unevenly as real ones."""
    dealt = Random(seed)  # noqa: S311  the same titles each time
    syllables = [chr(0xAC00 + dealt.randrange(11_172)) for _ in range(700)]
    words = ["".join(dealt.choices(syllables, k=dealt.randint(2, 4))) for _ in range(8_000)]
    weights = list(accumulate(1 / (rank + 20) for rank in range(len(words))))
    while True:
        title = dealt.choices(words, cum_weights=weights, k=dealt.randint(4, 8))
        for word, one_in in (FREQUENT | RARE).items():
            if dealt.randrange(one_in) == 0:
                at = dealt.randrange(len(title))
                title[at] = title[at] + word + title[at][:1] if dealt.randrange(3) == 0 else word
        yield " ".join(title)


def headlines() -> Iterator[Headline]:
    """Yield headlines without end, as a poll finds them."""
    for number, title in enumerate(titles(seed=2)):
        yield Headline(key=str(number), title=title, number=number, source="랭크뉴스", url=f"http://a.example/{number}")


def rows() -> Iterator[dict[str, Any]]:
    """Yield rows of the table of headlines without end, as they are inserted."""
    times = dict.fromkeys(("moment", "published", "first_seen", "updated"), WHEN)
    for arrival, title in enumerate(titles(seed=2), 1):
        yield {**dict(zip(_COLUMNS, _row(arrival, title), strict=True)), **times}


def stored(file: Path, rows: int) -> str:
    """Return the URL of a store with so many headlines on a thousand boards, made in ``file``."""
    url = f"sqlite:///{file}"
    asyncio.run(_opened(url))
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        made = zip(range(1, rows + 1), titles(), strict=False)
        while some := list(islice(made, 20_000)):
            connection.execute("BEGIN")
            connection.executemany(_INSERT, [_row(*one) for one in some])
            connection.executemany(_INDEX, [_indexed(*one) for one in some])
            connection.execute("COMMIT")
        connection.execute("UPDATE identity SET arrival = ?", (rows,))
        connection.execute("PRAGMA optimize")
    return url


async def _opened(url: str) -> None:
    async with await Store.open(url, authority="bench.example", now=WHEN) as store:
        await store.write(_boards)


def _boards(tx: Transaction) -> None:
    every = timedelta(minutes=10)
    for n in range(BOARDS):
        spec = BoardSpec(slug=f"b{n}", name=f"b{n}", url=f"http://b{n}.example/", timezone="UTC", every=every)
        boards.add(tx, spec, WHEN)


def _board(arrival: int) -> int:
    return 1 + arrival // A_POLL * 619 % BOARDS


def _source(arrival: int) -> str:
    return f"언론사{arrival % 37}"


def _row(arrival: int, title: str) -> tuple[object, ...]:
    key, at = str(arrival), arrival * 30 * MICROSECONDS
    url = f"https://board{_board(arrival)}.example/news/{arrival}"
    # Folding leaves titles of syllables as they are.
    told = title, None, text_hash(title), _source(arrival), None, url, text_hash(url)
    return (arrival, _board(arrival), key, key, arrival, *told, arrival, at, at, "minute", at, at, False, arrival)


def _indexed(arrival: int, title: str) -> tuple[int, str]:
    return arrival, f"board{_board(arrival)} {indexed(fold(title), _source(arrival))}"
