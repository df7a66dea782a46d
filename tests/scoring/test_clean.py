"""The poller, judged by the scoring site over a simulated time with restarts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from aggregator.fetch import Fetcher, Limits
from aggregator.model import BoardSpec
from aggregator.poll import poll
from aggregator.settings import PollingSettings
from aggregator.store import Store, boards, claims
from aggregator.store.origins import StoredMemory
from tests.fetch.origin import Clock, Names
from tests.scoring.kinds import lay_out
from tests.scoring.rules import RULES, Terms, judged
from tests.scoring.site import ScoringSite

HOUR = timedelta(hours=1)
LEASE = timedelta(minutes=5)
POLLING = PollingSettings(floor=timedelta(minutes=5), host_gap=timedelta(0))


def limits() -> Limits:
    """The program's limits, without a gap, which would be waited for in earnest."""
    second = timedelta(seconds=5)
    return Limits(
        timeout=second,
        connect_timeout=second,
        read_timeout=second,
        max_bytes=200_000,
        host_gap=timedelta(0),
        concurrency=20,
        user_agent="headline-aggregator/0.1 (+https://feeds.example/contact)",
        allow_private=("127.0.0.1",),
    )


class Poller:
    """The program's parts as they are wired in it, living from one restart to the next in simulated time."""

    def __init__(self, file: Path, clock: Clock) -> None:
        """Keep the store in ``file``."""
        self.url = f"sqlite:///{file}"
        self.clock = clock

    @asynccontextmanager
    async def running(self) -> AsyncIterator[tuple[Store, Fetcher]]:
        """The poller's store and fetcher, until it is stopped."""
        async with await Store.open(self.url, authority="feeds.example", now=self.clock()) as store:
            await store.write(claims.release_all)
            async with Fetcher(limits(), clock=self.clock, resolver=Names(), memory=StoredMemory(store)) as fetcher:
                yield store, fetcher

    async def run(self, span: timedelta) -> None:
        """Poll whatever is due for so long, each time at the very moment at which it is due."""
        end = self.clock.now + span
        async with self.running() as (store, fetcher):
            while self.clock.now < end:
                due = await store.write(claims.claim, self.clock.now, LEASE, 20)
                await asyncio.gather(
                    *(poll(one, fetcher=fetcher, store=store, clock=self.clock, polling=POLLING) for one in due)
                )
                if not due:
                    waiting = [board for board in await store.read(boards.every) if not board.paused]
                    self.clock.now = min([end, *(board.next_poll_at for board in waiting)])


async def test_twenty_one_of_twenty_one_rules_are_kept(tmp_path: Path) -> None:
    """Over thirty hours with three restarts no request to a page of any kind breaks a rule."""
    clock = Clock()
    site, poller = ScoringSite(clock), Poller(tmp_path / "s.db", clock)
    async with site.open():
        urls = lay_out(site, HOUR)
        async with poller.running() as (store, _):
            specs = [
                BoardSpec(slug=f"b{n}", name="b", url=url, timezone="UTC", every=HOUR) for n, url in enumerate(urls)
            ]
            await store.write(boards.seed, specs, clock.now)
        for hours in (3, 1, 4, 22):
            await poller.run(hours * HOUR)
    assert judged(site.log, Terms(given=set(urls), interval=HOUR)) == {}
    assert len(RULES) == 21
    assert len(site.log) > 500
