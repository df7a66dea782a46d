"""RSS 2.0, with Dublin Core, syndication and Atom elements where RSS has no word of its own."""

from collections.abc import Iterable
from datetime import timedelta
from html import escape

from aggregator.model import Feed
from aggregator.render.extension import RssChannel, RssItem
from aggregator.render.generator import added, apart, begun, linked, says_archive
from aggregator.render.rendition import Rendition, Written

MEDIA_TYPE = "application/rss+xml"

_TAIL = b"</channel></rss>"
_MINUTE = timedelta(minutes=1)


def parts(feed: Feed, renditions: Iterable[Rendition]) -> Written:
    """What stands before the feed's items, these items each, and what stands behind them."""
    return apart(written(feed, renditions), b"item", _TAIL)


def written(feed: Feed, renditions: Iterable[Rendition]) -> bytes:
    """The feed's head and these items as an RSS document in UTF-8.

    A description is HTML by custom, so its text is escaped as such; a title is not, and every reader takes it so (B14).
    """
    generator = begun(feed, "rss", MEDIA_TYPE)
    generator.ttl(max(1, feed.ttl // _MINUTE))
    generator.register_extension("channel", RssChannel, RssItem, atom=False)
    generator.channel.every = max(feed.ttl, _MINUTE)
    generator.channel.links = linked(feed, "rss")
    generator.channel.is_archive = says_archive(feed)
    for rendition in renditions:
        entry = added(generator, rendition)
        entry.description(escape(rendition.summary, quote=False), isSummary=True)
        entry.channel.creator = rendition.author
        entry.channel.updated = rendition.updated
    document: bytes = generator.rss_str(encoding="UTF-8")
    return document
