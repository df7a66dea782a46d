"""Rows × places → where each headline stands in its board's list, which are gone, and what was not seen.

A board's list is one long column. Whatever is met in it gets a *place*, a number that grows upwards and never changes
while the headline stays where it is; rows between two known ones get places between theirs. So the order of all that
was ever seen is known, whether a board prints ranks, ids or nothing, and a stretch that was not seen is two places.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from aggregator.changes import Known
from aggregator.model import Headline, Numbering

STEP: Final = 2**20
"""Between two rows: twenty posts may come back between them, each halfway."""
ROOM: Final = 2**40
"""Left below a page that does not join what is stored: a million rows fit in."""

TRIES: Final = 3
"""So often a gap is tried in vain before it is given up."""

End = Literal["reached", "ended", "broke"]


class Gap(Struct, frozen=True, kw_only=True):
    """Headlines that a board lists and that were not seen: those between two places.

    ``older`` is None where it goes down to the list's end; ``history`` where it is older than the first contact.
    ``until`` ends history, ``pages`` is what is left to read of it. ``tries`` came no further than the last one;
    ``reason`` is why it was closed unread.
    """

    id: int = 0
    newer: int
    older: int | None = None
    history: bool = False
    until: datetime | None = None
    pages: int | None = None
    tries: int = 0
    opened_at: datetime
    closed_at: datetime | None = None
    reason: str | None = None


class Sight(Struct, frozen=True, kw_only=True):
    """One page of a list as it was read: ``page`` from 1 on, rows in page order, notices among them."""

    page: int
    headlines: tuple[Headline, ...]
    next_page: str | None = None

    @property
    def own(self) -> list[Headline]:
        """The rows that stand in the list's order."""
        return [headline for headline in self.headlines if not headline.pinned]


class Run(Struct, frozen=True, kw_only=True):
    """Pages that join each other, from the top down, and how the last one ended.

    ``reached``: at rows that were known. ``ended``: with the list. ``broke``: for ``reason``, before either.
    ``top``: the first page is the list's own first.
    """

    sights: tuple[Sight, ...]
    end: End
    top: bool = False
    reason: str | None = None

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
    """The rows of pages that join, each once: what newer posts pushed onto the next page meanwhile stands there too."""
    union = dict[str, Headline]()
    for sight in sights:
        for headline in sight.own:
            union.setdefault(headline.key, headline)
    return list(union.values())


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
    found: Sequence[Headline], kept: Sequence[Standing], *, top: bool, above: int | None, below: int | None
) -> dict[str, int]:
    """A place for every row that has none, by key; none for a block that nothing known joins.

    ``above`` is the next stored place above the first kept row, for a ``top`` run the highest of all; ``below`` the
    next one under the last kept row.
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
        given |= _between(found[one.at + 1 : other.at], one.place, other.place)
    tail = found[last.at + 1 :]
    step = STEP if below is None else min(STEP, (last.place - below) // (len(tail) + 1))
    if step:
        given |= {row.key: last.place - step * at for at, row in enumerate(tail, 1)}
    return given


def _between(block: Sequence[Headline], above: int, below: int) -> dict[str, int]:
    step = (above - below) // (len(block) + 1)
    return {row.key: above - step * at for at, row in enumerate(block, 1)} if step else {}


def absent(
    found: Sequence[Headline],
    kept: Sequence[Standing],
    stored: Iterable[Known],
    seen: Collection[str],
    numbering: Numbering,
) -> tuple[list[Known], list[Known]]:
    """Of the ``stored`` rows those that stood between two kept ones and do not: surely gone, and perhaps.

    Two rows whose ranks differ by as much as they stand apart have nothing between them that the page left out. What
    was ``seen`` on any page of the poll has only moved.
    """
    stood = sorted((-known.standing, known.arrival, known) for known in stored if known.standing is not None)
    order = [place for place, _, _ in stood]
    gone: list[Known] = []
    perhaps: list[Known] = []
    for one, other in pairwise(kept):
        between = stood[bisect_left(order, -one.place + 1) : bisect_left(order, -other.place)]
        missing = [known for _, _, known in between if (known.listed or known.key) not in seen]
        newer, older = found[one.at].number, found[other.at].number
        counted = newer is not None and older is not None and newer - older == other.at - one.at
        (gone if numbering == "rank" and counted else perhaps).extend(missing)
    return gone, perhaps


def adjoin(
    upper: Sight, lower: Sight, numbering: Numbering, known: Mapping[str, Known], stored: Collection[int]
) -> bool:
    """Whether nothing can stand between two pages: they overlap, count on, or were neighbours before.

    ``stored`` are the places known to stand between them.
    """
    above, below = upper.own, lower.own
    if not above or not below:
        return False
    last, first = above[-1], below[0]
    if first.key in {row.key for row in above}:
        return True
    if numbering != "none" and last.number is not None and first.number is not None:
        if last.number - first.number == 1:
            return True
        if numbering == "rank":
            return False
    one, other = known.get(last.key), known.get(first.key)
    if one is None or other is None or one.standing is None or other.standing is None:
        return False
    return one.standing > other.standing and not any(other.standing < place < one.standing for place in stored)


class Bounds(NamedTuple):
    """The places from which down to which a run covers the list."""

    top: int
    bottom: int


def bounds(found: Sequence[Headline], kept: Sequence[Standing], given: Mapping[str, int]) -> Bounds | None:
    """From which place down to which a run's rows stand; None where nothing of it could be placed."""
    stand = [one.place for one in kept] + [given[row.key] for row in found if row.key in given]
    return Bounds(max(stand), min(stand)) if stand else None


def narrowed(gap: Gap, run: Run, span: Bounds, now: datetime) -> Gap:
    """What is left of a gap after a run: closed where the run came out below it, or the list ended in it.

    A run that does not touch the gap leaves it as it is.
    """
    if not span.top >= gap.newer >= span.bottom:
        return gap
    if (gap.older is not None and span.bottom <= gap.older) or run.end == "ended":
        return replace(gap, closed_at=now)
    if span.bottom < gap.newer:
        read = len(run.sights) - 1
        return replace(gap, newer=span.bottom, tries=0, pages=None if gap.pages is None else gap.pages - read)
    return tried(gap, run.reason, now) if run.reason is not None else gap


def tried(gap: Gap, reason: str, now: datetime) -> Gap:
    """A gap after a try that came no further: the last of ``TRIES`` closes it, for the reason that stopped it."""
    tries = gap.tries + 1
    if tries >= TRIES:
        return replace(gap, tries=tries, closed_at=now, reason=reason)
    return replace(gap, tries=tries)
