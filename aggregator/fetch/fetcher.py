"""The fetcher: its sessions, one memory of every host's wishes, one verb."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Self

from aiohttp import CookieJar
from aiohttp.abc import AbstractResolver
from msgspec import structs
from yarl import URL

from aggregator.errors import TryLaterError
from aggregator.fetch import robots
from aggregator.fetch.answers import Answer, outcome
from aggregator.fetch.guard import Guard
from aggregator.fetch.limits import Limits
from aggregator.fetch.origins import Forgetful, Memory, Origins
from aggregator.fetch.politeness import Politeness
from aggregator.fetch.redirects import Arrival, follow
from aggregator.fetch.sessions import Sessions
from aggregator.fetch.urls import parsed
from aggregator.fetch.wire import NOTHING, Asking, exchange
from aggregator.manners import Manners
from aggregator.model import NotModified, Page, Validators

POLITE = Manners()


class Fetcher:
    """Fetches pages with good manners; an async context manager that owns its sessions.

    Hosts' turns and cookies live as long as it does, so a program has one; robots rules and Retry-After wishes are
    kept in ``memory``. ``resolver`` is asked in place of the system's, behind the guard.
    """

    _sessions: Sessions
    _jar: CookieJar

    def __init__(
        self,
        limits: Limits,
        *,
        clock: Callable[[], datetime],
        resolver: AbstractResolver | None = None,
        memory: Memory | None = None,
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._resolver = resolver
        self._guard = Guard(limits.allow_private)
        origins = Origins(memory if memory is not None else Forgetful(), clock)
        self._politeness = Politeness(limits.host_gap, origins, clock)
        self._room = asyncio.Semaphore(limits.concurrency)
        self._robots = robots.Robots(
            self._robots_page,
            origins,
            product=limits.user_agent.partition("/")[0],
            least=limits.robots_least,
            robots_for=limits.robots_for,
            clock=clock,
        )

    async def __aenter__(self) -> Self:
        self._sessions = Sessions(self._limits, self._guard, self._resolver)
        self._jar = CookieJar(unsafe=True, quote_cookie=False)  # boards on bare addresses set cookies as well
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._sessions.close()

    def keep_gap(self, gap: timedelta) -> None:
        """Let ``gap`` be the least time between two requests to a host from now on."""
        self._politeness.gap = gap

    async def fetch(
        self,
        url: str,
        validators: Validators = Validators(),  # noqa: B008 -- frozen
        headers: Mapping[str, str] = NOTHING,
        manners: Manners = POLITE,
    ) -> Page | NotModified:
        """Return the page at ``url``, or NotModified where ``validators`` still hold.

        ``headers`` are sent beside ours, and ``manners`` hold, to the host of ``url`` alone: a board's cookie and its
        liberties are nobody else's business. The proxy is for every hop.

        Raises, with stage "fetch": TryLaterError for network, TLS, time-outs, broken bodies, 429 and 5xx, NotYetError
        without a request while a Retry-After lasts; NeedsPersonError for refused addresses, robots.txt, other 4xx and
        too large bodies; GoneError for 410.
        """
        target = parsed(url)
        own = Asking(
            sent=validators,
            limit_bytes=self._limits.max_bytes,
            headers=headers,
            manners=manners,
            jar=self._jar if manners.cookies else None,
        )
        visit = partial(self._visit, own=own, home=validators.url or str(target), host=target.host)
        try:
            arrival = await follow(target, visit, self._limits.max_redirects, self._clock())
            return outcome(
                arrival.answer,
                asked=str(target),
                now=self._clock(),
                moved_to=arrival.moved_to,
                kept_for=arrival.kept_for,
            )
        except TryLaterError as error:
            if error.retry_after:
                await self._politeness.silence(target, error.retry_after)
            raise

    async def renew_rules(self, url: str, manners: Manners = POLITE) -> None:
        """Renew the robots.txt that ``url`` stands under where it soon ends, so that no page waits for it.

        Raises as ``fetch`` does.
        """
        await self._robots.rules(parsed(url), manners, early=True)

    async def _visit(self, url: URL, *, own: Asking, home: str, host: str | None) -> Answer:
        self._guard.require(url)
        asking = own if url.host == host else _abroad(own)
        delay = None
        if not asking.manners.ignore_robots:
            rules = await self._robots.rules(url, asking.manners)
            rules.require(url)
            delay = rules.delay
        return await self._asked(url, structs.replace(asking, sent=_at_home(own.sent, home, url)), delay)

    async def _asked(self, url: URL, asking: Asking, delay: timedelta | None = None) -> Answer:
        async with self._politeness.turn(url, delay), self._room:
            answer = await exchange(self._sessions, url, asking)
            await self._politeness.hear(url, answer)
            return answer

    async def _robots_visit(self, url: URL, *, own: Asking, home: str, host: str | None) -> Answer:
        self._guard.require(url)
        asking = own if url.host == host else _abroad(own)
        return await self._asked(url, structs.replace(asking, sent=_at_home(own.sent, home, url)))

    async def _robots_page(self, url: URL, validators: Validators, manners: Manners) -> Arrival:
        own = Asking(sent=validators, limit_bytes=robots.LIMIT_BYTES, cut=True, manners=manners)
        visit = partial(self._robots_visit, own=own, home=validators.url or str(url), host=url.host)
        return await follow(url, visit, self._limits.max_redirects, self._clock())


def _at_home(validators: Validators, home: str, url: URL) -> Validators:
    # Validators mean something only at the URL that gave them (CONFORMANCE.md E8).
    return validators if home == str(url) else Validators()


def _abroad(own: Asking) -> Asking:
    """What is left of a request at another host than its board's."""
    return structs.replace(own, headers=NOTHING, manners=Manners(proxy=own.manners.proxy))
