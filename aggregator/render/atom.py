"""Atom 1.0 (RFC 4287)."""

from collections.abc import Iterable

from aggregator.model import Feed
from aggregator.render.extension import AtomEntry, AtomFeed
from aggregator.render.generator import added, apart, begun, says_archive
from aggregator.render.rendition import Rendition, Written

MEDIA_TYPE = "application/atom+xml"


_TAIL = b"</feed>"


def parts(feed: Feed, renditions: Iterable[Rendition]) -> Written:
    """What stands before the feed's entries, these entries each, and what stands behind them."""
    return apart(written(feed, renditions), b"entry", _TAIL)


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
