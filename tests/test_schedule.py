"""When a board is polled: one pure rule, and a tick that starts what is due."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from aggregator.manners import Standing
from aggregator.model import Board, PollResult
from aggregator.schedule import CEILING, LONGEST_WISH, Wishes, jitter, moved, next_poll
from aggregator.schedule.inprocess import Chore, ticking
from aggregator.timing import Timing

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TICK = timedelta(milliseconds=5)
intervals = st.timedeltas(timedelta(seconds=1), timedelta(days=2))
wished = st.builds(Wishes, floor=intervals, more=st.booleans())


def board(slug: str = "news", every: timedelta = timedelta(minutes=10)) -> Board:
    """Return a board as the store would."""
    return Board(id=1, slug=slug, name=slug, url="http://a.example/", timezone="UTC", every=every, next_poll_at=NOW)


@given(intervals, wished, st.sampled_from(get_args(PollResult)), st.integers(1, 10_000))
def test_no_board_is_due_before_the_floor(every: timedelta, wishes: Wishes, outcome: PollResult, failures: int) -> None:
    """Whatever happened, the next poll is at least the floor away and not for ever away."""
    due = next_poll(board(every=every), outcome, failures, wishes, NOW)
    assert NOW + wishes.floor <= due <= NOW + max(CEILING, wishes.floor)


@given(intervals)
def test_a_far_sides_wish_is_honoured(wish: timedelta) -> None:
    """Neither Retry-After nor max-age is undercut."""
    for wishes in (Wishes(floor=TICK, retry_after=wish), Wishes(floor=TICK, fresh_for=wish)):
        assert next_poll(board(), "unchanged", 0, wishes, NOW) >= NOW + wish


@given(intervals, intervals, st.lists(st.floats(0, 1.1), min_size=2, max_size=2))
def test_a_new_interval_keeps_boards_as_they_follow_each_other(
    every: timedelta, interval: timedelta, waits: list[float]
) -> None:
    """Each still waits in proportion, so that none is due with all the others; cron boards wait as they did."""
    spread = [structs.replace(board(every=every), next_poll_at=NOW + every * wait) for wait in sorted(waits)]
    first, second = (moved(one, interval, timedelta(0), NOW) for one in spread)
    # A wait is a whole number of microseconds, and so is what is left over of one, however much longer it becomes.
    rounding = timedelta(milliseconds=1) + timedelta(microseconds=1) * (interval / every)
    assert NOW <= first <= second <= NOW + interval * 1.1 + rounding
    by_cron = structs.replace(spread[0], timing=Timing(cron="0 9 * * mon"))
    assert moved(by_cron, interval, timedelta(0), NOW) == by_cron.next_poll_at


@given(intervals, intervals, intervals)
def test_a_new_interval_undercuts_neither_floor_nor_wish(every: timedelta, floor: timedelta, wish: timedelta) -> None:
    """What the far side asked for is kept whatever an admin changes."""
    asked = structs.replace(board(every=every), standing=Standing(asked_at=NOW, not_before=NOW + wish))
    assert moved(asked, TICK, floor, NOW) >= NOW + max(floor, wish)


def test_an_endless_wish_is_capped_at_a_week() -> None:
    """A Retry-After of a century does not silence a board for ever."""
    wishes = Wishes(floor=TICK, retry_after=timedelta(days=36500))
    assert next_poll(board(), "later", 1, wishes, NOW) == NOW + LONGEST_WISH


def test_what_was_not_seen_is_read_at_the_floor() -> None:
    """While there is more to read the floor is the interval; a failure waits like any other."""
    wishes = Wishes(floor=TICK, more=True)
    assert next_poll(board(), "changed", 0, wishes, NOW) == NOW + TICK
    assert next_poll(board(), "later", 1, wishes, NOW) == next_poll(board(), "later", 1, Wishes(floor=TICK), NOW)


@pytest.mark.parametrize("outcome", ["later", "person", "gone"])
def test_failures_in_a_row_wait_longer_each_time(outcome: PollResult) -> None:
    """The wait doubles with each failure until a day is reached."""
    dues = [next_poll(board(), outcome, failures, Wishes(floor=TICK), NOW) for failures in range(1, 12)]
    assert dues == sorted(dues)
    assert dues[1] - NOW == 2 * (dues[0] - NOW)
    assert dues[-1] == NOW + CEILING


@given(st.text())
def test_jitter_stays_within_a_tenth(slug: str) -> None:
    """A board's own factor is within ten percent of one, and always the same."""
    assert 0.9 <= jitter(slug) <= 1.1
    assert jitter(slug) == jitter(slug)


