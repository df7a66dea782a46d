"""Atom 1.0 (RFC 4287)."""

from collections.abc import Iterable

from aggregator.model import Feed
from aggregator.render.extension import AtomEntry, AtomFeed
from aggregator.render.generator import NO_FEED, added, begun, cut, says_archive
from aggregator.render.rendition import Rendition

MEDIA_TYPE = "application/atom+xml"


_TAIL = b"</feed>"


def framed(feed: Feed) -> tuple[bytes, bytes]:
    """What stands before the entries, and what behind them."""
    return written(feed, ()).removesuffix(_TAIL), _TAIL


def rendered(renditions: Iterable[Rendition]) -> list[bytes]:
    """Each rendition as an entry."""
    return cut(written(NO_FEED, renditions), b"entry")


def written(feed: Feed, renditions: Iterable[Rendition]) -> bytes:
    """The feed's head and these entries as an Atom document in UTF-8; each entry names its board as its source."""
    generator = begun(feed, "atom", MEDIA_TYPE)
    generator.register_extension("provenance", AtomFeed, AtomEntry, rss=False)
    generator.provenance.tombstones = feed.tombstones
    generator.provenance.is_archive = says_archive(feed)
    for rendition in renditions:
        entry = added(generator, rendition)
        entry.author({"name": rendition.author})
        entry.provenance.source_id = rendition.source_id
        entry.provenance.updated = rendition.updated
    document: bytes = generator.atom_str(encoding="UTF-8")
    return document
