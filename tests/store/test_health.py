"""States of boards: judged from rows, recorded when they change, alike on both databases."""

from datetime import timedelta
from functools import partial

from aggregator.housekeeping import judge
from aggregator.model import Board, Poll
from aggregator.store import Store, boards, health, polls
from aggregator.store.polls import After
from tests.store.conftest import NOW
from tests.store.test_contract import spec

LATER = NOW + timedelta(minutes=1)


async def failed(store: Store, board: Board, times: int) -> None:
    """Record polls that came to nothing."""
    for n in range(1, times + 1):
        poll = Poll(board=board.slug, started_at=NOW, finished_at=NOW, result="later", stage="fetch", error="timed out")
        await store.write(polls.record, board.id, poll, After(next_poll_at=NOW, failures=n))


async def test_a_change_is_recorded_once(store: Store) -> None:
    """A board is well at first; what it came into later is told with its reason, and judged again only after a poll."""
    board = await store.write(boards.add, spec(), NOW)
    last, first = await judge(store, 0, NOW)
    assert [change.state for change in first] == ["ok"]
    await failed(store, board, 3)
    last, second = await judge(store, last, LATER)
    assert [(change.state, change.since) for change in second] == [("failing", LATER)]
    assert second[0].sentence == "3 failures in a row: fetch: timed out"
    assert await judge(store, last, LATER) == (last, [])
    assert [one.state for one in await store.read(health.changes, 10)] == ["failing"]
    assert [one.state for one in await store.read(health.current)] == ["failing"]


async def test_a_paused_board_is_judged_without_a_poll(store: Store) -> None:
    """Pausing and resuming are changes too."""
    await store.write(boards.add, spec(), NOW)
    last, _ = await judge(store, 0, NOW)
    for paused, state in ((True, "paused"), (False, "ok")):
        await store.write(partial(boards.pause, slug="news", paused=paused, now=NOW))
        last, changed = await judge(store, last, LATER)
        assert [change.state for change in changed] == [state]


async def test_the_worst_stands_first(store: Store) -> None:
    """Boards that need a look come before those that are well."""
    for slug in ("a", "b", "c"):
        board = await store.write(boards.add, spec(slug), NOW)
        if slug == "b":
            await failed(store, board, 4)
    await judge(store, 0, NOW)
    assert [one.board for one in await store.read(health.current)] == ["b", "a", "c"]
