"""Entries' bytes: rendered once a revision, and put together to every document that shows them."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

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
        said = {entry.guid: entry for entry in reversed(feed.entries)}
        entries = [entry for entry in feed.entries if said[entry.guid] is entry]
        keys = _keys(format, entries, feed.page_url)
        unknown = [place for place, key in enumerate(keys) if key not in self._kept]
        head, bodies, tail = write(feed, (rendition(entries[place], feed.page_url) for place in unknown))
        fresh = dict(zip((keys[place] for place in unknown), map(fragment, bodies), strict=True))
        found = tuple(fresh[key] if key in fresh else self._kept[key] for key in keys)
        self._keep(keys, fresh)
        return Parts(head=head, entries=found, tail=tail)

    def _keep(self, keys: Iterable[Key], fresh: dict[Key, Fragment]) -> None:
        self._kept |= fresh
        for key in keys:
            self._kept.move_to_end(key)
        self._bytes += sum(len(one.body) + _ENTRY_BYTES for one in fresh.values())
        while self._bytes > self._limit_bytes:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= len(dropped.body) + _ENTRY_BYTES


def _keys(format: str, entries: Sequence[Entry], page_url: str) -> list[Key]:  # noqa: A002 - the vocabulary's word
    """What an entry's bytes hang on: itself, and the feed's page where its board's URL cannot be linked to."""
    instead = {url: "" if clean.link(url) else page_url for url in {entry.board_url for entry in entries}}
    return [(format, entry, instead[entry.board_url]) for entry in entries]
