"""A machine that sleeps for hours: its clock has gone on, what it did has not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from aiohttp import web
from aiohttp.typedefs import Middleware

from aggregator import app
from aggregator.demo import SimulatedBoard, site
from aggregator.demo.faults import PageHandler, hold
from aggregator.demo.site import BOARDS, FAULTS
from aggregator.fetch import Fetcher
from aggregator.model import BoardSpec
from aggregator.service import Service
from aggregator.settings import PollingSettings, Settings
from aggregator.store import Store, boards, polls
from tests.fetch.origin import Names
from tests.program import site_on_loopback
from tests.walking import START

GAP, HOUR = timedelta(milliseconds=60), timedelta(hours=1)
ANSWER_SECONDS = 0.02
AT_ONCE = 3
POLLING = PollingSettings(host_gap=GAP, concurrency=AT_ONCE, allow_private=("127.0.0.1",))


class Sleeper:
    """A clock that goes on by itself, and further while the machine sleeps."""

    slept = timedelta()

    def __call__(self) -> datetime:
        """The time now."""
        return datetime.now(UTC) + self.slept


class Visit(NamedTuple):
    """A request for a list page, its times by the loop's clock."""

    host: str
    board: str
    began: float
    ended: float


class Bed(NamedTuple):
    """What the machine polls, and what of that was seen."""

    clock: Sleeper
    site: web.Application
    store: Store
    visits: list[Visit]
    begun: list[str]

    async def recorded(self, count: int) -> None:
        """Wait for the records of so many polls."""
        async with asyncio.timeout(20):
            while await self._records() < count:  # noqa: ASYNC110 - a service on a store sets no event
                await asyncio.sleep(0.01)

    async def _records(self) -> int:
        return sum([len(await self.store.read(polls.recent, slug, 9)) for slug in self.site[BOARDS]])


@asynccontextmanager
async def polling(folder: Path, hosts: int, each: int) -> AsyncIterator[Bed]:
    """A service that polls so many hosts with so many boards each every hour."""
    slugs = [f"h{host}b{number}" for host in range(hosts) for number in range(each)]
    clock, visits, begun = Sleeper(), list[Visit](), list[str]()
    served = site({slug: _board() for slug in slugs}, clock)
    served.middlewares.append(_watched(visits, begun))
    names, settings = Names(), Settings(polling=POLLING)
    async with (
        site_on_loopback(served) as root,
        await Store.open(f"sqlite:///{folder}/bed.db", authority="a.example", now=START) as store,
        Fetcher(app.limits(settings), clock=clock, resolver=names) as fetcher,
    ):
        names.port = int(root.rpartition(":")[2])
        for slug in slugs:
            url = f"http://{slug[:2]}.example/index.php?mid={slug}"
            spec = BoardSpec(slug=slug, name=slug, url=url, timezone="Asia/Seoul", every=HOUR)
            await store.write(boards.add, spec, clock())
        async with Service(store, settings, clock).polling(fetcher):
            yield Bed(clock, served, store, visits, begun)


def _board() -> SimulatedBoard:
    board = SimulatedBoard("뉴스")
    board.post("첫 소식", "연합", START)
    return board


def _watched(visits: list[Visit], begun: list[str]) -> Middleware:
    @web.middleware
    async def watched(request: web.Request, handler: PageHandler) -> web.StreamResponse:
        if "mid" not in request.query:
            return await handler(request)
        board, time = request.query["mid"], asyncio.get_running_loop().time
        begun.append(board)
        began = time()
        await asyncio.sleep(ANSWER_SECONDS)
        answer = await handler(request)
        visits.append(Visit(request.host, board, began, time()))
        return answer

    return watched


async def test_a_machine_that_slept_catches_up_without_a_burst(tmp_path: Path) -> None:
    """After eight hours every board is asked once, so many at once and so far apart at a host as ever."""
    async with polling(tmp_path, hosts=5, each=3) as bed:
        await bed.recorded(15)
        bed.clock.slept += 8 * HOUR
        await bed.recorded(30)
    caught_up = bed.visits[15:]
    assert sorted(bed.begun[15:]) == sorted({visit.board for visit in bed.visits})
    at_once = [sum(one.began <= visit.began < one.ended for one in caught_up) for visit in caught_up]
    assert 1 < max(at_once) <= AT_ONCE
    for host in {visit.host for visit in caught_up}:
        own = sorted((visit for visit in caught_up if visit.host == host), key=lambda visit: visit.began)
        gaps = [after.began - before.ended for before, after in pairwise(own)]
        assert len(gaps) == 2
        assert min(gaps) >= GAP.total_seconds() * 0.8


async def test_a_poll_that_slept_is_still_the_only_one_of_its_board(tmp_path: Path) -> None:
    """Its claim ran out by the clock, but it is under way: the board is not polled beside it."""
    released = asyncio.Event()
    async with polling(tmp_path, hosts=2, each=1) as bed:
        await bed.recorded(2)
        bed.site[FAULTS].append(hold(released))
        bed.clock.slept += 8 * HOUR
        await bed.recorded(3)
        (held,) = bed.site[BOARDS].keys() - {bed.visits[2].board}
        bed.clock.slept += 8 * HOUR
        await bed.recorded(4)
        released.set()
    assert bed.begun.count(held) == 2
