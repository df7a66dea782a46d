"""Where a document says that it can be subscribed to, and which others belong to its feed."""

from aggregator.model import Feed


def links(feed: Feed, form: str) -> str:
    """The ``Link`` header of the feed's document: exactly one self, every hub (WebSub §4), pages and archives.

    *Source*: RFC 8288, RFC 5005 §3, §4.
    """
    others = [*(("hub", hub) for hub in feed.hubs), *((rel, urls[form]) for rel, urls in feed.nearby.items())]
    return ", ".join(f'<{url}>; rel="{rel}"' for rel, url in [("self", feed.feed_urls[form]), *others])
