"""The reading half for one request: parse the filter, select, and hand over a feed that is ready to be rendered."""

from datetime import datetime, timedelta
from hashlib import blake2b
from urllib.parse import quote
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from aggregator import filters
from aggregator.errors import GoneFeedError, UnknownFeedError
from aggregator.filters import EVERYTHING, And, Filter, Viewer
from aggregator.filters.explaining import Clause, explained, responsible
from aggregator.ledger import Ledger
from aggregator.model import Board, Entry, Feed, Topic
from aggregator.render import FORMATS
from aggregator.request import PUBLIC, Access, Dup, Kind, Request, has_days, query, request
from aggregator.store import (
    Cursor,
    Selection,
    Store,
    Transaction,
    boards,
    headlines,
    identity,
    ledgers,
    tombstones,
    topics,
)

__all__ = [
    "Catalog",
    "Dup",
    "Explanation",
    "Kind",
    "Request",
    "Verdict",
    "canonical",
    "catalog",
    "explain",
    "feed",
    "path",
    "request",
]

TTL = timedelta(minutes=10)
SAMPLE = 2_000
VERDICTS = 100


class Catalog(Struct, frozen=True, kw_only=True):
    """What there is to subscribe to, each in the store's order."""

    boards: tuple[Board, ...]
    topics: tuple[Topic, ...]


class Verdict(Struct, frozen=True, kw_only=True):
    """A headline that was kept or dropped, and the clause that decided it."""

    title: str
    source: str | None
    board: str
    clause: str


class Explanation(Struct, frozen=True, kw_only=True):
    """Why a feed holds what it holds: hits are counted among the ``looked_at`` newest headlines it could hold.

    ``kept`` are the last 100 of the whole store, ``dropped`` the last 100 of those looked at.
    """

    canonical: str
    sentence: str
    url: str
    looked_at: int
    tree: Clause
    kept: tuple[Verdict, ...]
    dropped: tuple[Verdict, ...]


class _Place(Struct, frozen=True, kw_only=True):
    """Where a feed stands: its name for people, its permanent name, and what of the store it covers."""

    title: str
    subtitle: str
    name: str
    filter: Filter = EVERYTHING
    boards: tuple[str, ...] | None = None
    topic: str | None = None
    private: bool = False


def path(kind: Kind, slug: str = "") -> str:
    """The path of the page for people; a feed's is the same with its format behind it.

    >>> path("board", "news")
    '/boards/news'
    """
    return "/feed" if kind == "all" else f"/{kind}s/{quote(slug, safe='')}"


def canonical(wanted: Request, zone: ZoneInfo) -> Request:
    """The one request of all that ask for the same document. *Raises* FilterError."""
    chosen = filters.parse(wanted.q)
    tz = wanted.tz if wanted.tz != zone.key else ""
    return structs.replace(wanted, q=filters.canonical(chosen), tz=tz)


async def feed(
    store: Store, wanted: Request, public_url: str, now: datetime, zone: ZoneInfo, *, hubs: tuple[str, ...] = ()
) -> Feed:
    """The feed that is ``wanted``, with its permanent id and its canonical URLs below ``public_url``.

    ``zone`` is the server's, where the request names none; a public feed names its ``hubs``. *Raises* FilterError,
    UnknownFeedError, GoneFeedError. A selection without headlines is a feed without entries.
    """
    found = await store.read(_feed, wanted, filters.parse(wanted.q), public_url, now, zone)
    return structs.replace(found, hubs=hubs if wanted.access == PUBLIC else ())


async def explain(store: Store, wanted: Request, public_url: str, now: datetime, zone: ZoneInfo) -> Explanation:
    """What ``feed`` would hold, and why it does not hold the rest. *Raises* as it does."""
    return await store.read(_explanation, wanted, filters.parse(wanted.q), public_url, now, zone)


async def ledger(store: Store, slug: str) -> Ledger:
    """What is known of a board's list and what is not, counted afresh. *Raises* UnknownFeedError, GoneFeedError."""
    return await store.read(lambda conn: ledgers.audit(conn, _standing(conn, slug)))


async def catalog(store: Store) -> Catalog:
    """The boards and topics that are not removed."""
    return await store.read(_catalog)


def _feed(conn: Transaction, wanted: Request, asked: Filter, public_url: str, now: datetime, zone: ZoneInfo) -> Feed:
    place = _PLACES[wanted.kind](conn, wanted.slug, wanted.access)
    selection = _selection(wanted, place, asked, now, zone)
    found = headlines.search(conn, selection)
    polled = [board for board in boards.every(conn) if place.boards is None or board.slug in place.boards]
    running = [board for board in polled if not board.paused and (place.private or not board.private)]
    said = wanted if has_days(selection.filter) else structs.replace(wanted, tz="")
    store = identity.stored(conn)
    urls = _urls(said, asked, public_url, zone)
    older = _older(selection, found)
    gone = tombstones.select(conn, selection, None if older is None else older.arrival) if wanted.tombstones else ()
    # Every page is a part of the feed that the first one begins.
    name = _named(place.name, query(structs.replace(said, before=None), asked, zone))
    return Feed(
        id=f"tag:{store.authority},{store.year}:{name}",
        title=_narrowed(place.title, filters.canonical(asked)),
        subtitle=_subtitle(place, asked, found),
        page_url=urls["page"],
        feed_urls={ending: urls[ending] for ending in FORMATS},
        updated=max([*map(_changed, found.entries), *(one.deleted_at for one in gone)], default=store.born_at),
        ttl=min((board.every for board in running), default=TTL),
        next_poll_at=min((board.next_poll_at for board in running), default=None),
        entries=found.entries,
        older_urls={} if older is None else _urls(structs.replace(said, before=older), asked, public_url, zone),
        tombstones=gone,
        looked_at=found.looked_at,
    )


