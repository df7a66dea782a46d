"""Rows × places → where each headline stands in its board's list, which are gone, and what was not seen.

A board's list is one long column. Whatever is met in it gets a *place*, a number that grows upwards and never changes
while the headline stays where it is; rows between two known ones get places between theirs. So the order of all that
was ever seen is known, whether a board prints ranks, ids or nothing, and a stretch that was not seen is two places.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from math import inf
from typing import Final, Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from aggregator.changes import Known
from aggregator.model import Headline, Numbering

STEP: Final = 2**20
"""Between two rows: twenty posts may come back between them, each halfway."""
ROOM: Final = 2**40
"""Left below a page that does not join what is stored: a million rows fit in."""

End = Literal["reached", "enough", "ended", "broke"]


class Sight(Struct, frozen=True, kw_only=True):
    """One page of a list as it was read: ``page`` from 1 on, rows in page order, notices among them.

    ``url`` is where it stood; None for the first, where other rows will stand tomorrow. ``turn``: which of the poll's
    requests had it.
    """

    page: int
    headlines: tuple[Headline, ...]
    url: str | None = None
    next_page: str | None = None
    turn: int = 0

    @property
    def own(self) -> list[Headline]:
        """The rows that stand in the list's order."""
        return [headline for headline in self.headlines if not headline.pinned]

    @property
    def keys(self) -> list[str]:
        """The keys of those rows."""
        return [headline.key for headline in self.own]


class Refusal(NamedTuple):
    """Why a page could not be had; ``passing`` where it may be had another time."""

    why: str
    passing: bool = False


class Run(Struct, frozen=True, kw_only=True):
    """Pages that join each other, from the top down, and how the last one ended.

    ``reached``: at rows that were known. ``enough``: where history need not go further. ``ended``: with the list.
    ``broke``: before any of that, for ``reason``. ``top``: the first page is the list's own first.
    """

    sights: tuple[Sight, ...]
    end: End
    top: bool = False
    reason: Refusal | None = None

    @property
    def moved(self) -> bool:
        """Whether the list changed while it was read: a page was read twice."""
        return len({sight.page for sight in self.sights}) < len(self.sights)

    def until(self, sights: Collection[Sight]) -> "Run":
        """What stands above the first of ``sights`` that is among its own."""
        for at, sight in enumerate(self.sights):
            if any(sight is other for other in sights):
                return replace(self, sights=self.sights[:at], end="broke", reason=None)
        return self

    @property
    def rows(self) -> list[Headline]:
        """The rows of all pages, each once, newest first."""
        return rows(self.sights)


class Standing(NamedTuple):
    """A known row of a run, by its index among the run's rows."""

    at: int
    known: Known
    place: int


def rows(sights: Iterable[Sight]) -> list[Headline]:
    """The rows of pages that join, each once, as it was seen last, in the list's order.

    A page that was read again may share some rows with what was read before: those that stood above the first of them
    stay above, and each that it leaves out stays above the next that it has. Where it shares none, new posts have
    pushed down all that stood there.
    """
    latest = dict[str, Headline]()
    order: list[str] = []
    first = dict[int, str]()
    for sight in sights:
        keys = sight.keys
        latest |= {headline.key: headline for headline in sight.own}
        if set(keys).isdisjoint(order):
            start = {first[page] for page in first if page >= sight.page}
            at = next((index for index, key in enumerate(order) if key in start), len(order))
            order[at:at] = keys
        else:
            order = _merged(order, keys)
        if keys:
            first.setdefault(sight.page, keys[0])
    return [latest[key] for key in order]


def _merged(order: Sequence[str], keys: Sequence[str]) -> list[str]:
    at = {key: index for index, key in enumerate(order)}
    again = set(keys)
    done = min(at[key] for key in keys if key in at)
    merged = list(order[:done])
    for key in keys:
        if key in at and at[key] >= done:
            merged += (other for other in order[done : at[key]] if other not in again)
            done = at[key] + 1
        merged.append(key)
    return merged + [key for key in order[done:] if key not in again]


def standing(found: Sequence[Headline], known: Mapping[str, Known]) -> list[Standing]:
    """The rows that stand where they stood: the most whose places fall; the others were moved, or are new."""
    met = [
        Standing(at, stored, stored.place)
        for at, headline in enumerate(found)
        if (stored := known.get(headline.key)) is not None and not stored.pinned and stored.place is not None
    ]
    # The longest falling chain, by the smallest last place of a chain of each length (patience sorting).
    ends: list[int] = []
    chains: list[int] = []
    before: list[int | None] = []
    for index, one in enumerate(met):
        length = bisect_left(ends, -one.place)
        before.append(chains[length - 1] if length else None)
        ends[length:] = [-one.place, *ends[length + 1 :]]
        chains[length:] = [index, *chains[length + 1 :]]
    chain: list[Standing] = []
    at = chains[-1] if chains else None
    while at is not None:
        chain.append(met[at])
        at = before[at]
    return chain[::-1]


