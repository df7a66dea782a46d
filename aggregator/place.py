"""Where a feed stands: what its path names, what of the store that covers, and its addresses."""

from datetime import datetime
from hashlib import blake2b
from urllib.parse import quote
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from aggregator import filters
from aggregator.errors import GoneFeedError, UnknownFeedError
from aggregator.filters import EVERYTHING, Filter
from aggregator.model import Board, Entry
from aggregator.render import FORMATS
from aggregator.request import PUBLIC, Access, Kind, Request, query
from aggregator.store import Transaction, boards, identity, topics


class Place(Struct, frozen=True, kw_only=True):
    """Where a feed stands: its name for people, its permanent name, and what of the store it covers."""

    title: str
    subtitle: str
    name: str
    filter: Filter = EVERYTHING
    boards: tuple[str, ...] | None = None
    topic: str | None = None
    private: bool = False


def where(conn: Transaction, wanted: Request) -> Place:
    """The place of what is ``wanted``. Raises UnknownFeedError, GoneFeedError."""
    return _PLACES[wanted.kind](conn, wanted.slug, wanted.access)


def path(kind: Kind, slug: str = "") -> str:
    """The path of the page for people; a feed's is the same with its format behind it.

    >>> path("board", "news")
    '/boards/news'
    """
    return "/feed" if kind == "all" else f"/{kind}s/{quote(slug, safe='')}"


def addresses(wanted: Request, asked: Filter, public_url: str, zone: ZoneInfo) -> dict[str, str]:
    """The canonical URLs of the feed, by format, and of its page, under "page"; ``asked`` is its own filter."""
    root, said = public_url + wanted.access.prefix + path(wanted.kind, wanted.slug), query(wanted, asked, zone)
    return {"page": root + said, **{ending: f"{root}.{ending}{said}" for ending in FORMATS}}


def identified(conn: Transaction, place: Place, wanted: Request, asked: Filter, zone: ZoneInfo) -> str:
    """The permanent id of the feed that ``wanted`` is a part of: every page and archive of it has the same."""
    who, said = identity.stored(conn), query(structs.replace(wanted, before=None, archive=None), asked, zone)
    return f"tag:{who.authority},{who.year}:{_named(place.name, said)}"


def changed(entry: Entry) -> datetime:
    """When the entry last changed the selections that it is in.

    A back-filled headline is *updated* long ago, as its board claims, and yet new to the feed: a reader that asks by
    date alone must not be told that nothing has changed.
    """
    return max(entry.updated, entry.first_seen)


def narrowed(title: str, canonical: str) -> str:
    """The title of a feed that a filter narrows."""
    return f"{title} · {canonical}" if canonical else title


def standing(conn: Transaction, slug: str, access: Access = PUBLIC) -> Board:
    """The board of that slug. Raises UnknownFeedError, GoneFeedError."""
    board = boards.by_slug(conn, slug)
    if board is None or (board.private and not access.own):
        raise UnknownFeedError(f"There is no board {slug!r}.")
    if board.removed_at is not None:
        raise GoneFeedError(f"The board {slug!r} has been removed.")
    return board


def _everything(_conn: Transaction, _slug: str, access: Access) -> Place:
    return _gathering("All headlines", "The headlines of every board", "feed/all", EVERYTHING, access)


def _gathering(title: str, subtitle: str, name: str, chosen: Filter, access: Access) -> Place:
    """A feed of many boards; with those that are private it is another feed than without."""
    name = f"{name}/private" if access.others else name
    return Place(title=title, subtitle=subtitle, name=name, filter=chosen, private=access.others)


def _board(conn: Transaction, slug: str, access: Access) -> Place:
    board = standing(conn, slug, access)
    # The entries' guids begin with it, and each names it as its source: the board's own feed bears that id.
    said, own = f"The headlines of {board.name}", board.private or access.others
    return Place(title=board.name, subtitle=said, name=str(board.id), boards=(board.slug,), private=own)


def _topic(conn: Transaction, slug: str, access: Access) -> Place:
    found = topics.by_slug(conn, slug)
    if found is None or (found[0].private and not access.own):
        raise UnknownFeedError(f"There is no topic {slug!r}.")
    topic, removed = found
    if removed:
        raise GoneFeedError(f"The topic {slug!r} has been removed.")
    chosen = filters.parse(topic.filter)
    said = _capital(filters.sentence(chosen))
    return structs.replace(_gathering(topic.title, said, f"feed/topics/{slug}", chosen, access), topic=slug)


_PLACES = {"all": _everything, "board": _board, "topic": _topic}


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _named(name: str, said: str) -> str:
    # A narrowed feed is another feed.
    return f"feed/{blake2b(f'{name}{said}'.encode(), digest_size=10).hexdigest()}" if said else name
