"""Outside hubs are told which feeds have news, and fetch them by themselves (PubSubHubbub 0.4 §7.1).

What a hub has not taken yet is known here alone, so at a start every feed is named once.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from msgspec import Struct

from aggregator.beside import beside
from aggregator.errors import PollError, StoreError
from aggregator.fetch import Callbacks
from aggregator.logs import event
from aggregator.news import News
from aggregator.publish import path
from aggregator.push.telling import pause
from aggregator.store import Store, Transaction, boards, matches, state

log = logging.getLogger("aggregator")
FORMATS = ("atom", "rss", "json")
# So many feeds are named in one request, and what comes within so long is told together.
NAMED = 30
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GATHERED_SECONDS = 1.0


class Standing(Struct, frozen=True):
    """The public boards, and of each public topic the newest headline that it may hold, None where none is known.

    ``changed``: the store's state when it was last more than headlines that came, be it an edit or a removal.
    """

    boards: frozenset[str] = frozenset()
    topics: dict[str, int | None] = {}
    changed: int = 0

    def concerned(self, fresh: frozenset[str] | None, before: "Standing") -> set[str]:
        """The feeds that news of the boards ``fresh`` concern, as pages' paths; None: all of them.

        Topics are concerned that have grown, and all of them where more has changed than headlines that came.

        >>> now = Standing(frozenset({"news", "talk"}), {"ai": 7, "all": None, "tea": 3})
        >>> sorted(now.concerned(frozenset({"talk", "hidden"}), Standing(topics={"ai": 6, "tea": 3})))
        ['/boards/talk', '/feed', '/topics/ai', '/topics/all']
        """
        if fresh is not None and not fresh & self.boards:
            return set()
        named = self.boards if fresh is None else self.boards & fresh
        known = before.topics if self.changed == before.changed else {}
        grown = {slug for slug, last in self.topics.items() if last is None or last != known.get(slug)}
        return {path("all"), *(path("board", slug) for slug in named), *(path("topic", slug) for slug in grown)}


class Announcer:
    """Tells ``hubs`` of news in one store's public feeds, each hub at its own pace."""

    def __init__(
        self,
        store: Store,
        *,
        hubs: Sequence[str],
        news: News,
        callbacks: Callbacks,
        public_url: str,
        rest: Callable[[int], timedelta] = pause,
    ) -> None:
        """Work on ``store``; ``rest`` says how long a hub is left alone after so many refusals before."""
        self._store, self._hubs, self._news = store, hubs, news
        self._callbacks, self._public_url, self._rest = callbacks, public_url, rest

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Tell what has news until left."""
        async with beside(*map(self._follow, self._hubs)):
            yield

    async def _follow(self, hub: str) -> None:
        """Name every feed, then those with news; what the hub did not take later, with what has come since."""
        seen, owed, tries = Standing(), set[str](), 0
        fresh: frozenset[str] | None = None
        with self._news.heard() as ear:
            while True:
                try:
                    now = await self._store.read(_standing)
                    # What is stored already may not be heard of yet: it is no less new then.
                    if concerned := now.concerned(fresh, seen):
                        owed, seen = owed | concerned, now
                    fresh = frozenset()
                    owed -= await self._taken(hub, sorted(owed))
                except StoreError as error:
                    log.error(event("announce", result="waiting", error=str(error)))  # noqa: TRY400  the sentence says it
                except Exception:
                    log.exception(event("announce", result="defect"))
                tries = tries + 1 if owed else 0
                await asyncio.sleep(self._rest(tries - 1).total_seconds() if owed else GATHERED_SECONDS)
                heard = await ear.boards(0 if owed or fresh is None or fresh else None)
                fresh = None if fresh is None else fresh | heard

    async def _taken(self, hub: str, feeds: Sequence[str]) -> set[str]:
        """Those of the feeds that the hub was told of: all, or those before the first refusal."""
        for at in range(0, len(feeds), NAMED):
            urls = [f"{self._public_url}{feed}.{form}" for feed in feeds[at : at + NAMED] for form in FORMATS]
            said = urlencode([("hub.mode", "publish"), *(("hub.url", url) for url in urls)]).encode()
            try:
                reply = await self._callbacks.post(hub, FORM, said)
                result = "taken" if reply.is_success else f"answered {reply.status}"
            except PollError as error:
                result = str(error)
            log.info(event("announce", host=urlsplit(hub).netloc, feeds=len(urls), result=result))
            if result != "taken":
                return set(feeds[:at])
        return set(feeds)


def _standing(tx: Transaction) -> Standing:
    return Standing(frozenset(boards.public_slugs(tx)), matches.latest(tx), state.current(tx).changed)
