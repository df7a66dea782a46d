"""feedgen's only home: what RSS and Atom have in common, with the library's traps closed.

feedgen stamps everything with the time of rendering unless told otherwise, and takes the *last* link it is given as
the channel's: so every date is set, and the page for people is linked last (CONFORMANCE B2, B8).
"""

import re
from email.utils import format_datetime
from typing import Any

import feedgen.entry
import feedgen.feed

from aggregator.model import Feed
from aggregator.render import clean
from aggregator.render.rendition import AGGREGATOR, Rendition, Written

# feedgen's own switches the locale of the whole process back and forth for every date (CONFORMANCE B27).
feedgen.feed.formatRFC2822 = feedgen.entry.formatRFC2822 = format_datetime

# "kr" is a language (Kanuri) and passes every validator; here it can only be Korea's country code gone astray.
_LANGUAGE = re.compile(r"(?!kr\b)[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def begun(feed: Feed, form: str, media_type: str) -> Any:  # noqa: ANN401 - feedgen is untyped
    """A feedgen FeedGenerator with the feed's head and no entries; one a format, since each has its own self link.

    *Raises* ValueError for a language that is no language tag (RFC 5646).
    """
    if not _LANGUAGE.fullmatch(feed.language):
        raise ValueError(f"{feed.language!r} is no language tag such as 'ko' or 'ko-KR'")
    generator = feedgen.feed.FeedGenerator()
    generator.id(feed.id)
    generator.title(clean.title(feed.title))
    generator.description(clean.line(feed.subtitle) or clean.title(feed.title))
    generator.author({"name": AGGREGATOR})
    generator.link(href=feed.feed_urls[form], rel="self", type=media_type)
    for rel, url in linked(feed, form):
        generator.link(href=url, rel=rel)
    generator.link(href=feed.page_url, rel="alternate", type="text/html")
    generator.language(feed.language)
    generator.generator(AGGREGATOR)
    generator.updated(feed.updated)
    generator.lastBuildDate(feed.updated)
    return generator


def linked(feed: Feed, form: str) -> tuple[tuple[str, str], ...]:
    """The feed's further links, as (rel, URL): its hubs, its other pages and archives (RFC 5005 §3, §4)."""
    older = [("next", feed.older_urls[form])] if form in feed.older_urls else []
    return *(("hub", hub) for hub in feed.hubs), *older, *((rel, urls[form]) for rel, urls in feed.nearby.items())


def says_archive(feed: Feed) -> bool:
    """Whether a document says that it never changes; judges take one that names none before it for incomplete."""
    return feed.is_archive and "prev-archive" in feed.nearby


def added(generator: Any, rendition: Rendition) -> Any:  # noqa: ANN401 - feedgen is untyped
    """The feedgen FeedEntry of a rendition, appended: feeds are newest first, as their entries come.

    It has one link only: feedgen loses what kind of link any entry's link is (CONFORMANCE B3).
    """
    entry = generator.add_entry(order="append")
    entry.guid(rendition.guid, permalink=False)
    entry.title(rendition.title)
    entry.link(href=rendition.url, rel="alternate")
    entry.summary(rendition.summary)
    entry.published(rendition.published)
    entry.updated(rendition.updated)
    entry.source(url=rendition.source_url, title=rendition.source_title)
    entry.category([{"scheme": scheme, "term": term, "label": label} for scheme, term, label in rendition.tags])
    return entry


def apart(document: bytes, name: bytes, tail: bytes) -> Written:
    """A document whose elements called ``name`` follow each other, up to its ``tail``: what is before, and each.

    Text is escaped, so that no title looks like a seam.

    >>> apart(b"<rss><item>1</item><item>2</item></rss>", b"item", b"</rss>")
    (b'<rss>', [b'<item>1</item>', b'<item>2</item>'], b'</rss>')
    """
    begin, end = b"<%b>" % name, b"</%b>" % name
    first = document.find(begin)
    if first < 0:
        return document.removesuffix(tail), [], tail
    inside = document[first + len(begin) : -len(end + tail)].split(end + begin)
    return document[:first], [begin + one + end for one in inside], tail
