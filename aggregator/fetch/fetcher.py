"""The fetcher: one session, one memory of every host's wishes, one verb."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Self

from aiohttp import ClientSession
from aiohttp.abc import AbstractResolver
from yarl import URL

from aggregator.errors import TryLaterError
from aggregator.fetch import robots
from aggregator.fetch.answers import Answer, outcome
from aggregator.fetch.guard import Guard
from aggregator.fetch.limits import Limits
from aggregator.fetch.politeness import Politeness
from aggregator.fetch.redirects import Arrival, follow
from aggregator.fetch.urls import parsed
from aggregator.fetch.wire import NOTHING, exchange, session
from aggregator.model import NotModified, Page, Validators


class Fetcher:
    """Fetches pages with good manners; an async context manager that owns its session.

    Robots rules, hosts' turns and Retry-After wishes live as long as it does, so a program has one. ``resolver`` is
    asked in place of the system's, behind the guard.
    """

    _http: ClientSession

    def __init__(
        self, limits: Limits, *, clock: Callable[[], datetime], resolver: AbstractResolver | None = None
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._resolver = resolver
        self._guard = Guard(limits.allow_private)
        self._politeness = Politeness(limits.host_gap, clock)
        self._room = asyncio.Semaphore(limits.concurrency)
        self._robots = robots.Robots(
            self._robots_page,
            product=limits.user_agent.partition("/")[0],
            robots_for=limits.robots_for,
            clock=clock,
        )

    async def __aenter__(self) -> Self:
        self._http = session(self._limits, self._guard, self._resolver)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def fetch(
        self,
        url: str,
        validators: Validators = Validators(),  # noqa: B008 -- frozen
        headers: Mapping[str, str] = NOTHING,
    ) -> Page | NotModified:
        """Return the page at ``url``, or NotModified where ``validators`` still hold.

        ``headers`` are sent beside ours, to the host of ``url`` alone: a board's cookie is nobody else's business.

        Raises, with stage "fetch": TryLaterError for network, TLS, time-outs, broken bodies, 429 and 5xx, and without
        a request while a Retry-After lasts; NeedsPersonError for refused addresses, robots.txt, other 4xx and too
        large bodies; GoneError for 410.
        """
        target = parsed(url)
        host = target.host
        home = validators.url or str(target)
        visit = partial(self._visit, validators=validators, home=home, headers=headers, host=host)
        try:
            arrival = await follow(target, visit, self._limits.max_redirects)
            return outcome(arrival.answer, asked=str(target), now=self._clock(), moved_to=arrival.moved_to)
        except TryLaterError as error:
            if error.retry_after:
                self._politeness.silence(str(target), error.retry_after)
                self._politeness.silence(error.url, error.retry_after)
            raise

    async def _visit(
        self, url: URL, *, validators: Validators, home: str, headers: Mapping[str, str], host: str | None
    ) -> Answer:
        self._guard.require(url)
        rules = await self._robots.rules(url)
        rules.require(url)
        async with self._politeness.turn(url, rules.delay), self._room:
            sent = _at_home(validators, home, url)
            own = headers if url.host == host else {}
            return await exchange(self._http, url, sent, self._limits.max_bytes, headers=own)

    async def _robots_visit(self, url: URL, *, validators: Validators, home: str) -> Answer:
        self._guard.require(url)
        async with self._politeness.turn(url), self._room:
            return await exchange(self._http, url, _at_home(validators, home, url), robots.LIMIT_BYTES, cut=True)

    async def _robots_page(self, url: URL, validators: Validators) -> Arrival:
        visit = partial(self._robots_visit, validators=validators, home=validators.url or str(url))
        return await follow(url, visit, self._limits.max_redirects)


def _at_home(validators: Validators, home: str, url: URL) -> Validators:
    # Validators mean something only at the URL that gave them (CONFORMANCE.md E8).
    return validators if home == str(url) else Validators()
