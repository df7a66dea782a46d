"""Archives of a feed (RFC 5005 §4): what it held of a block of arrivals when that was first asked for, ever since.

The current document names the last of them where it reaches down to it, each names the one before, and so all of the
feed is had once. What is corrected or goes later is said in the current document and its pages alone.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from aggregator import cuts, filters
from aggregator.cuts import SHORT, Cut
from aggregator.errors import ElsewhereError, GoneFeedError, RequestError, UnknownFeedError
from aggregator.filters import And, Filter, Viewer
from aggregator.filters.lasting import is_steady
from aggregator.model import Entry, Feed
from aggregator.place import Place, addresses, changed, identified, narrowed, where
from aggregator.render import FORMATS
from aggregator.request import Request, archived, has_days
from aggregator.store import Cursor, Store, Transaction, archives, identity
from aggregator.store.archives import Archived

TTL = timedelta(days=1)
SUBTITLE = "What the feed held of these arrivals when they were first asked for"
# Those that have no word for archives call the one before what they call the page behind.
_WORDLESS = ("json", "txt", "page")
# Steady filters do not ask what time it is.
_ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)

Missing = list[int]


class _Wanted(Struct, frozen=True, kw_only=True):
    """A request for an archive, with its own filter and what its addresses are made of."""

    request: Request
    cut: Cut
    asked: Filter
    public_url: str
    zone: ZoneInfo

    def urls(self, cut: Cut | None) -> dict[str, str]:
        """The addresses of another archive of the feed; None is the feed itself."""
        return addresses(structs.replace(self.request, archive=cut), self.asked, self.public_url, self.zone)


async def feed(store: Store, request: Request, cut: Cut, public_url: str, zone: ZoneInfo) -> Feed:
    """The archive of the ``cut`` that is requested, kept from now on where nobody has asked for it before.

    *Raises* FilterError, UnknownFeedError where the feed has no such archive, GoneFeedError where it had another
    filter then, ElsewhereError where the block has begun and may grow.
    """
    asked = filters.parse(request.q)
    wanted = _Wanted(request=request, cut=cut, asked=asked, public_url=public_url, zone=zone)
    while not isinstance(found := await store.read(_feed, wanted), Feed):
        await store.write(archives.keep, found)
    return found


def last(
    conn: Transaction, wanted: Request, place: Place, chosen: Filter, entries: Sequence[Entry], older: Cursor | None
) -> Request | None:
    """The last archive of a feed, where its document reaches down to it: ``older`` is where the page behind begins.

    It is the one below the feed's own newest entry, so that news of others do not change the document.
    """
    end = reached(wanted, chosen, entries, older)
    cut = None if end is None else _below(conn, place, end)
    return None if cut is None else archived(wanted, cut)


def reached(wanted: Request, chosen: Filter, entries: Sequence[Entry], older: Cursor | None) -> int | None:
    """The end of the last archive that a document reaches down to; None where it reaches to none."""
    paged = wanted.before is not None or wanted.after is not None
    if paged or not entries or not _has_archives(wanted, chosen):
        return None
    end = cuts.end(entries[0].arrival)
    return None if older is not None and older.arrival > end else end


def below(wanted: Request, place: Place, end: int) -> Request | None:
    """The archive of a feed of all boards that ends there or above; such a feed has one of every block."""
    return archived(wanted, cuts.holding(end - 1, end, _edition(place))) if end > 0 else None


def _feed(conn: Transaction, wanted: _Wanted) -> Feed | Missing:
    request, cut, place = wanted.request, wanted.cut, where(conn, wanted.request)
    chosen = And((place.filter, wanted.asked))
    if not _has_archives(request, chosen):
        raise UnknownFeedError("This feed has no archives: what it holds hangs on the time or on flags, or is sorted.")
    if cut.edition != _edition(place):
        raise GoneFeedError("The topic had another filter then: its archives are gone.")
    if not has_days(chosen):
        wanted = structs.replace(wanted, request=structs.replace(request, tz=""))
    end = cuts.end(identity.last_arrival(conn))
    if cut.high > end:
        raise _early(wanted, end)
    entries = _entries(conn, wanted, place, chosen)
    return entries if isinstance(entries, list) else _told(conn, wanted, place, entries)


def _told(conn: Transaction, wanted: _Wanted, place: Place, entries: tuple[Entry, ...]) -> Feed:
    """The archive as it is rendered: all that it says of itself is made of its address, which stays the same."""
    cut, whole, below = wanted.cut, wanted.urls(None), _below(conn, place, wanted.cut.low)
    before = {} if below is None else {"prev-archive": wanted.urls(below)}
    name = f"{wanted.request.slug or 'All headlines'}, arrivals {cut.low} to {cut.high - 1}"
    return Feed(
        id=identified(conn, place, wanted.request, wanted.asked, wanted.zone),
        title=narrowed(name, filters.canonical(wanted.asked)),
        subtitle=SUBTITLE,
        page_url=whole["page"],
        feed_urls={form: wanted.urls(cut)[form] for form in FORMATS},
        updated=max(map(changed, entries), default=None) or identity.stored(conn).born_at,
        ttl=TTL,
        entries=entries,
        older_urls={form: url for urls in before.values() for form, url in urls.items() if form in _WORDLESS},
        nearby={"current": whole, **before, "next-archive": wanted.urls(cut.above)},
        is_archive=True,
    )


def _early(wanted: _Wanted, end: int) -> RequestError:
    """What is said of an archive that is not cut yet: which document holds its headlines until then."""
    low = wanted.cut.low
    if low > end:
        return UnknownFeedError("There is no such archive yet.")
    short = Cut(low, low + SHORT, wanted.cut.edition)
    return ElsewhereError("This archive is not cut yet.", urls=wanted.urls(short if short.high <= end else None))


def _entries(conn: Transaction, wanted: _Wanted, place: Place, chosen: Filter) -> tuple[Entry, ...] | Missing:
    """The entries that the feed takes of the cut, newest first; or the blocks that must be kept to tell."""
    request, blocks = wanted.request, wanted.cut.blocks
    if missing := archives.missing(conn, blocks):
        return missing
    takes = filters.predicate(chosen, Viewer(_ANY_TIME, ZoneInfo(request.tz) if request.tz else wanted.zone))

    def taken(blocks: Collection[int]) -> list[Archived]:
        held = archives.held(conn, blocks, place.boards, private=place.private)
        return [one for one in held if (request.backfill or not one.history) and takes(filters.traits(one.entry))]

    found = taken(blocks)
    if request.dup == "first":
        twins = {one.twin for one in found if one.twin != one.entry.arrival}
        around = archives.around(conn, twins, wanted.cut.high)
        if missing := archives.missing(conn, around):
            return missing
        first = {one.twin: one.entry.arrival for one in taken(around)}
        found = [one for one in found if first.get(one.twin, one.entry.arrival) == one.entry.arrival]
    return tuple(one.entry for one in found)


def _has_archives(wanted: Request, chosen: Filter) -> bool:
    """Whether what the feed takes of past arrivals is the same for ever, but for what is edited or goes."""
    return wanted.sort == "arrival" and wanted.each is None and is_steady(chosen)


def _below(conn: Transaction, place: Place, boundary: int) -> Cut | None:
    """The archive before a boundary; a board's are passed over that it has nothing in."""
    among = place.boards or ()
    found = max((archives.last_below(conn, boundary, slug) or -1 for slug in among), default=boundary - 1)
    return None if found < 0 else cuts.holding(found, boundary, _edition(place))


def _edition(place: Place) -> str:
    """What tells a topic's filter from those that it had before; nothing where the address says all."""
    if place.topic is None:
        return ""
    return blake2b(filters.canonical(place.filter).encode(), digest_size=4).hexdigest()
