"""Entries' bytes: rendered once a revision, and put together to every document that shows them."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable

from aggregator.document import Fragment, Parts, fragment
from aggregator.model import Entry, Feed
from aggregator.render import clean
from aggregator.render.rendition import Rendition, Written, rendition

Key = tuple[str, Entry, str]
Writer = Callable[[Feed, Iterable[Rendition]], Written]

LIMIT_BYTES = 32_000_000
# What an entry costs beside its bytes: the entry itself, which is the key.
_ENTRY_BYTES = 1_000


class Fragments:
    """What was rendered; what was longest not asked for goes where all would come to more than ``limit_bytes``."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._bytes = 0
        self._kept: OrderedDict[Key, Fragment] = OrderedDict()

    def parts(self, feed: Feed, format: str, write: Writer) -> Parts:  # noqa: A002 - the vocabulary's word
        """The feed in a format, in feed order; a guid that comes twice is said once (CONFORMANCE B13).

        What no document has shown yet is written in one go with what stands around the entries.
        """
        said: dict[str, Entry] = {}
        for entry in feed.entries:
            said.setdefault(entry.guid, entry)
        keys = _keys(format, said.values(), feed.page_url)
        unknown = [key for key in keys if key not in self._kept]
        head, bodies, tail = write(feed, (rendition(entry, feed.page_url) for _, entry, _ in unknown))
        fresh = list(map(fragment, bodies))
        self._kept.update(zip(unknown, fresh, strict=True))
        found = tuple(map(self._kept.__getitem__, keys))
        self._drop(keys, fresh)
        return Parts(head=head, entries=found, tail=tail)

    def _drop(self, keys: Iterable[Key], fresh: Iterable[Fragment]) -> None:
        for key in keys:
            self._kept.move_to_end(key)
        self._bytes += sum(len(one.body) + _ENTRY_BYTES for one in fresh)
        while self._bytes > self._limit_bytes:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= len(dropped.body) + _ENTRY_BYTES


def _keys(format: str, entries: Collection[Entry], page_url: str) -> list[Key]:  # noqa: A002 - the vocabulary's word
    """What an entry's bytes hang on: itself, and the feed's page where its board's URL cannot be linked to."""
    instead = {url: "" if clean.link(url) else page_url for url in {entry.board_url for entry in entries}}
    return [(format, entry, instead[entry.board_url]) for entry in entries]
