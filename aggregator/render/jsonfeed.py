"""JSON Feed 1.1."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct

from aggregator.model import Feed
from aggregator.render import clean
from aggregator.render.rendition import AGGREGATOR, Rendition, Written

MEDIA_TYPE = "application/feed+json"

_TAIL = b"]}"
_VERSION = "https://jsonfeed.org/version/1.1"


class _Author(Struct, frozen=True):
    name: str


class _Hub(Struct, frozen=True):
    url: str
    type: str = "WebSub"


class Item(Struct, frozen=True, kw_only=True):
    """One entry of a JSON Feed."""

    id: str
    url: str
    title: str
    content_text: str
    date_published: datetime
    date_modified: datetime
    authors: tuple[_Author, ...]
    tags: tuple[str, ...]


class _JsonFeed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    version: str
    title: str
    home_page_url: str
    feed_url: str
    description: str
    language: str
    authors: tuple[_Author, ...]
    next_url: str = ""
    hubs: tuple[_Hub, ...] = ()
    items: tuple[Item, ...]


def parts(feed: Feed, renditions: Iterable[Rendition]) -> Written:
    """What stands before the feed's items, these items each, and what stands behind them."""
    return written(feed, ()).removesuffix(_TAIL), [msgspec.json.encode(item(one)) for one in renditions], _TAIL


def written(feed: Feed, renditions: Iterable[Rendition]) -> bytes:
    """The feed's head and these items as a JSON Feed document in UTF-8.

    A bare headline's ``content_text`` is its summary (C14).
    """
    title = clean.title(feed.title)
    return msgspec.json.encode(
        _JsonFeed(
            version=_VERSION,
            title=title,
            home_page_url=feed.page_url,
            feed_url=feed.feed_urls["json"],
            description=clean.line(feed.subtitle) or title,
            language=feed.language,
            authors=(_Author(AGGREGATOR),),
            next_url=feed.older_urls.get("json", ""),
            hubs=tuple(map(_Hub, feed.hubs)),
            items=tuple(map(item, renditions)),
        )
    )


def item(rendition: Rendition) -> Item:
    """What a JSON Feed says of one entry."""
    return Item(
        id=rendition.guid,
        url=rendition.url,
        title=rendition.title,
        content_text=rendition.summary,
        date_published=rendition.published,
        date_modified=rendition.updated,
        authors=(_Author(rendition.author),),
        tags=tuple(dict.fromkeys(label for _, _, label in rendition.tags)),
    )
