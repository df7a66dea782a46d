"""Statements are counted, because counts do not wobble."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from aggregator.changes import Changes
from aggregator.look import Answer
from aggregator.model import Page
from aggregator.poll import take
from aggregator.reading import Reading
from aggregator.settings import PollingSettings
from aggregator.store import Selection, Store, boards, headlines, places
from tests.store.conftest import NOW
from tests.store.test_contract import headline, spec


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


async def test_a_page_is_met_without_going_through_its_board(store: Store) -> None:
    """Of the rows by place only those between two are read, or each page would cost as much as the board is long."""
    plans: list[str] = []

    def explain(conn: Connection, _: object, statement: str, parameters: Any, *rest: object) -> None:  # noqa: ANN401, ARG001  SQLAlchemy's
        raw = conn.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)
        plans.extend(str(row[3]) for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters))

    event.listen(Engine, "before_cursor_execute", explain)
    await store.read(places.around, 1, ["a", "b"], top=False)
    await store.read(headlines.namesakes, 1, ["A", "B"])
    event.remove(Engine, "before_cursor_execute", explain)
    by_place = [plan for plan in plans if "ix_headlines_board_id_place" in plan]
    assert any("title_hash=?" in plan for plan in plans)
    assert by_place
    assert all("place>? AND place<?" in plan for plan in by_place)


@pytest.mark.parametrize("n", [1, 12])
async def test_a_feed_costs_three_statements_whatever_the_boards(store: Store, n: int) -> None:
    """The entries, the other boards that carry them, the store's identity."""
    for at in range(n):
        board = await store.write(boards.add, spec(f"b{at}"), NOW)
        await store.write(headlines.apply, board, Changes(new=(headline(1), headline(2))), NOW)
    with counted() as said:
        assert len(await store.read(headlines.select, Selection())) == 2
    assert len(said) == 3
