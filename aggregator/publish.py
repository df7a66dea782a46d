"""The reading half for one request: parse the filter, select, and hand over a feed that is ready to be rendered."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Literal, TypeVar
from urllib.parse import quote, urlencode

from msgspec import Struct

from aggregator import filters
from aggregator.errors import FilterError, GoneFeedError, UnknownFeedError
from aggregator.filters.tree import EVERYTHING, And, Filter
from aggregator.ledger import Ledger
from aggregator.model import Board, Entry, Feed, Topic
from aggregator.render import FORMATS
from aggregator.store import Selection, Store, Transaction, boards, headlines, identity, ledgers, topics

Kind = Literal["all", "board", "topic"]
Dup = Literal["first", "all"]
Sort = Literal["arrival", "date"]

Choice = TypeVar("Choice", bound=str)

DUPS: Mapping[str, Dup] = {"first": "first", "all": "all"}
SORTS: Mapping[str, Sort] = {"arrival": "arrival", "date": "date"}
BACKFILLS: Mapping[str, Literal["yes", "no"]] = {"no": "no", "yes": "yes"}
ENTRIES = 50
MOST_ENTRIES = 500
TTL = timedelta(minutes=10)


class Request(Struct, frozen=True, kw_only=True):
    """What is asked for: all headlines, those of a board or those of a topic, narrowed by a filter ``q``."""

    kind: Kind = "all"
    slug: str = ""
    q: str = ""
    n: int = ENTRIES
    dup: Dup = "first"
    sort: Sort = "arrival"
    backfill: bool = False


class Catalog(Struct, frozen=True, kw_only=True):
    """What there is to subscribe to, each in the store's order."""

    boards: tuple[Board, ...]
    topics: tuple[Topic, ...]


class _Place(Struct, frozen=True, kw_only=True):
    """Where a feed stands: its name for people, its permanent name, and what of the store it covers."""

    title: str
    subtitle: str
    name: str
    filter: Filter = EVERYTHING
    boards: tuple[str, ...] | None = None


def request(kind: Kind, slug: str, parameters: Mapping[str, str]) -> Request:
    """The request that a URL's parameters make of a feed; parameters that are none of ours are ignored (D20).

    *Raises* FilterError for ``n``, ``dup``, ``sort`` or ``backfill`` outside what is allowed.

    >>> request("all", "", {"n": "20", "utm_source": "mail"}).n
    20
    """
    return Request(
        kind=kind,
        slug=slug,
        q=parameters.get("q", ""),
        n=_count(parameters.get("n", str(ENTRIES))),
        dup=_choice("dup", parameters.get("dup", "first"), DUPS),
        sort=_choice("sort", parameters.get("sort", "arrival"), SORTS),
        backfill=_choice("backfill", parameters.get("backfill", "no"), BACKFILLS) == "yes",
    )


def path(kind: Kind, slug: str = "") -> str:
    """The path of the page for people; a feed's is the same with its format behind it.

    >>> path("board", "news")
    '/boards/news'
    """
    return "/feed" if kind == "all" else f"/{kind}s/{quote(slug, safe='')}"


async def feed(store: Store, request: Request, public_url: str) -> Feed:
    """The feed that ``request`` asks for, with its permanent id and its canonical URLs below ``public_url``.

    *Raises* FilterError, UnknownFeedError, GoneFeedError. A selection without headlines is a feed without entries.
    """
    return await store.read(_feed, request, filters.parse(request.q), public_url)


async def ledger(store: Store, slug: str) -> Ledger:
    """What is known of a board's list and what is not, counted afresh. *Raises* UnknownFeedError, GoneFeedError."""
    return await store.read(lambda conn: ledgers.audit(conn, _standing(conn, slug)))


async def catalog(store: Store) -> Catalog:
    """The boards and topics that are not removed."""
    return await store.read(_catalog)


