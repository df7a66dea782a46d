"""Stored rows → the part of a board's list that is surely complete, and since when.

The claim is about the rows from the list's top down to the first place where something was not seen. It is worked out
from the rows alone: ranks must count down as the rows do, and a headline that was first seen later than one above it
had been missing until then.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple

from msgspec import Struct

from aggregator.model import Numbering


class Held(NamedTuple):
    """A stored row of a board's list. ``stands`` unless it is gone; ``listed`` where its board's key for it is known.

    ``moment`` is when it was published, or first seen where its board claims nothing.
    """

    place: int
    number: int | None
    first_seen: datetime
    moment: datetime
    stands: bool = True
    missed: bool = False
    listed: bool = True


class Claim(Struct, frozen=True, kw_only=True):
    """All that its board listed there at the last poll is stored, and was after every poll from ``since`` on.

    ``count`` headlines stand there, the lowest at the place ``lowest``, dated ``back_to``. ``low`` and ``high`` are
    numbers, both included; None where the board prints none that could be relied on.
    """

    count: int
    low: int | None = None
    high: int | None = None
    back_to: datetime
    since: datetime
    lowest: int


class _Sure(NamedTuple):
    """What was counted down to a row, when that row is sure to end a stretch without a hole."""

    row: Held
    rows: int
    missed: int
    since: datetime
    high: int | None
    falls: bool


class Top:
    """What stands at the top of a list without a break, as its rows are added from the top down.

    ``floor`` is the place below which something was not seen, ``page`` how many rows the newest page had: their ranks
    were printed together, those further down perhaps earlier, when more older posts were there. Where ranks are counted
    the stretch ends at the lowest row whose rank is the top's less the rows above it: below a row that was lost, or one
    too many, there is none. ``fallen`` is by how much other ranks are off.
    """

    def __init__(self, numbering: Numbering, *, floor: int | None, page: int) -> None:
        """Begin above the first row."""
        self._numbering, self._floor, self._page = numbering, floor, page
        self._ended, self._falls = False, True
        self._count = self._missed = self.fallen = 0
        self._rank: int | None = None
        self._high: int | None = None
        self._low: int | None = None
        self._first: datetime | None = None
        self._late: datetime | None = None
        self._sure: _Sure | None = None

    @property
    def missed(self) -> int:
        """How many headlines of the stretch a page has left out once."""
        return self._sure.missed if self._sure is not None else 0

    def add(self, row: Held) -> None:
        """Take the next row of the list, gone ones too; after the stretch has ended nothing is taken."""
        if self._floor is not None and row.place < self._floor:
            self._ended = True
        # Nobody knows what a key that was replaced stands for until it is met again.
        if self._ended or (row.stands and not row.listed):
            self._ended = True
            return
        # What stands below a row is older: not to have been seen when that was is to have been missed till then.
        if self._first is not None and row.first_seen > self._first:
            self._late = max(self._late or row.first_seen, row.first_seen)
        self._first = min(self._first or row.first_seen, row.first_seen)
        if row.stands:
            self._stand(row, self._late or self._first)

    def _stand(self, row: Held, since: datetime) -> None:
        if row.number is not None:
            self._read(row.number)
        self._missed += row.missed
        self._count += 1
        if self._rank is None or (row.number is not None and row.number + self._count - 1 == self._rank):
            self._sure = _Sure(row, self._count, self._missed, since, self._high, self._falls)

    def _read(self, number: int) -> None:
        if self._numbering == "rank" and self._rank is None and self._count < self._page:
            self._rank = number + self._count
        self.fallen = max(self.fallen, number + self._count - self._rank) if self._rank is not None else 0
        self._falls = self._falls and (self._low is None or number < self._low)
        self._high = number if self._high is None else self._high
        self._low = number

    def claim(self, closed: Collection[tuple[int, datetime]]) -> Claim | None:
        """The claim of the stretch; None where nothing stands in it. ``closed`` are gaps' places and closing times."""
        sure = self._sure
        if sure is None:
            return None
        low, high = self._numbers(sure)
        within = [at for place, at in closed if place >= sure.row.place]
        return Claim(
            count=sure.rows,
            low=low,
            high=high,
            back_to=sure.row.moment,
            since=max([sure.since, *within]),
            lowest=sure.row.place,
        )

    def _numbers(self, sure: _Sure) -> tuple[int | None, int | None]:
        if self._rank is not None:
            return self._rank - sure.rows + 1, self._rank
        # Ids are no claim where the list is in another order: one of them may stand further down.
        return (self._low, sure.high) if self._numbering == "stable" and sure.falls else (None, None)


def sentence(claim: Claim, zone: tzinfo) -> str:
    """The claim in words, its days those of the board's zone.

    >>> from datetime import UTC, datetime
    >>> day = datetime(2026, 11, 20, tzinfo=UTC)
    >>> sentence(Claim(count=20, low=11_200, high=11_219, back_to=day, since=day, lowest=0), UTC)
    'complete from 11,200 to 11,219 since 2026-11-20'
    """
    since = f"since {claim.since.astimezone(zone):%Y-%m-%d}"
    if claim.low is not None and claim.high is not None:
        return f"complete from {claim.low:,} to {claim.high:,} {since}"
    newest = "the newest headline" if claim.count == 1 else f"the newest {claim.count:,} headlines"
    return f"complete for {newest}, back to {claim.back_to.astimezone(zone):%Y-%m-%d}, {since}"


def unheld(claim: Claim, listed: Sequence[tuple[str, int | None]], held: Collection[str]) -> list[str]:
    """The keys that a claim wrongly says are stored; empty where it is true.

    ``listed`` are key and number of all rows of the board's list, notices left out, from the top down, as they stood
    at the last poll; ``held`` the keys of the claim's stretch. Without numbers the claim reaches down to the lowest
    row that is held.
    """
    if claim.low is not None and claim.high is not None:
        covered = [key for key, number in listed if number is not None and claim.low <= number <= claim.high]
    else:
        reach = max((at for at, (key, _) in enumerate(listed) if key in held), default=-1)
        covered = [key for key, _ in listed[: reach + 1]]
    return [key for key in covered if key not in held]
