"""Statements are counted, because counts do not wobble."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import Connection, Engine, event

from aggregator.changes import Changes
from aggregator.filters import parse
from aggregator.look import Answer
from aggregator.model import Page
from aggregator.poll import take
from aggregator.reading import Reading
from aggregator.settings import PollingSettings
from aggregator.store import Selection, Store, boards, claims, headlines, places
from aggregator.store.freshness import Freshness, freshness
from tests.store.conftest import NOW
from tests.store.test_contract import headline, spec

HOUR = timedelta(hours=1)


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that any engine executes meanwhile, transactions' own BEGIN and PRAGMA left out."""
    said: list[str] = []

    def hear(*happened: Any) -> None:  # noqa: ANN401  SQLAlchemy's
        if not str(happened[2]).startswith(("BEGIN", "PRAGMA")):
            said.append(str(happened[2]))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A fresh SQLite file: both databases are told the same statements."""
    return f"sqlite:///{tmp_path}/counted.db"


async def test_a_poll_without_news_costs_at_most_four_statements(store: Store) -> None:
    """What is known, the record, the board: that is all."""
    board = await store.write(boards.add, spec(), NOW)
    found = tuple(headline(n) for n in range(20))
    reading = Reading(
        headlines=found, charset="utf-8", confidence=1, numbering="rank", next_page=None, list_url=None, faults=()
    )
    answer = Answer(page=Page(url=board.url, status=200, content_type=None, body=b""), reading=reading)
    await store.write(take, board, answer, NOW, NOW, PollingSettings())
    with counted() as said:
        poll = await store.write(take, board, answer, NOW, NOW, PollingSettings())
    assert poll.result == "unchanged"
    assert len(said) <= 4


@contextmanager
def planned() -> Iterator[list[str]]:
    """How SQLite goes about the statements that are said meanwhile."""
    plans: list[str] = []

    def explain(conn: Connection, _: object, statement: str, parameters: Any, *rest: object) -> None:  # noqa: ANN401, ARG001  SQLAlchemy's
        raw = conn.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)
        plans.extend(str(row[3]) for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))

    event.listen(Engine, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(Engine, "before_cursor_execute", explain)


async def test_a_page_is_met_without_going_through_its_board(store: Store) -> None:
    """Of the rows by place only those between two are read, or each page would cost as much as the board is long."""
    with planned() as plans:
        await store.read(places.around, 1, ["a", "b"], top=False)
        await store.read(headlines.namesakes, 1, ["A", "B"])
    by_place = [plan for plan in plans if "ix_headlines_board_id_place" in plan]
    assert any("title_hash=?" in plan for plan in plans)
    assert by_place
    assert all("place>? AND place<?" in plan for plan in by_place)


async def test_a_tick_looks_at_no_board_that_is_not_due(store: Store) -> None:
    """Neither claiming nor renewing goes through the boards: what is due, and what is claimed, stands in an index."""
    with planned() as plans:
        await store.write(claims.claim, NOW, HOUR, 20)
        await store.write(claims.renew, [1, 2], NOW, HOUR)
    assert any("ix_boards_next_poll_at (next_poll_at<?)" in plan for plan in plans)
    assert any("ix_boards_claimed_until (claimed_until>?)" in plan for plan in plans)
    assert not [plan for plan in plans if plan.startswith("SCAN boards")]


@pytest.mark.parametrize("n", [1, 12])
async def test_a_feed_costs_three_statements_whatever_the_boards(store: Store, n: int) -> None:
    """The entries, the other boards that carry them where there are any, the store's identity."""
    for at in range(n):
        board = await store.write(boards.add, spec(f"b{at}"), NOW)
        await store.write(headlines.apply, board, Changes(new=(headline(1), headline(2))), NOW)
    with counted() as said:
        found = await store.read(headlines.select, Selection())
    assert [len(entry.others) for entry in found] == [n - 1, n - 1]
    assert len(said) == (2 if n == 1 else 3)


async def test_how_long_a_feed_stays_is_read_off_indexes(store: Store) -> None:
    """However many boards there are, the first that runs ends the search; of none nothing is known."""
    with planned() as plans:
        assert await store.read(freshness, None, private=False) == Freshness(None, None)
    assert plans == [f"SCAN boards USING INDEX ix_boards_{name}" for name in ("every", "next_poll_at")]
    for slug, minutes in (("a", 20), ("b", 10), ("c", 5), ("d", 1)):
        board = structs.replace(spec(slug), every=timedelta(minutes=minutes), private=slug == "c")
        await store.write(boards.add, board, NOW + timedelta(minutes=minutes))
    await store.write(boards.pause, "d", paused=True, now=NOW)
    assert await store.read(freshness, None, private=False) == Freshness(
        timedelta(minutes=10), NOW + timedelta(minutes=10)
    )
    assert await store.read(freshness, None, private=True) == Freshness(
        timedelta(minutes=5), NOW + timedelta(minutes=5)
    )
    assert await store.read(freshness, ["a"], private=False) == Freshness(
        timedelta(minutes=20), NOW + timedelta(minutes=20)
    )


@pytest.mark.parametrize("text", ["의대", "의대 (연금 OR source:연합) -증원", "board:news", "board:@ai,local /의.*대/"])
async def test_what_the_index_finds_comes_in_a_feeds_order(store: Store, text: str) -> None:
    """It is asked first and nothing it finds is sorted, so that a feed ends the search with its last entry."""
    for slug in ("news", "local"):
        await store.write(boards.add, spec(slug, tags=("ai",)), NOW)
    with planned() as plans:
        await store.read(headlines.select, Selection(filter=parse(text), dup="all"))
    led = next(at for at, plan in enumerate(plans) if "headline_grams VIRTUAL TABLE" in plan)
    assert plans[led + 1] == "SEARCH headlines USING INTEGER PRIMARY KEY (rowid=?)"
    assert not [plan for plan in plans[led - 1 : led + 2] if "TEMP B-TREE" in plan]
