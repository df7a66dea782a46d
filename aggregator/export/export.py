"""One export after the other: what is public no more goes, what changed is written, the rest is not even rendered."""

from collections.abc import Collection
from datetime import datetime
from hashlib import blake2b

from msgspec import Struct, msgpack, structs

from aggregator import publish
from aggregator.errors import GoneFeedError, UnknownFeedError
from aggregator.export.folder import Folder
from aggregator.export.site import File, Site, names, others, requests
from aggregator.model import Feed
from aggregator.publish import Catalog, Request
from aggregator.store.state import State
from aggregator.web.paper import Beside

NOTHING: frozenset[str] = frozenset()


class Report(Struct, frozen=True, kw_only=True):
    """What one export did: the files that it wrote and removed, in order, and how many it left as they were.

    Their twins in the content codings are not counted.
    """

    written: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int

    @property
    def sentence(self) -> str:
        """The same in words."""
        return f"{len(self.written)} written, {len(self.removed)} removed, {self.unchanged} unchanged"


class _Now(Struct, frozen=True, kw_only=True):
    """What holds for a whole export: the store's state, the time, and the lists that stand around every feed."""

    state: State
    now: datetime
    catalog: Catalog
    around: str


class _Seen(Struct, frozen=True, kw_only=True):
    """What a feed's files were last made of: as long as that is the same, so are they."""

    state: State
    feed: bytes
    around: str
    beside: Beside


class Export:
    """A site's files in a folder, with what is known of them from one export to the next."""

    def __init__(self, site: Site, folder: Folder) -> None:
        self.site, self._folder = site, folder
        self._seen: dict[Request, _Seen] = {}

    async def bring(self, now: datetime, first: Collection[str] = NOTHING) -> Report:
        """Bring the folder to how things stand, the boards ``first`` that are known to have news.

        Raises ExportError, StoreError; the files written until then are as whole as ever.
        """
        state, catalog = await self.site.store.state(), await publish.catalog(self.site.store)
        when = _Now(state=state, now=now, catalog=catalog, around=self.site.around(catalog))
        named = {one: names(one) for one in requests(catalog)}
        every = [*others(), *(name for ours in named.values() for name in ours)]
        removed, written = self._folder.hold(every), list[str]()
        try:
            for one in sorted(named, key=lambda one: one.kind == "board" and one.slug not in first):
                try:
                    written += await self._brought(one, when)
                except (UnknownFeedError, GoneFeedError):  # Since the catalog was read.
                    self._seen.pop(one, None)
                    removed += self._folder.drop(named[one])
            written += [name async for name, body in self.site.rest(catalog) if self._folder.put(name, body)]
        finally:
            self._seen = {one: seen for one, seen in self._seen.items() if one in named}
            self._folder.save()
        unchanged = len(set(every) - {*written, *removed})
        return Report(written=tuple(written), removed=tuple(removed), unchanged=unchanged)

    async def _brought(self, one: Request, when: _Now) -> list[str]:
        """Those of a feed's files that were written."""
        seen, files = await self._news(one, when)
        written = [name for name, body in files if self._folder.put(name, body)]
        self._seen[one] = seen
        return written

    async def _news(self, one: Request, when: _Now) -> tuple[_Seen, list[File]]:
        """What a feed's files are made of now, and those that are made of something else than they were."""
        before, beside = self._seen.get(one), await self.site.beside(one, when.catalog, when.now)
        # A topic's filter may speak of the time.
        if before is not None and one.kind != "topic" and before == _seen(when, before.feed, beside):
            return before, []
        selected, files = await self.site.selected(one, when.now), list[File]()
        seen = _seen(when, _digest(selected), beside)
        if before is None or before.feed != seen.feed:
            files += self.site.documents(one, selected)
        if before is None or structs.replace(before, state=seen.state) != seen:
            files += self.site.pages(one, selected, when.catalog, beside)
        return seen, files


def _seen(when: _Now, feed: bytes, beside: Beside) -> _Seen:
    return _Seen(state=when.state, feed=feed, around=when.around, beside=beside)


def _digest(selected: Feed) -> bytes:
    """What says whether a feed has changed; when it is polled next is said in no file."""
    return blake2b(msgpack.encode(structs.replace(selected, next_poll_at=None)), digest_size=16).digest()
