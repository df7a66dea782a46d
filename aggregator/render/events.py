"""Server-sent events (WHATWG HTML §9.2): one event an entry, its data the item of a JSON Feed."""

import msgspec

from aggregator.model import Feed
from aggregator.render.jsonfeed import item
from aggregator.render.rendition import rendition

MEDIA_TYPE = "text/event-stream"


def written(feed: Feed) -> bytes:
    """The feed's entries as events, oldest first, so that the last id a client has seen is the highest.

    An event's id is the entry's arrival. JSON has no line breaks of its own, so that each is one line of data.
    """
    said = [(one.arrival, msgspec.json.encode(item(rendition(one, feed.page_url)))) for one in feed.entries]
    return b"".join(b"id: %d\ndata: %s\n\n" % event for event in reversed(said))
