"""The schedule in one process: APScheduler ticks, the tick claims what is due, every claim becomes one task.

The store's ``next_poll_at`` is the truth; no board has a job of its own (LIBRARIES: a job a board costs seconds at
start and fires twice across processes).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from aggregator.model import Board
from aggregator.schedule.cron import trigger

TICK = timedelta(seconds=1)
# How long running polls may take to end by themselves. One that is cut off forgets the validators it was just given.
GRACE = timedelta(seconds=5)
FIRST_CHORE = timedelta(minutes=1)


class Named(NamedTuple):
    """The times that a checked cron expression names in a zone."""

    cron: str
    zone: ZoneInfo


class Chore(NamedTuple):
    """House-keeping, never twice at once: ``work`` is done soon after the start and then so often, or at named times.

    A time that was slept through is made up for, several of them once.
    """

    work: Callable[[], Awaitable[None]]
    when: timedelta | Named


@asynccontextmanager
async def ticking(
    claim: Callable[[int], Awaitable[list[Board]]],
    poll: Callable[[Board], Awaitable[object]],
    *,
    concurrency: Callable[[], int],
    tick: timedelta = TICK,
    grace: timedelta = GRACE,
    chores: Sequence[Chore] = (),
) -> AsyncIterator[None]:
    """Poll due boards until left: ``claim(n)`` takes at most n of them, ``poll(board)`` runs as a task of its own.

    What is due is claimed at every tick, and as soon as a poll ends and half the places, of which there are as many as
    ``concurrency()`` says by then, are free. On leaving, no new board is claimed; running polls have ``grace`` to end
    and are then cancelled; their claims end by themselves.
    """
    polls = _Polls(claim, poll, concurrency)
    scheduler = scheduled(chores)
    scheduler.add_job(polls.start_due, "interval", seconds=tick.total_seconds())
    await polls.start_due()
    scheduler.start()
    try:
        yield
    finally:
        polls.leaving = True
        scheduler.shutdown(wait=False)
        await asyncio.sleep(0)  # its shutdown is carried out on the loop's next turn
        await polls.ended(grace)


def scheduled(chores: Sequence[Chore]) -> AsyncIOScheduler:
    """A scheduler that is to do the chores once it is started; of times it could not keep it makes up for one."""
    scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None})
    for work, when in chores:
        if isinstance(when, Named):
            scheduler.add_job(work, trigger(when.cron, when.zone))
            continue
        first = datetime.now(UTC) + min(when, FIRST_CHORE)
        scheduler.add_job(work, "interval", seconds=when.total_seconds(), next_run_time=first)
    return scheduler


class _Polls:
    """The polls under way, and the places that are free."""

    def __init__(
        self,
        claim: Callable[[int], Awaitable[list[Board]]],
        poll: Callable[[Board], Awaitable[object]],
        concurrency: Callable[[], int],
    ) -> None:
        self._claim = claim
        self._poll = poll
        self._concurrency = concurrency
        self._claiming = asyncio.Lock()
        self._under_way = 0
        self._tasks: set[asyncio.Task[object]] = set()
        self.leaving = False

    async def start_due(self) -> None:
        """Claim what is due for the free places; whoever comes while that is being done leaves it at that.

        Who claims may learn that there are more places by now, so it is asked where none is free too, and then again.
        """
        if self._claiming.locked() or self.leaving:
            return
        async with self._claiming:
            places = -1
            while places < self._concurrency():
                places = self._concurrency()
                for board in await self._claim(max(0, places - self._under_way)):
                    self._start(board)

    def _start(self, board: Board) -> None:
        self._under_way += 1
        task: asyncio.Task[object] = asyncio.ensure_future(self._polled(board))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _polled(self, board: Board) -> None:
        try:
            if not self.leaving:
                await self._poll(board)
        finally:
            self._under_way -= 1
        if self._under_way < self._concurrency() / 2:
            await self.start_due()

    async def ended(self, grace: timedelta) -> None:
        """Wait for them all, and cut off those who take longer."""
        loop = asyncio.get_running_loop()
        last = loop.time() + grace.total_seconds()
        while self._tasks and (left := last - loop.time()) > 0:
            await asyncio.wait(self._tasks, timeout=left)
        late = set(self._tasks)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
