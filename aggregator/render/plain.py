"""Plain text, for terminals and mails: an entry a paragraph, what it says in the words of the other formats."""

from collections.abc import Iterable

from aggregator.model import Feed
from aggregator.render import clean
from aggregator.render.rendition import Rendition

MEDIA_TYPE = "text/plain"


def framed(feed: Feed) -> tuple[bytes, bytes]:
    """What stands before the entries, and what behind them."""
    title = clean.title(feed.title)
    head = "\n".join(dict.fromkeys((title, clean.line(feed.subtitle) or title, feed.page_url)))
    older = feed.older_urls.get("txt")
    return f"{head}\n".encode(), f"\nOlder: {older}\n".encode() if older else b""


def rendered(renditions: Iterable[Rendition]) -> list[bytes]:
    """Each rendition as a paragraph."""
    return [f"\n{one.title}\n{one.summary}\n{one.url}\n".encode() for one in renditions]
