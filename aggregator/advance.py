"""A feed brought forward: what came since it was selected stands before it, nothing that it holds is asked for again.

Where the headlines that came do not tell alone what the feed says now, it must be selected anew.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import takewhile
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from aggregator import archives, filters
from aggregator.filters import Filter
from aggregator.model import Entry, Feed
from aggregator.place import Place, addresses, changed
from aggregator.request import Request
from aggregator.store import Cursor, Selection
from aggregator.store.arrivals import Arrived


class Grounds(Struct, frozen=True, kw_only=True):
    """What a feed was selected by: ``said`` is the request that its addresses say, ``asked`` its own filter."""

    selection: Selection
    place: Place
    said: Request
    asked: Filter
    public_url: str
    zone: ZoneInfo

    def urls(self, said: Request) -> dict[str, str]:
        """The addresses of another part of the feed, by format."""
        return addresses(said, self.asked, self.public_url, self.zone)


class Selected(Struct, frozen=True):
    """A feed and its grounds; an archive has none, because nothing is ever added to it."""

    feed: Feed
    grounds: Grounds | None = None


def advanced(selected: Selected, came: Sequence[Arrived]) -> Selected | None:
    """The feed as selecting it anew would find it, where nothing happened but that ``came``, newest first.

    None where that cannot be told.
    """
    feed, grounds = selected.feed, selected.grounds
    if grounds is None:
        return selected
    # How far a search got before it was ended hangs on more than what it found.
    if feed.looked_at is not None:
        return None
    # What arrived before the last that it shows was there when it was selected.
    last = max((entry.arrival for entry in feed.entries), default=0)
    new = _taken(grounds.selection, takewhile(lambda one: one.entry.arrival > last, came))
    if not new:
        return selected
    if grounds.said.tombstones or not _goes_before(grounds.selection, new):
        return None
    entries = (*(one.entry for one in new), *feed.entries)[: grounds.selection.n]
    behind = older(grounds.selection, entries)
    nearby = _nearby(selected.feed, grounds, entries, behind)
    if nearby is None:
        return None
    fresh = structs.replace(
        feed,
        entries=entries,
        updated=_updated(feed, new[: grounds.selection.n], entries),
        older_urls={} if behind is None else grounds.urls(structs.replace(grounds.said, before=behind)),
        nearby=nearby,
    )
    return Selected(fresh, grounds)


def older(selection: Selection, entries: Sequence[Entry]) -> Cursor | None:
    """Where the next page begins: behind the last entry of a full one."""
    if len(entries) < selection.n:
        return None
    last = entries[-1]
    return Cursor(last.arrival, (last.published or last.first_seen) if selection.sort == "date" else None)


def _taken(selection: Selection, came: Iterable[Arrived]) -> list[Arrived]:
    takes, among = filters.predicate(selection.filter, selection.viewer), selection.boards
    return [
        one
        for one in came
        if (among is None or one.entry.board in among)
        and (selection.private or not one.private)
        and (selection.history or not one.history)
        and takes(one.traits)
    ]


def _goes_before(selection: Selection, new: Sequence[Arrived]) -> bool:
    """Whether what is ``new`` stands before all else, and says nothing of it: no member of a group that is shown."""
    ordered = selection.sort == "arrival" and selection.each is None
    paged = selection.before is not None or selection.after is not None
    alone = selection.dup == "all" or all(one.twin == one.entry.arrival for one in new)
    return ordered and not paged and alone


def _updated(feed: Feed, new: Sequence[Arrived], entries: Sequence[Entry]) -> datetime:
    """When ``entries`` last changed; where that is no earlier than all that the feed held, they need not be asked."""
    last = max(changed(one.entry) for one in new)
    return last if last >= feed.updated else max(map(changed, entries))


def _nearby(
    feed: Feed, grounds: Grounds, entries: Sequence[Entry], behind: Cursor | None
) -> dict[str, dict[str, str]] | None:
    """The feed's other places, of which its last archive alone moves; None where the store must say which that is."""
    selection, said = grounds.selection, grounds.said
    end = archives.reached(said, selection.filter, entries, behind)
    if end is None:
        return {}
    if end == archives.reached(said, selection.filter, feed.entries, older(selection, feed.entries)):
        return feed.nearby
    if grounds.place.boards is not None:
        return None
    archive = archives.below(said, grounds.place, end)
    return {} if archive is None else {"prev-archive": grounds.urls(archive)}
