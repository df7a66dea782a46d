"""Politeness: one request at a time to a host, a gap between two, and silence where a server asked for it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from msgspec import structs
from yarl import URL

from aggregator.fetch.answers import Answer, wish
from aggregator.fetch.failures import not_yet
from aggregator.fetch.origins import Origin, Origins

# A longer wait for a host's turn (a Crawl-delay of hours) is the schedule's to keep, not a waiting task's.
PATIENCE = timedelta(minutes=1)
# So many refusals, less the answers in between, are the host's and no longer those of single URLs.
REPEATS = 5
# How long a host that refuses without a wish is left alone, doubled with every further refusal.
REST = timedelta(minutes=1)

_REFUSED = {429, 503}
_MOST_REFUSALS = REPEATS + 6
_MOST_DOUBLINGS = 3
_NOTHING = timedelta(0)


def gap_between(gap: timedelta, delay: timedelta | None, refusals: int) -> timedelta:
    """The least time between two requests to a host: ours or its Crawl-delay, doubled with its refusals.

    >>> str(gap_between(timedelta(seconds=1), timedelta(seconds=10), 1))
    '0:00:20'
    """
    return max(gap, delay or gap) * (1 << min(refusals, _MOST_DOUBLINGS))


class _Host:
    """A host's turn, and when its last request ended on the event loop's clock."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.last_end: float | None = None


class Politeness:
    """Hands out turns, host by host; whoever waits for one host keeps nobody from another."""

    def __init__(self, gap: timedelta, origins: Origins, clock: Callable[[], datetime]) -> None:
        self.gap = gap
        self._origins = origins
        self._clock = clock
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, url: URL, delay: timedelta | None = None) -> AsyncIterator[None]:
        """Hold the host of ``url`` for one request, begun no sooner than a gap after the last one ended.

        ``delay`` (its Crawl-delay) raises the gap, and so do refusals. First come, first served. Raises NotYetError
        where the gap would be waited for longer than PATIENCE, and where ``url`` is to be left alone.
        """
        await self._quiet_over(url)
        host = self._hosts.setdefault(url.raw_host or "", _Host())
        async with host.turn:
            refusals = (await self._quiet_over(url)).refusals  # whoever had the turn before may have been told to go
            gap = gap_between(self.gap, delay, refusals)
            await self._gap_over(host, gap, url)
            try:
                yield
            finally:
                host.last_end = asyncio.get_running_loop().time()

    async def _gap_over(self, host: _Host, gap: timedelta, url: URL) -> None:
        if host.last_end is None:
            return
        wait = timedelta(seconds=host.last_end - asyncio.get_running_loop().time()) + gap
        if wait > PATIENCE:
            raise not_yet(f"{url.raw_host} wants {gap} between two requests", url=str(url), retry_after=wait)
        await asyncio.sleep(max(wait.total_seconds(), 0))

    async def hear(self, url: URL, answer: Answer) -> None:
        """Take an answer's refusal for what it is: first its URL's, after REPEATS of them the origin's."""
        known = await self._origins.of(url)
        if answer.status not in _REFUSED:
            if known.refusals:
                await self._origins.keep(url, structs.replace(known, refusals=known.refusals - 1))
            return
        refusals = min(known.refusals + 1, _MOST_REFUSALS)
        wished = wish(answer.headers, self._clock()) or _NOTHING
        silenced = {str(url): wished} if wished else {}
        if refusals >= REPEATS:
            silenced[str(url.origin())] = wished or REST * 2 ** (refusals - REPEATS)
        await self._silenced(url, structs.replace(known, refusals=refusals), silenced)

    async def silence(self, url: URL, wished: timedelta) -> None:
        """Remember not to ask ``url`` again until ``wished`` has passed."""
        await self._silenced(url, await self._origins.of(url), {str(url): wished})

    async def _silenced(self, url: URL, known: Origin, wishes: dict[str, timedelta]) -> None:
        now = self._clock()
        until = {name: now + wished for name, wished in wishes.items()}
        await self._origins.keep(url, structs.replace(known, silent={**known.silent, **until}))

    async def _quiet_over(self, url: URL) -> Origin:
        known, now = await self._origins.of(url), self._clock()
        for name in (str(url.origin()), str(url)):
            left = known.silent.get(name, now) - now
            if left > _NOTHING:
                raise not_yet(f"{name} asked to be left alone for another {left}", url=str(url), retry_after=left)
        return known
