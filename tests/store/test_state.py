"""The state's number: equal numbers are equal feeds, whoever writes, and a poll without news moves nothing."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from msgspec import structs
from sqlalchemy import Connection

from aggregator.changes import Changes
from aggregator.model import Board, Poll, Topic
from aggregator.store import Selection, Store, boards, headlines, polls, retention, topics
from aggregator.store.copies import backup, restore
from aggregator.store.state import Moved, State, shows
from tests.store.conftest import NOW
from tests.store.test_contract import headline, spec

Write = Callable[[Connection, Board], object]
LATER = NOW + timedelta(minutes=1)
IDLE = Poll(board="news", started_at=NOW, finished_at=NOW, result="unchanged", rows=3)


def applied(**changes: object) -> Write:
    """Store changes as a poll would."""
    told = Changes(**changes)  # type: ignore[arg-type]  # whatever the case gives
    return lambda conn, board: headlines.apply(conn, board, told, LATER)


def administered(**said: object) -> Write:
    """Let the board be otherwise."""
    return lambda conn, _: boards.restate(conn, structs.replace(spec(), **said), LATER)


MOVING: dict[str, Write] = {
    "a new headline": applied(new=(headline(9),)),
    "an edit": applied(changed=(headline(1, title="다른 제목"),)),
    "another number": applied(restated=(structs.replace(headline(1), number=77),)),
    "a deletion": applied(gone=(1,)),
    "a return": applied(back=(3,)),
    "a purge": lambda conn, board: retention.purge(conn, board.id, [1], LATER),
    "a new name": administered(name="다른 이름"),
    "a private board": administered(private=True),
    "tags": administered(tags=("ai",)),
    "a removal": lambda conn, board: boards.remove(conn, board.slug, LATER),
    "a purged removal": lambda conn, board: boards.remove(conn, board.slug, LATER, purge=True),
    "a pause": lambda conn, board: boards.pause(conn, board.slug, paused=True, now=LATER),
    "another board": lambda conn, _: boards.add(conn, spec("other"), LATER),
    "a topic": lambda conn, _: topics.add(conn, Topic(slug="x", title="X", filter="x"), LATER),
    "a topic's end": lambda conn, _: topics.remove(conn, "ai", LATER),
}
STILL: dict[str, Write] = {
    "nothing": lambda *_: None,
    "no changes": applied(),
    "a poll without news": lambda conn, board: polls.record(conn, board.id, IDLE, polls.After(next_poll_at=LATER)),
    "rows that were missed": applied(missed=(1,)),
}


@pytest.fixture
async def board(store: Store) -> Board:
    """A board with three headlines, the last deleted, and a topic."""
    board = await store.write(boards.add, spec(), NOW)
    await store.write(headlines.apply, board, Changes(new=(headline(1), headline(2), headline(3))), NOW)
    await store.write(headlines.apply, board, Changes(gone=(3,)), NOW)
    await store.write(topics.add, Topic(slug="ai", title="AI", filter="ai"), NOW)
    return board


async def said(store: Store) -> object:
    """All that a feed of everything shows."""
    shown = await store.read(headlines.select, Selection(dup="all"))
    return shown, [(one.slug, one.paused) for one in await store.read(boards.every)], await store.read(topics.every)


@pytest.mark.parametrize("name", MOVING)
async def test_what_feeds_show_moves_the_number(store: Store, board: Board, name: str) -> None:
    """Whatever changes a feed has moved the number once it is seen, and what came is told from all else."""
    before, shown = await store.state(), await said(store)
    await store.write(MOVING[name], board)
    assert await said(store) != shown
    now, only_came = await store.state(), name == "a new headline"
    assert now == State(before.number + 1, before.changed if only_came else before.number + 1)


@pytest.mark.parametrize("name", STILL)
async def test_what_no_feed_shows_leaves_the_number(store: Store, board: Board, name: str) -> None:
    """A poll without news costs no reader a new document."""
    before, shown = await store.state(), await said(store)
    await store.write(STILL[name], board)
    assert (await store.state(), await said(store)) == (before, shown)


async def test_a_write_that_fails_moves_nothing(store: Store, board: Board) -> None:
    """The number is counted in the transaction."""

    def failing(conn: Connection) -> None:
        boards.remove(conn, board.slug, LATER)
        raise RuntimeError

    before = await store.state()
    with pytest.raises(RuntimeError):
        await store.write(failing)
    assert await store.state() == before


async def test_another_file_in_the_store_s_place_is_another_state(tmp_path: Path) -> None:
    """A backup that was put back may have the very number that is known; what was kept by it is not as new."""
    url = f"sqlite:///{tmp_path}/store.db"
    async with await Store.open(url, authority="a.example", now=NOW) as store:
        before = await store.state()
        await asyncio.to_thread(backup, url, tmp_path / "copy.db")
        await asyncio.to_thread(partial(restore, url, tmp_path / "copy.db", NOW, force=True))
        assert await store.state() != before
        assert await store.state() == await store.state()


async def test_another_process_moves_it_too(store: Store, board: Board, url: str) -> None:
    """What a command writes beside a server is seen by the server."""
    before = await store.state()
    async with await Store.open(url, authority="feeds.example", now=NOW) as beside:
        await beside.write(MOVING["a removal"], board)
        assert await beside.state() == State(before.number + 1, before.number + 1)
    while await store.state() == before:  # noqa: ASYNC110  another process sets no event here
        await asyncio.sleep(0)  # It is asked once for all whom the loop has heard.
    assert await store.state() == State(before.number + 1, before.number + 1)


@pytest.mark.parametrize(
    ("statement", "moves"),
    [
        ("SELECT 1 FROM headlines", None),
        ("INSERT INTO polls (id) VALUES (1)", None),
        ("UPDATE boards SET claimed_until=?, next_poll_at=coalesce(boards.next_poll_at, ?) WHERE x = 1", None),
        ("UPDATE headlines SET number=coalesce(?, headlines.number), pinned=? WHERE headlines.board_id = ?", "changes"),
        ("UPDATE headlines SET place=? WHERE headlines.title=?", None),
        ("DELETE FROM headlines WHERE headlines.board_id = ?", "changes"),
        ("UPDATE topics SET filter=?", "changes"),
        ("INSERT INTO headlines (arrival) VALUES (?) ON CONFLICT DO NOTHING", "arrivals"),
        ("INSERT INTO topics (slug) VALUES (?)", "changes"),
    ],
)
def test_statements_are_judged_by_what_they_set(statement: str, moves: Moved | None) -> None:
    """What no feed shows is named; all else moves."""
    assert shows(statement) == moves