def placed(
    found: Sequence[Headline],
    kept: Sequence[Standing],
    *,
    top: bool,
    above: int | None,
    floor: int | None,
    below: int | None,
    missing: Collection[int],
) -> dict[str, int]:
    """A place for every row that has none, by key; none for a block that nothing known joins.

    ``above`` is the next stored place above the first kept row, for a ``top`` run the highest of all; ``floor`` is
    where those below the last kept row begin, ``below`` the next stored place under that. What is new between two kept
    rows stands above what is ``missing`` there.
    """
    if not kept:
        base = (above + ROOM) if above is not None else 0
        return {row.key: base + (len(found) - at) * STEP for at, row in enumerate(found)} if top else {}
    given: dict[str, int] = {}
    first, last = kept[0], kept[-1]
    if top:
        base = max(above if above is not None else first.place, first.place)
        given |= {row.key: base + (first.at - at) * STEP for at, row in enumerate(found[: first.at])}
    else:
        given |= _between(found[: first.at], above if above is not None else first.place + ROOM, first.place)
    for one, other in pairwise(kept):
        low = max((place for place in missing if other.place < place < one.place), default=other.place)
        given |= _between(found[one.at + 1 : other.at], one.place, low)
    tail, start = found[last.at + 1 :], last.place if floor is None else floor
    step = STEP if below is None else min(STEP, (start - below) // (len(tail) + 1))
    if step:
        given |= {row.key: start - step * at for at, row in enumerate(tail, 1)}
    return given


def _between(block: Sequence[Headline], above: int, below: int) -> dict[str, int]:
    step = (above - below) // (len(block) + 1)
    return {row.key: above - step * at for at, row in enumerate(block, 1)} if step else {}


def absent(
    run: Run,
    found: Sequence[Headline],
    kept: Sequence[Standing],
    stored: Iterable[Known],
    seen: Collection[str],
    numbering: Numbering,
) -> tuple[list[Known], list[Known]]:
    """Of the ``stored`` rows those that stood between two kept ones and do not: surely gone, and perhaps.

    The list's own ends count as kept rows where the run surely has them. Two rows whose ranks differ by as much as they
    stand apart have nothing between them that the page left out. What was ``seen`` on any page of the poll has only
    moved; a notice that was not stands where it stood before.
    """
    there = [known for known in stored if known.deleted_at is None and (known.listed or known.key) not in seen]
    stood = sorted((-known.place, known.arrival, known) for known in there if known.place is not None)
    order = [place for place, _, _ in stood]
    gone: list[Known] = []
    perhaps: list[Known] = []
    for one, other in pairwise(_edges(run, found, kept, numbering)):
        missing = stood[bisect_right(order, -one.place) : bisect_left(order, -other.place)]
        counted = one.rank is not None and other.rank is not None and one.rank - other.rank == other.at - one.at
        (gone if numbering == "rank" and counted else perhaps).extend(known for _, _, known in missing)
    return gone, perhaps


class _Edge(NamedTuple):
    """A kept row, or an end of the list, which is one row further: above the newest post, below the one of rank 1."""

    at: int
    place: float
    rank: int | None


def _edges(run: Run, found: Sequence[Headline], kept: Sequence[Standing], numbering: Numbering) -> list[_Edge]:
    inner = [_Edge(one.at, one.place, found[one.at].number) for one in kept]
    newest = found[0].number if found else None
    above = [_Edge(-1, inf, None if newest is None else newest + 1)] if run.top else []
    # A page that links no further one may be cut off, or a feed of the newest alone: only the rank says it is the end.
    ended = numbering == "rank" and run.end == "ended" and (not found or found[-1].number == 1)
    below = [_Edge(len(found), -inf, 0 if found else None)] if ended else []
    return [*above, *inner, *below]


def steady(before: Sight, after: Sight) -> bool:
    """Whether ranks are what they were: each row that stands on both has the one it had, and there is one.

    A page that notices fill tells nothing of them, and is taken for a sign of none.
    """
    was = {row.key: row.number for row in before.own}
    both = [row for row in after.own if row.key in was]
    return all(row.number == was[row.key] for row in both) and (bool(both) or not was)


def adjoin(upper: Sight, lower: Sight, numbering: Numbering) -> bool | None:
    """Whether nothing can stand between two pages: they overlap, or count on; None where numbers do not tell."""
    above, below = upper.own, lower.own
    if not above or not below:
        # Where notices fill a page, the list begins below it.
        return not above
    last, first = above[-1], below[0]
    if first.key in {row.key for row in above}:
        return True
    if numbering != "none" and last.number is not None and first.number is not None:
        if last.number - first.number == 1:
            return True
        if numbering == "rank":
            return False
    return None


class Bounds(NamedTuple):
    """The places from which down to which a run covers the list."""

    top: int
    bottom: int


def bounds(found: Sequence[Headline], kept: Sequence[Standing], given: Mapping[str, int]) -> Bounds | None:
    """From which place down to which a run's rows stand; None where nothing of it could be placed."""
    stand = [one.place for one in kept] + [given[row.key] for row in found if row.key in given]
    return Bounds(max(stand), min(stand)) if stand else None
