"""The schedule in one process: APScheduler ticks, the tick claims what is due, every claim becomes one task.

The store's ``next_poll_at`` is the truth; no board has a job of its own (LIBRARIES: a job a board costs seconds at
start and fires twice across processes).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from aggregator.model import Board

TICK = timedelta(seconds=1)
FIRST_CHORE = timedelta(minutes=1)


class Chore(NamedTuple):
    """House-keeping: ``work`` is done soon after the start and then ``every`` so often, never twice at once."""

    work: Callable[[], Awaitable[None]]
    every: timedelta


@asynccontextmanager
async def ticking(
    claim: Callable[[int], Awaitable[list[Board]]],
    poll: Callable[[Board], Awaitable[object]],
    *,
    concurrency: int,
    tick: timedelta = TICK,
    chores: Sequence[Chore] = (),
) -> AsyncIterator[None]:
    """Poll due boards until left: ``claim(n)`` takes at most n of them, ``poll(board)`` runs as a task of its own.

    On leaving, no new board is claimed and running polls are cancelled and waited for; their claims end by themselves.
    """
    running: set[asyncio.Task[object]] = set()

    async def start_due() -> None:
        if (free := concurrency - len(running)) > 0:
            for board in await claim(free):
                task: asyncio.Task[object] = asyncio.ensure_future(poll(board))
                running.add(task)
                task.add_done_callback(running.discard)

    scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None})
    scheduler.add_job(start_due, "interval", seconds=tick.total_seconds())
    for work, every in chores:
        first = datetime.now(UTC) + min(every, FIRST_CHORE)
        scheduler.add_job(work, "interval", seconds=every.total_seconds(), next_run_time=first)
    await start_due()
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)
        await asyncio.sleep(0)  # its shutdown is carried out on the loop's next turn
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
