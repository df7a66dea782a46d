"""RSS 2.0, with Dublin Core, syndication and Atom elements where RSS has no word of its own."""

from collections.abc import Iterable
from datetime import timedelta
from html import escape

from aggregator.model import Feed
from aggregator.render.extension import RssChannel, RssItem
from aggregator.render.generator import NO_FEED, added, begun, cut, linked, says_archive
from aggregator.render.rendition import Rendition

MEDIA_TYPE = "application/rss+xml"

_TAIL = b"</channel></rss>"
_MINUTE = timedelta(minutes=1)


def framed(feed: Feed) -> tuple[bytes, bytes]:
    """What stands before the items, and what behind them."""
    return written(feed, ()).removesuffix(_TAIL), _TAIL


def rendered(renditions: Iterable[Rendition]) -> list[bytes]:
    """Each rendition as an item."""
    return cut(written(NO_FEED, renditions), b"item")


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
