"""robots.txt: asked for before a host's first page and kept (RFC 9309)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from msgspec import Struct
from protego import Protego
from yarl import URL

from aggregator.errors import GoneError, NeedsPersonError, TryLaterError
from aggregator.fetch.answers import outcome
from aggregator.fetch.failures import needs_person
from aggregator.fetch.redirects import Arrival
from aggregator.model import Page, Validators

# How much of a robots.txt is read; the RFC wants 500 KiB at least (§2.5).
LIMIT_BYTES = 512 * 1024
# How long old rules stand when robots.txt cannot be asked for at the moment (§2.3.1.4).
_STALE_FOR = timedelta(hours=1)


class Rules:
    """What one robots.txt says to one product token; an empty text allows everything."""

    def __init__(self, text: str, product: str) -> None:
        self._rules = Protego.parse(text)
        self._product = product

    def require(self, url: URL) -> None:
        """Raise NeedsPersonError where ``url`` is disallowed."""
        if not self._rules.can_fetch(str(url), self._product):
            raise needs_person(f"{url} is disallowed by its robots.txt", url=str(url))

    @property
    def delay(self) -> timedelta | None:
        """The Crawl-delay, an extension that is honoured, a day at most."""
        seconds = self._rules.crawl_delay(self._product)
        return None if seconds is None else timedelta(seconds=min(seconds, 86_400))


class _Known(Struct, frozen=True, kw_only=True):
    rules: Rules
    until: datetime
    validators: Validators = Validators()


class Robots:
    """The rules of every origin asked so far, renewed when ``robots_for`` has passed.

    ``ask`` asks for a robots.txt with validators and follows its redirects.
    """

    def __init__(
        self,
        ask: Callable[[URL, Validators], Awaitable[Arrival]],
        *,
        product: str,
        robots_for: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._ask = ask
        self._product = product
        self._robots_for = robots_for
        self._clock = clock
        self._known: dict[URL, _Known] = {}
        self._asking: dict[URL, asyncio.Lock] = {}

    async def rules(self, url: URL) -> Rules:
        """Return the rules of the origin of ``url``; one request, however many pages wait for it.

        4xx allows everything. Raises TryLaterError where robots.txt cannot be had (5xx, 429, unreachable) and never
        was, since then nothing may be asked.
        """
        origin = url.origin()
        async with self._asking.setdefault(origin, asyncio.Lock()):
            known = self._known.get(origin)
            if known is None or known.until <= self._clock():
                known = self._known[origin] = await self._renewed(origin / "robots.txt", known)
            return known.rules

    async def _renewed(self, url: URL, known: _Known | None) -> _Known:
        try:
            arrival = await self._ask(url, known.validators if known else Validators())
            return self._learned(arrival, url, known)
        except TryLaterError:
            if known is None:
                raise
            return _Known(rules=known.rules, until=self._clock() + _STALE_FOR, validators=known.validators)

    def _learned(self, arrival: Arrival, url: URL, known: _Known | None) -> _Known:
        now = self._clock()
        until = now + self._robots_for
        try:
            page = outcome(arrival.answer, asked=str(url), now=now)
        except (NeedsPersonError, GoneError):
            return _Known(rules=Rules("", self._product), until=until)
        if isinstance(page, Page):
            text = page.body.decode("utf-8-sig", "replace")
            return _Known(rules=Rules(text, self._product), until=until, validators=page.validators)
        rules = known.rules if known else Rules("", self._product)
        return _Known(rules=rules, until=until, validators=page.validators)
