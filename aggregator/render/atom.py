"""Atom 1.0 (RFC 4287)."""

from aggregator.model import Feed
from aggregator.render.extension import AtomEntry, AtomFeed
from aggregator.render.generator import added, begun
from aggregator.render.rendition import renditions

MEDIA_TYPE = "application/atom+xml"


def written(feed: Feed) -> bytes:
    """The feed as an Atom document in UTF-8; each entry names its board as the source it was taken from."""
    generator = begun(feed, feed.feed_urls["atom"], MEDIA_TYPE)
    generator.register_extension("provenance", AtomFeed, AtomEntry, rss=False)
    for rendition in renditions(feed):
        entry = added(generator, rendition)
        entry.author({"name": rendition.author})
        entry.provenance.source_id = rendition.source_id
        entry.provenance.updated = rendition.updated
    document: bytes = generator.atom_str(encoding="UTF-8")
    return document
