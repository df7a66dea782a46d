"""Documents that were made are kept, until what they show has changed; each is made once, whoever waits for it."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import takewhile
from zoneinfo import ZoneInfo

from msgspec import Struct, field, structs

from aggregator import publish, render
from aggregator.advance import Selected, advanced
from aggregator.arrivals import Arrivals
from aggregator.beside import beside
from aggregator.document import Document, Ready
from aggregator.errors import StoreError
from aggregator.filters.lasting import is_steady
from aggregator.logs import event
from aggregator.model import Feed
from aggregator.news import News
from aggregator.packing import Coding, packed
from aggregator.render import FORMATS, Format, Fragments
from aggregator.request import Request, minute_end
from aggregator.store import Store, freshness
from aggregator.store.state import State
from aggregator.turns import Turns

log = logging.getLogger("aggregator")

Key = tuple[Request, Format]

# Readers who ask for what is new since a document that is longer ago are given the whole.
EARLIER = 8
# What comes by more at once is rendered for those who ask for it.
FEW = 20
# So many URLs are known by heart.
ADDRESSES, LONGEST_ADDRESS = 4_096, 1_000
# What a kept document costs beside its bytes.
_OWN_BYTES = 4_000
_HELD_BYTES = 70


class Kept(Struct, frozen=True, kw_only=True):
    """A feed and its document, with what was made of it since.

    ``state``: the store's which it is as new as; ``seen``: the last arrival by then; ``until``: the end of the minute
    in which it is good: in another it is selected again where its filter speaks of the time, else asked when it may
    change. ``earlier``: what documents before this one held, by their ETags. ``ready``: answers that were sent of it,
    by coding and by whether they are for robots.
    """

    selected: Selected
    document: Document
    state: State
    seen: int
    until: datetime
    packs: dict[Coding, bytes] = field(default_factory=dict)
    earlier: dict[str, frozenset[bytes]] = field(default_factory=dict)
    ready: dict[tuple[Coding | None, bool], Ready] = field(default_factory=dict)

    @property
    def feed(self) -> Feed:
        """The feed that the document shows."""
        return self.selected.feed

    def is_of(self, now: datetime) -> bool:
        """Whether it was made for this very minute; a clock that was put back shows one that is past."""
        return minute_end(now) == self.until

    @property
    def is_lasting(self) -> bool:
        """Whether the time alone does not change what the feed holds."""
        grounds = self.selected.grounds
        return grounds is None or is_steady(grounds.selection.filter)

    def packed(self, coding: Coding) -> bytes:
        """The document in ``coding``, compressed once."""
        if coding not in self.packs:
            self.packs[coding] = packed(self.document.body, coding)
        return self.packs[coding]

    def news(self, etag: str) -> bytes | None:
        """The document with those entries alone that the one called ``etag`` did not hold; None where none is known."""
        known, parts = self.earlier.get(etag), self.document.parts
        if known is None:
            return None
        return structs.replace(parts, entries=tuple(one for one in parts.entries if one.digest not in known)).joined()

    @property
    def size_bytes(self) -> int:
        """What keeping it costs, compressed in every coding too; the entries' bytes are shared."""
        held = sum(map(len, self.earlier.values()))
        return _OWN_BYTES + 2 * len(self.document.body) + _HELD_BYTES * held


