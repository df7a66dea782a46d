"""The reading half for one request: parse the filter, select, and hand over a feed that is ready to be rendered."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from aggregator import archives, filters
from aggregator.advance import Grounds, Selected, older
from aggregator.filters import EVERYTHING, And, Filter, Viewer
from aggregator.filters.explaining import Clause, explained, responsible
from aggregator.ledger import Ledger
from aggregator.model import Board, Entry, Feed, Topic
from aggregator.place import Place, addresses, changed, identified, narrowed, path, standing, where
from aggregator.render import FORMATS
from aggregator.request import PUBLIC, Dup, Kind, Request, has_days, request
from aggregator.store import (
    Selection,
    Store,
    Transaction,
    boards,
    freshness,
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
    "selected",
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
    UnknownFeedError, GoneFeedError, ElsewhereError. A selection without headlines is a feed without entries.
    """
    return (await selected(store, wanted, public_url, now, zone, hubs=hubs)).feed


async def selected(
    store: Store, wanted: Request, public_url: str, now: datetime, zone: ZoneInfo, *, hubs: tuple[str, ...] = ()
) -> Selected:
    """The same with its grounds, on which it can be brought forward."""
    if wanted.archive is not None:
        return Selected(await archives.feed(store, wanted, wanted.archive, public_url, zone))
    found = await store.read(_selected, wanted, filters.parse(wanted.q), public_url, now, zone)
    own = hubs if wanted.access == PUBLIC else ()
    return structs.replace(found, feed=structs.replace(found.feed, hubs=own))


async def explain(store: Store, wanted: Request, public_url: str, now: datetime, zone: ZoneInfo) -> Explanation:
    """What ``feed`` would hold, and why it does not hold the rest. *Raises* as it does."""
    return await store.read(_explanation, wanted.whole, filters.parse(wanted.q), public_url, now, zone)


async def ledger(store: Store, slug: str) -> Ledger:
    """What is known of a board's list and what is not, counted afresh. *Raises* UnknownFeedError, GoneFeedError."""
    return await store.read(lambda conn: ledgers.audit(conn, standing(conn, slug)))


async def catalog(store: Store) -> Catalog:
    """The boards and topics that are not removed."""
    return await store.read(_catalog)


def _selected(
    conn: Transaction, wanted: Request, asked: Filter, public_url: str, now: datetime, zone: ZoneInfo
) -> Selected:
    place = where(conn, wanted)
    selection = _selection(wanted, place, asked, now, zone)
    found = headlines.search(conn, selection)
    fresh = freshness.freshness(conn, place.boards, private=place.private)
    said = wanted if has_days(selection.filter) else structs.replace(wanted, tz="")
    urls = addresses(said, asked, public_url, zone)
    behind = older(selection, found.entries) if found.reached is None else found.reached
    nearby = {"first": structs.replace(said, before=None)} if wanted.before is not None else {}
    if (archive := archives.last(conn, said, place, selection.filter, found.entries, behind)) is not None:
        nearby["prev-archive"] = archive
    # No archive ever says what is gone from it.
    told_down_to = behind if archive is None else None
    gone = tombstones.select(conn, selection, told_down_to) if wanted.tombstones else ()
    feed = Feed(
        id=identified(conn, place, said, asked, zone),
        title=narrowed(place.title, filters.canonical(asked)),
        subtitle=_subtitle(place, asked, found),
        page_url=urls["page"],
        feed_urls={ending: urls[ending] for ending in FORMATS},
        updated=max([*map(changed, found.entries), *(one.deleted_at for one in gone)], default=None)
        or identity.stored(conn).born_at,
        ttl=fresh.every or TTL,
        next_poll_at=fresh.next_poll_at,
        entries=found.entries,
        older_urls={} if behind is None else addresses(structs.replace(said, before=behind), asked, public_url, zone),
        nearby={rel: addresses(one, asked, public_url, zone) for rel, one in nearby.items()},
        tombstones=gone,
        looked_at=found.looked_at,
    )
    return Selected(
        feed,
        Grounds(selection=selection, place=place, said=said, asked=asked, public_url=public_url, zone=zone),
    )


def _explanation(
    conn: Transaction, wanted: Request, asked: Filter, public_url: str, now: datetime, zone: ZoneInfo
) -> Explanation:
    place = where(conn, wanted)
    selection = structs.replace(_selection(wanted, place, asked, now, zone), n=VERDICTS, dup="all", each=None)
    chosen, viewer = filters.simplified(selection.filter), _viewer(wanted, now, zone)
    newest = headlines.select(conn, structs.replace(selection, filter=EVERYTHING, topic=None, n=SAMPLE))
    seen = [(filters.traits(entry), entry) for entry in newest]
    takes = filters.predicate(chosen, viewer)
    dropped = [entry for traits, entry in seen if not takes(traits)][:VERDICTS]
    return Explanation(
        canonical=filters.canonical(chosen),
        sentence=filters.sentence(chosen),
        url=addresses(wanted, asked, public_url, zone)["page"],
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


def _viewer(wanted: Request, now: datetime, zone: ZoneInfo) -> Viewer:
    return Viewer(now, ZoneInfo(wanted.tz) if wanted.tz else zone)


def _selection(wanted: Request, place: Place, asked: Filter, now: datetime, zone: ZoneInfo) -> Selection:
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


def _subtitle(place: Place, asked: Filter, found: headlines.Found) -> str:
    whole = place.subtitle if asked == EVERYTHING else f"{place.subtitle}, narrowed to {filters.sentence(asked)}"
    return whole if found.looked_at is None else f"{whole}; found among the newest {found.looked_at:,} candidates"
