"""The feeds that everybody may have, as a reader takes them in: all of them, or one topic board by board."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from aggregator import filters, publish
from aggregator.errors import UnknownFeedError
from aggregator.model import Board, Topic
from aggregator.publish import Catalog, Request
from aggregator.render import opml
from aggregator.render.opml import Outline
from aggregator.request import query

TITLE = "Headlines"


def every(catalog: Catalog, public_url: str) -> bytes:
    """The OPML of everything: the feed of all headlines, the topics, the boards."""
    topics = [_outline(topic.title, Request(kind="topic", slug=topic.slug), public_url) for topic in catalog.topics]
    boards = [_outline(board.name, Request(kind="board", slug=board.slug), public_url) for board in catalog.boards]
    whole = _outline("All headlines", Request(), public_url)
    return opml.written(TITLE, {"": [whole], "Topics": topics, "Boards": boards})


def by_board(catalog: Catalog, slug: str, public_url: str, zone: ZoneInfo) -> bytes:
    """The OPML of a topic: its own feed, and each board's narrowed to it. Raises UnknownFeedError."""
    topic = _topic(catalog.topics, slug)
    whole = _outline(topic.title, Request(kind="topic", slug=slug), public_url)
    boards = [_narrowed(board, topic, public_url, zone) for board in catalog.boards]
    return opml.written(topic.title, {"": [whole], topic.title: boards})


def _topic(topics: Sequence[Topic], slug: str) -> Topic:
    for topic in topics:
        if topic.slug == slug:
            return topic
    raise UnknownFeedError(f"There is no topic {slug!r}.")


def _narrowed(board: Board, topic: Topic, public_url: str, zone: ZoneInfo) -> Outline:
    wanted = Request(kind="board", slug=board.slug, q=topic.filter)
    said = query(wanted, filters.parse(topic.filter), zone)
    return _outline(f"{board.name}: {topic.title}", wanted, public_url, said)


def _outline(title: str, wanted: Request, public_url: str, said: str = "") -> Outline:
    place = public_url + publish.path(wanted.kind, wanted.slug)
    return Outline(title=title, feed_url=f"{place}.atom{said}", page_url=place + said)