def test_boards_of_one_interval_drift_apart() -> None:
    """A hundred boards with the same interval are not due at the same instant."""
    dues = {next_poll(board(f"b{n}"), "unchanged", 0, Wishes(floor=TICK), NOW) for n in range(100)}
    assert len(dues) == 100


async def test_due_boards_are_polled_at_once_and_within_the_concurrency() -> None:
    """What is due at the start is polled before the first tick, and never more at once than asked for."""
    due = [board(f"b{n}") for n in range(7)]
    polled: list[str] = []
    at_once: list[int] = []
    done, running = asyncio.Event(), 0

    async def claim(free: int) -> list[Board]:
        return [due.pop() for _ in range(min(free, len(due)))]

    async def poll(one: Board) -> None:
        nonlocal running
        running += 1
        at_once.append(running)
        await asyncio.sleep(0)
        running -= 1
        polled.append(one.slug)
        if len(polled) == 7:
            done.set()

    async with ticking(claim, poll, concurrency=lambda: 2, tick=TICK):
        await asyncio.wait_for(done.wait(), 10)
    assert (sorted(polled), max(at_once)) == ([f"b{n}" for n in range(7)], 2)


async def test_chores_are_done_beside_the_polls() -> None:
    """House-keeping comes round every so often, and never twice at once."""
    rounds, done, busy = 0, asyncio.Event(), False

    async def work() -> None:
        nonlocal rounds, busy
        assert not busy
        busy, rounds = True, rounds + 1
        await asyncio.sleep(0)
        busy = False
        if rounds == 3:
            done.set()

    async def claim(_: int) -> list[Board]:
        return []

    async with ticking(claim, work_of_none, concurrency=lambda: 1, tick=TICK, chores=[Chore(work, TICK)]):
        await asyncio.wait_for(done.wait(), 10)


async def work_of_none(_: Board) -> None:
    """Poll nothing."""


async def test_places_that_become_free_are_taken_before_the_next_tick() -> None:
    """A host's boards, claimed one after the other, follow each other at once."""
    due = [board(f"b{n}") for n in range(5)]
    done = asyncio.Event()

    async def claim(_: int) -> list[Board]:
        return [due.pop()] if due else []

    async def poll(_: Board) -> None:
        if not due:
            done.set()

    async with ticking(claim, poll, concurrency=lambda: 2, tick=timedelta(hours=1)):
        await asyncio.wait_for(done.wait(), 10)


@pytest.mark.parametrize("grace", [timedelta(0), timedelta(seconds=10)])
async def test_leaving_lets_polls_end_and_stops_the_others(grace: timedelta) -> None:
    """On the way out running polls may end by themselves for a while; whoever does not is cancelled and waited for."""
    started, ended = asyncio.Event(), list[bool]()
    due = [board()]

    async def claim(_: int) -> list[Board]:
        return [due.pop()] if due else []

    async def poll(_: Board) -> None:
        started.set()
        try:
            await asyncio.sleep(0.01 if grace else 60)
            ended.append(True)
        except asyncio.CancelledError:
            ended.append(False)
            raise

    async with ticking(claim, poll, concurrency=lambda: 2, tick=TICK, grace=grace):
        await asyncio.wait_for(started.wait(), 10)
    assert ended == [bool(grace)]