def _explanation(
    conn: Transaction, wanted: Request, asked: Filter, public_url: str, now: datetime, zone: ZoneInfo
) -> Explanation:
    place = _PLACES[wanted.kind](conn, wanted.slug, wanted.access)
    selection = structs.replace(_selection(wanted, place, asked, now, zone), n=VERDICTS, dup="all", each=None)
    chosen, viewer = filters.simplified(selection.filter), _viewer(wanted, now, zone)
    newest = headlines.select(conn, structs.replace(selection, filter=EVERYTHING, topic=None, n=SAMPLE))
    seen = [(filters.traits(entry), entry) for entry in newest]
    takes = filters.predicate(chosen, viewer)
    dropped = [entry for traits, entry in seen if not takes(traits)][:VERDICTS]
    return Explanation(
        canonical=filters.canonical(chosen),
        sentence=filters.sentence(chosen),
        url=_urls(wanted, asked, public_url, zone)["page"],
        looked_at=len(newest),
        tree=explained(chosen, [traits for traits, _ in seen], viewer),
        kept=tuple(_verdict(entry, chosen, viewer) for entry in headlines.select(conn, selection)),
        dropped=tuple(_verdict(entry, chosen, viewer) for entry in dropped),
    )


def _verdict(entry: Entry, chosen: Filter, viewer: Viewer) -> Verdict:
    decided = responsible(chosen, filters.traits(entry), viewer)
    return Verdict(title=entry.title, source=entry.source, board=entry.board, clause=decided)


def _catalog(conn: Transaction) -> Catalog:
    shown = (board for board in boards.every(conn) if not board.private)
    return Catalog(boards=tuple(shown), topics=tuple(topic for topic in topics.every(conn) if not topic.private))


def _everything(_conn: Transaction, _slug: str, access: Access) -> _Place:
    return _gathering("All headlines", "The headlines of every board", "feed/all", EVERYTHING, access)


def _gathering(title: str, subtitle: str, name: str, chosen: Filter, access: Access) -> _Place:
    """A feed of many boards; with those that are private it is another feed than without."""
    name = f"{name}/private" if access.others else name
    return _Place(title=title, subtitle=subtitle, name=name, filter=chosen, private=access.others)


def _standing(conn: Transaction, slug: str, access: Access = PUBLIC) -> Board:
    board = boards.by_slug(conn, slug)
    if board is None or (board.private and not access.own):
        raise UnknownFeedError(f"There is no board {slug!r}.")
    if board.removed_at is not None:
        raise GoneFeedError(f"The board {slug!r} has been removed.")
    return board


def _board(conn: Transaction, slug: str, access: Access) -> _Place:
    board = _standing(conn, slug, access)
    # The entries' guids begin with it, and each names it as its source: the board's own feed bears that id.
    said, own = f"The headlines of {board.name}", board.private or access.others
    return _Place(title=board.name, subtitle=said, name=str(board.id), boards=(board.slug,), private=own)


def _topic(conn: Transaction, slug: str, access: Access) -> _Place:
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


def _viewer(wanted: Request, now: datetime, zone: ZoneInfo) -> Viewer:
    return Viewer(now, ZoneInfo(wanted.tz) if wanted.tz else zone)


def _selection(wanted: Request, place: _Place, asked: Filter, now: datetime, zone: ZoneInfo) -> Selection:
    """What is to be selected; who asks about deleted headlines, be it to leave them out, looks at those too."""
    chosen = And((place.filter, asked))
    return Selection(
        filter=chosen,
        viewer=_viewer(wanted, now, zone),
        boards=place.boards,
        topic=place.topic,
        n=wanted.n,
        dup=wanted.dup,
        sort=wanted.sort,
        history=wanted.backfill,
        deleted=filters.mentions(chosen, "deleted"),
        each=wanted.each,
        before=wanted.before,
        private=place.private,
        after=wanted.after,
    )


def _urls(wanted: Request, asked: Filter, public_url: str, zone: ZoneInfo) -> dict[str, str]:
    """The canonical URLs of the feed, by format, and of its page, under "page"."""
    root, said = public_url + wanted.access.prefix + path(wanted.kind, wanted.slug), query(wanted, asked, zone)
    return {"page": root + said, **{ending: f"{root}.{ending}{said}" for ending in FORMATS}}


def _older(selection: Selection, found: headlines.Found) -> Cursor | None:
    """Where the next page begins: behind what was looked at, or behind the last entry of a full page."""
    if found.reached is not None or len(found.entries) < selection.n:
        return found.reached
    last = found.entries[-1]
    return Cursor(last.arrival, (last.published or last.first_seen) if selection.sort == "date" else None)


def _subtitle(place: _Place, asked: Filter, found: headlines.Found) -> str:
    whole = place.subtitle if asked == EVERYTHING else f"{place.subtitle}, narrowed to {filters.sentence(asked)}"
    return whole if found.looked_at is None else f"{whole}; found among the newest {found.looked_at:,} candidates"


def _changed(entry: Entry) -> datetime:
    """When the entry last changed this selection.

    A back-filled headline is *updated* long ago, as its board claims, and yet new to the feed: a reader that asks by
    date alone must not be told that nothing has changed.
    """
    return max(entry.updated, entry.first_seen)


def _named(name: str, said: str) -> str:
    """The permanent part of a feed's id; a narrowed feed is another feed."""
    return f"feed/{blake2b(f'{name}{said}'.encode(), digest_size=10).hexdigest()}" if said else name


def _narrowed(title: str, canonical: str) -> str:
    return f"{title} · {canonical}" if canonical else title


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
