"""RSS 2.0, with Dublin Core, syndication and Atom elements where RSS has no word of its own."""

from datetime import timedelta
from html import escape

from aggregator.model import Feed
from aggregator.render.extension import RssChannel, RssItem
from aggregator.render.generator import added, begun
from aggregator.render.rendition import renditions

MEDIA_TYPE = "application/rss+xml"

_MINUTE = timedelta(minutes=1)


def written(feed: Feed) -> bytes:
    """The feed as an RSS document in UTF-8.

    A description is HTML by custom, so its text is escaped as such; a title is not, and every reader takes it so (B14).
    """
    generator = begun(feed, feed.feed_urls["rss"], MEDIA_TYPE)
    generator.ttl(max(1, feed.ttl // _MINUTE))
    generator.register_extension("channel", RssChannel, RssItem, atom=False)
    generator.channel.every = max(feed.ttl, _MINUTE)
    generator.channel.hubs = feed.hubs
    for rendition in renditions(feed):
        entry = added(generator, rendition)
        entry.description(escape(rendition.summary, quote=False), isSummary=True)
        entry.channel.creator = rendition.author
        entry.channel.updated = rendition.updated
    document: bytes = generator.rss_str(encoding="UTF-8")
    return document
