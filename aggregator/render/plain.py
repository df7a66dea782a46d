"""Plain text, for terminals and mails: an entry a paragraph, what it says in the words of the other formats."""

from collections.abc import Iterable

from aggregator.model import Feed
from aggregator.render import clean
from aggregator.render.rendition import Rendition, Written

MEDIA_TYPE = "text/plain"


def parts(feed: Feed, renditions: Iterable[Rendition]) -> Written:
    """What stands before the feed's entries, a paragraph each of these, and what stands behind them."""
    title, older = clean.title(feed.title), feed.older_urls.get("txt")
    head = "\n".join(dict.fromkeys((title, clean.line(feed.subtitle) or title, feed.page_url)))
    paragraphs = [f"\n{one.title}\n{one.summary}\n{one.url}\n".encode() for one in renditions]
    return f"{head}\n".encode(), paragraphs, f"\nOlder: {older}\n".encode() if older else b""
