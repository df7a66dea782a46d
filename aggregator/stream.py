"""A feed as it happens: what arrived after a point, oldest first, in pieces that are whole."""

from collections.abc import AsyncIterator
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from aggregator import publish
from aggregator.model import Feed
from aggregator.request import MOST_ENTRIES, Request
from aggregator.store import Cursor, Store, identity


class Piece(Struct, frozen=True):
    """What of a feed arrived up to ``reached``, newest first as feeds are; ``whole`` unless it was cut."""

    feed: Feed
    reached: int


class Stream(Struct, frozen=True, kw_only=True):
    """A request that is answered again and again."""

    store: Store
    wanted: Request
    public_url: str
    zone: ZoneInfo

    async def begun(self, now: datetime) -> Piece:
        """What the document holds now."""
        last = await self.store.read(identity.last_arrival)
        asked = structs.replace(self.wanted.whole, sort="arrival", before=Cursor(last + 1))
        return Piece(await self._feed(asked, now), last)

    async def after(self, arrival: int, now: datetime) -> AsyncIterator[Piece]:
        """Everything that arrived later, in pieces of at most 500 entries.

        A stretch of so many arrivals fits a piece; where few of them are selected the next is twice as long. Of a store
        that was put back, and has given out less, it is what the document holds.
        """
        last, low, stretch = await self.store.read(identity.last_arrival), arrival, MOST_ENTRIES
        if last < arrival:
            yield await self.begun(now)
        while low < last:
            high = min(low + stretch, last)
            here = {"after": low, "before": Cursor(high + 1)}
            asked = structs.replace(self.wanted.whole, n=MOST_ENTRIES, each=None, sort="arrival", **here)
            feed = await self._feed(asked, now)
            if feed.older_urls and stretch > MOST_ENTRIES:
                stretch = max(stretch // 4, MOST_ENTRIES)
                continue
            yield Piece(feed, high)
            low, stretch = high, stretch * 2

    async def _feed(self, wanted: Request, now: datetime) -> Feed:
        return await publish.feed(self.store, wanted, self.public_url, now, self.zone)