def _feed(conn: Transaction, request: Request, asked: Filter, public_url: str) -> Feed:
    place = _PLACES[request.kind](conn, request.slug)
    entries = headlines.select(conn, _selection(request, place, asked))
    polled = [board for board in boards.every(conn) if place.boards is None or board.slug in place.boards]
    running = [board for board in polled if not board.paused]
    query = _query(request, asked)
    store = identity.stored(conn)
    return Feed(
        id=f"tag:{store.authority},{store.year}:{_named(place.name, query)}",
        title=_narrowed(place.title, filters.canonical(asked)),
        subtitle=place.subtitle if asked == EVERYTHING else f"{place.subtitle}, narrowed to {filters.sentence(asked)}",
        page_url=public_url + path(request.kind, request.slug) + query,
        feed_urls={ending: f"{public_url}{path(request.kind, request.slug)}.{ending}{query}" for ending in FORMATS},
        updated=max(map(_changed, entries), default=store.born_at),
        ttl=min((board.every for board in running), default=TTL),
        next_poll_at=min((board.next_poll_at for board in running), default=None),
        entries=tuple(entries),
    )


def _catalog(conn: Transaction) -> Catalog:
    return Catalog(boards=tuple(boards.every(conn)), topics=tuple(topics.every(conn)))


def _everything(_conn: Transaction, _slug: str) -> _Place:
    return _Place(title="All headlines", subtitle="The headlines of every board", name="feed/all")


def _standing(conn: Transaction, slug: str) -> Board:
    board = boards.by_slug(conn, slug)
    if board is None:
        raise UnknownFeedError(f"There is no board {slug!r}.")
    if board.removed_at is not None:
        raise GoneFeedError(f"The board {slug!r} has been removed.")
    return board


def _board(conn: Transaction, slug: str) -> _Place:
    board = _standing(conn, slug)
    # The entries' guids begin with it, and each names it as its source: the board's own feed bears that id.
    return _Place(title=board.name, subtitle=f"The headlines of {board.name}", name=str(board.id), boards=(board.slug,))


def _topic(conn: Transaction, slug: str) -> _Place:
    found = topics.by_slug(conn, slug)
    if found is None:
        raise UnknownFeedError(f"There is no topic {slug!r}.")
    topic, removed = found
    if removed:
        raise GoneFeedError(f"The topic {slug!r} has been removed.")
    chosen = filters.parse(topic.filter)
    return _Place(
        title=topic.title, subtitle=_capital(filters.sentence(chosen)), name=f"feed/topics/{slug}", filter=chosen
    )


_PLACES = {"all": _everything, "board": _board, "topic": _topic}


def _selection(request: Request, place: _Place, asked: Filter) -> Selection:
    return Selection(
        filter=And((place.filter, asked)),
        boards=place.boards,
        n=request.n,
        dup=request.dup,
        sort=request.sort,
        history=request.backfill,
    )


def _changed(entry: Entry) -> datetime:
    """When the entry last changed this selection.

    A back-filled headline is *updated* long ago, as its board claims, and yet new to the feed: a reader that asks by
    date alone must not be told that nothing has changed.
    """
    return max(entry.updated, entry.first_seen)


def _query(request: Request, asked: Filter) -> str:
    """The canonical query, ``?`` included: sorted, defaults dropped, one spelling a filter; else empty.

    Parentheses and apostrophes are escaped although a URL may hold them: shells and mail programs break on them.
    """
    backfill = "yes" if request.backfill else "no"
    stated = {
        "backfill": backfill,
        "dup": request.dup,
        "n": request.n,
        "q": filters.canonical(asked),
        "sort": request.sort,
    }
    usual = {"backfill": "no", "dup": "first", "n": ENTRIES, "q": filters.canonical(EVERYTHING), "sort": "arrival"}
    parameters = {name: value for name, value in stated.items() if value != usual[name]}
    return f"?{urlencode(parameters, quote_via=quote, safe=':,/-')}" if parameters else ""


def _named(name: str, query: str) -> str:
    """The permanent part of a feed's id; a narrowed feed is another feed."""
    return f"feed/{blake2b(f'{name}{query}'.encode(), digest_size=10).hexdigest()}" if query else name


def _narrowed(title: str, canonical: str) -> str:
    return f"{title} · {canonical}" if canonical else title


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _count(written: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,2}", written) or int(written) > MOST_ENTRIES:
        raise FilterError(f"n={written[:20]} is no count of entries.", column=1, hint=f"n=1 to n={MOST_ENTRIES}")
    return int(written)


def _choice(name: str, written: str, allowed: Mapping[str, Choice]) -> Choice:
    if written not in allowed:
        hint = " or ".join(f"{name}={value}" for value in allowed)
        raise FilterError(f"{name}={written[:20]} is unknown.", column=1, hint=hint)
    return allowed[written]