class Shelf:
    """What is kept comes to ``limit_bytes`` at most; what was longest not asked for goes first."""

    def __init__(
        self, store: Store, public_url: str, zone: ZoneInfo, turns: Turns, limit_bytes: int, hubs: tuple[str, ...] = ()
    ) -> None:
        self._store, self._public_url, self._zone, self._turns, self._hubs = store, public_url, zone, turns, hubs
        self._limit_bytes = limit_bytes
        self._fragments = Fragments(limit_bytes // 2)
        self._bytes = 0
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._addresses: dict[str, Key] = {}
        self._making: dict[tuple[Key, State], asyncio.Task[Kept]] = {}
        self._arrivals = Arrivals(store)
        self._last: dict[Format, Feed] = {}

    @asynccontextmanager
    async def preparing(self, news: News) -> AsyncIterator[None]:
        """Prepare what there is news of, until left."""
        async with beside(self._follow(news)):
            yield

    async def _follow(self, news: News) -> None:
        with news.heard() as ear:
            while True:
                await ear.boards()
                try:
                    await self.prepare()
                except StoreError:
                    pass  # Whoever asks is told so.
                except Exception:
                    log.exception(event("prepare", result="defect"))

    async def prepare(self) -> None:
        """Render what came last in every format that somebody asked for, before they ask again. Raises StoreError."""
        if not self._last:
            return
        before = self._arrivals.last
        await self._arrivals.reach()
        came = self._arrivals.since(before, self._arrivals.state)
        if came is not None and len(came) <= FEW:
            entries = tuple(one.entry for one in came)
            for form, feed in self._last.items():
                render.document(structs.replace(feed, entries=entries), form, self._fragments)

    def addressed(self, address: str) -> Key | None:
        """What was found to be asked for at a URL that everybody may ask for."""
        return self._addresses.get(address)

    def remember(self, address: str, key: Key) -> None:
        """Remember what is asked for at a URL, which takes longer to find out than the answer."""
        if len(self._addresses) >= ADDRESSES:
            self._addresses.clear()
        if len(address) <= LONGEST_ADDRESS:
            self._addresses[address] = key

    async def kept(self, wanted: Request, form: Format, now: datetime) -> Kept | None:
        """The document of ``wanted``, where one is kept that is as new as the store, or can be brought so far."""
        key, state = (wanted, form), await self._store.state()
        there = self._kept.get(key)
        if there is None or not (there.is_of(now) or there.is_lasting):
            return None
        if there.state != state:
            await self._arrivals.reach()
            there = self._brought(key)
        if there is not None and not there.is_of(now):
            renewed, before = await self._renewed(there, now), there
            there = self._kept.get(key)
            # Somebody else may have been quicker.
            there = self._put(key, renewed) if there is before else there
        if there is not None:
            self._kept.move_to_end(key)
        return there

    def at_hand(self, key: Key, now: datetime) -> Kept | None:
        """What ``kept`` would give, where nobody has to wait for that. Raises StoreError."""
        there = self._kept.get(key)
        if there is None or not there.is_of(now) or there.state != self._store.state_at_hand():
            return None
        self._kept.move_to_end(key)
        return there

    async def _renewed(self, there: Kept, now: datetime) -> Kept:
        """What is kept, for another minute, with when its boards are due by now."""
        until, (feed, grounds) = minute_end(now), structs.astuple(there.selected)
        if grounds is None:
            return structs.replace(there, until=until)
        place = grounds.place
        fresh = await self._store.read(freshness.freshness, place.boards, private=place.private)
        selected = Selected(structs.replace(feed, next_poll_at=fresh.next_poll_at), grounds)
        return structs.replace(there, selected=selected, until=until)

    async def made(self, wanted: Request, form: Format, now: datetime) -> Kept:
        """The document of ``wanted``, made now or being made for somebody else.

        Raises what ``publish.feed`` raises, BusyError where too many others wait.
        """
        key, state = (wanted, form), await self._store.state()
        making = self._making.get((key, state))
        if making is None:
            making = self._making[key, state] = asyncio.create_task(self._made(key, now))
            making.add_done_callback(lambda done: self._done((key, state), done))
        # Whoever waits may go away; the others still wait.
        return await asyncio.shield(making)

    async def _made(self, key: Key, now: datetime) -> Kept:
        wanted, form = key
        # Filters speak of whole minutes, so that every process means the same headlines within one.
        until = minute_end(now)
        async with self._turns:
            await self._arrivals.reach()
            state, seen = self._arrivals.state, self._arrivals.last
            made = self._selected(wanted, now) or await publish.selected(
                self._store, wanted, self._public_url, until, self._zone, hubs=self._hubs
            )
            document = render.document(made.feed, form, self._fragments)
        return self._put(key, Kept(selected=made, document=document, state=state, seen=seen, until=until))

    def _selected(self, wanted: Request, now: datetime) -> Selected | None:
        """The feed as new as what came last, where it is kept in another format."""
        kept = filter(None, (self._kept.get((wanted, form)) for form in FORMATS))
        for there in kept:
            came = self._arrivals.since(there.seen, there.state) if there.is_of(now) else None
            if came is not None and (selected := advanced(there.selected, came)) is not None:
                return selected
        return None

    def _brought(self, key: Key) -> Kept | None:
        """What is kept, as new as what came last, where that tells it."""
        there = self._kept.get(key)
        if there is not None and there.state == self._arrivals.state:
            return there
        came = None if there is None else self._arrivals.since(there.seen, there.state)
        if there is None or came is None or (now := advanced(there.selected, came)) is None:
            return None
        fresh = structs.replace(there, selected=now, state=self._arrivals.state, seen=self._arrivals.last)
        if now.feed is there.feed:
            return self._put(key, fresh)
        document = render.continued(there.document, now.feed, _new(there.feed, now.feed), key[1], self._fragments)
        return self._put(key, structs.replace(fresh, document=document, packs={}, ready={}))

    def _put(self, key: Key, kept: Kept) -> Kept:
        before = self._kept.pop(key, None)
        if before is not None and before.document is not kept.document:
            kept = _after(before, kept)
        self._kept[key] = kept
        self._last[key[1]] = kept.feed
        self._bytes += kept.size_bytes - (before.size_bytes if before else 0)
        while self._bytes > self._limit_bytes // 2 and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1].size_bytes
        return kept

    def _done(self, flight: tuple[Key, State], done: asyncio.Task[Kept]) -> None:
        del self._making[flight]
        if not done.cancelled():
            done.exception()  # Heard, even where nobody waits any more.


def _new(before: Feed, now: Feed) -> int:
    """How many entries a feed that was brought forward begins with that it did not hold."""
    newest = before.entries[0].arrival if before.entries else 0
    return sum(1 for _ in takewhile(lambda entry: entry.arrival > newest, now.entries))


def _after(before: Kept, kept: Kept) -> Kept:
    """What is kept, with what is known of the documents before it."""
    etag = before.document.etag
    if etag == kept.document.etag:
        return structs.replace(kept, earlier=before.earlier, packs=before.packs)
    held = frozenset(one.digest for one in before.document.parts.entries)
    return structs.replace(kept, earlier=dict([*before.earlier.items(), (etag, held)][-EARLIER:]))
