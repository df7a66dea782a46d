"""robots.txt: asked for before a host's first page and kept, over restarts too (RFC 9309)."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from msgspec import structs
from protego import Protego
from yarl import URL

from aggregator.errors import GoneError, NeedsPersonError, TryLaterError
from aggregator.fetch.answers import outcome
from aggregator.fetch.failures import needs_person
from aggregator.fetch.origins import Origins, Rulebook
from aggregator.fetch.redirects import Arrival
from aggregator.manners import Manners
from aggregator.model import Page, Validators

# How much of a robots.txt is read; the RFC wants 500 KiB at least (§2.5).
LIMIT_BYTES = 512 * 1024
# How long old rules stand when robots.txt cannot be asked for at the moment (§2.3.1.4).
_STALE_FOR = timedelta(hours=1)
# The part of their life in which rules are renewed by whoever has the time.
LAST = 0.1


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


class Robots:
    """The rules of every origin, asked for before its first page and renewed when they are ``robots_for`` old.

    ``ask`` asks for a robots.txt with validators, in a board's manners, and follows its redirects. Rules that an
    earlier run of the program left are renewed at once, unless they are younger than ``least``; so are, then, those
    whose max-age has passed.
    """

    def __init__(
        self,
        ask: Callable[[URL, Validators, Manners], Awaitable[Arrival]],
        origins: Origins,
        *,
        product: str,
        least: timedelta,
        robots_for: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._ask = ask
        self._origins = origins
        self._product = product
        self._least = least
        self._robots_for = robots_for
        self._clock = clock
        self._rules: dict[URL, tuple[Rulebook, Rules]] = {}
        self._asking: dict[URL, asyncio.Lock] = {}

    async def rules(self, url: URL, manners: Manners, *, early: bool = False) -> Rules:
        """Return the rules of the origin of ``url``; one request, however many pages wait for it.

        Asked for ``early``, rules in the last tenth of their life are renewed already.
        4xx allows everything. Raises TryLaterError where robots.txt cannot be had (5xx, 429, unreachable) and never
        was, since then nothing may be asked.
        """
        origin = url.origin()
        async with self._asking.setdefault(origin, asyncio.Lock()):
            book = (await self._origins.of(url)).rulebook
            if book is None or not self._stands(origin, book, LAST if early else 0):
                book = await self._renewed(origin / "robots.txt", book, manners)
                await self._origins.keep(url, structs.replace(await self._origins.of(url), rulebook=book))
            read, rules = self._rules.get(origin, (None, None))
            if rules is None or read is None or read.text != book.text:
                rules = Rules(book.text, self._product)
            self._rules[origin] = (book, rules)
            return rules

    def _stands(self, origin: URL, book: Rulebook, last: float) -> bool:
        now = self._clock()
        return now < book.until - (book.until - book.asked_at) * last and (
            origin in self._rules or now < book.asked_at + self._least
        )

    async def _renewed(self, url: URL, book: Rulebook | None, manners: Manners) -> Rulebook:
        try:
            arrival = await self._ask(url, book.validators if book else Validators(), manners)
            return self._learned(arrival, url, book)
        except TryLaterError:
            if book is None:
                raise
            now = self._clock()
            return structs.replace(book, asked_at=now, until=now + _STALE_FOR)

    def _learned(self, arrival: Arrival, url: URL, book: Rulebook | None) -> Rulebook:
        now = self._clock()
        try:
            page = outcome(arrival.answer, asked=str(url), now=now)
        except (NeedsPersonError, GoneError):
            return Rulebook(text="", asked_at=now, until=now + self._robots_for)
        text = book.text if book else ""
        if isinstance(page, Page):
            text = page.body.decode("utf-8-sig", "replace")
        fresh = min(max(page.fresh_for, self._least), self._robots_for) if page.fresh_for else self._robots_for
        return Rulebook(text=text, asked_at=now, until=now + fresh, validators=page.validators)
