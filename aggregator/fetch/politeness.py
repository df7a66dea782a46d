"""Politeness: one request at a time to a host, a gap between two, and silence where a server asked for it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from yarl import URL

from aggregator.fetch.failures import try_later

# A longer wait for a host's turn (a Crawl-delay of hours) is the schedule's to keep, not a waiting task's.
PATIENCE = timedelta(minutes=1)


class _Host:
    """A host's turn, and when its last request ended on the event loop's clock."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.last_end: float | None = None


class Politeness:
    """Hands out turns, host by host; whoever waits for one host keeps nobody from another."""

    def __init__(self, gap: timedelta, clock: Callable[[], datetime]) -> None:
        self._gap = gap
        self._clock = clock
        self._hosts: dict[str, _Host] = {}
        self._silent_until: dict[str, datetime] = {}

    @asynccontextmanager
    async def turn(self, url: URL, delay: timedelta | None = None) -> AsyncIterator[None]:
        """Hold the host of ``url`` for one request, begun no sooner than a gap after the last one ended.

        ``delay`` (its Crawl-delay) raises the gap. First come, first served. Raises TryLaterError where the gap would
        be waited for longer than PATIENCE, and where ``url`` is to be left alone.
        """
        self._quiet_over(url)
        host = self._hosts.setdefault(url.raw_host or "", _Host())
        async with host.turn:
            self._quiet_over(url)  # whoever had the turn before may have been told to go away
            await self._gap_over(host, max(self._gap, delay or self._gap), url)
            try:
                yield
            finally:
                host.last_end = asyncio.get_running_loop().time()

    async def _gap_over(self, host: _Host, gap: timedelta, url: URL) -> None:
        if host.last_end is None:
            return
        wait = timedelta(seconds=host.last_end - asyncio.get_running_loop().time()) + gap
        if wait > PATIENCE:
            raise try_later(f"{url.raw_host} wants {gap} between two requests", url=str(url), retry_after=wait)
        await asyncio.sleep(max(wait.total_seconds(), 0))

    def silence(self, url: str, wish: timedelta) -> None:
        """Remember not to ask ``url`` again until ``wish`` (its Retry-After) has passed."""
        now = self._clock()
        self._silent_until = {other: until for other, until in self._silent_until.items() if until > now}
        self._silent_until[url] = now + wish

    def _quiet_over(self, url: URL) -> None:
        left = self._silent_until.get(str(url), self._clock()) - self._clock()
        if left > timedelta(0):
            raise try_later(f"{url} asked to be left alone for another {left}", url=str(url), retry_after=left)
