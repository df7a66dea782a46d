"""How far back a board's list is read beyond its first contact, how far that has come, and how long it will take."""

from datetime import datetime, timedelta

from msgspec import Struct

from aggregator.gaps import Gap
from aggregator.model import Board, Numbering

# A poll that goes on with history reads the list's first page, and once more the page on which the last one ended.
AROUND = 2
STOPPED = "stopped by an admin"


def asked(board: Board, bottom: int, now: datetime) -> Gap | None:
    """The history below the place ``bottom`` that the board's ``backfill`` asks for; None where it asks for none."""
    match board.backfill:
        case "none":
            return None
        case "all":
            return Gap(newer=bottom, history=True, opened_at=now)
        case pages if pages.isdecimal():
            return Gap(newer=bottom, history=True, pages=int(pages), opened_at=now)
        case since:
            until = datetime.fromisoformat(since).replace(tzinfo=board.zone)
            return Gap(newer=bottom, history=True, until=until, opened_at=now)


class Reach(Struct, frozen=True, kw_only=True):
    """What is stored of a board's list, down to where its history has been read.

    ``rows`` stand there, about ``size`` of them a page; ``newest`` and ``oldest`` are when the uppermost and the lowest
    were published, ``number`` is the lowest's.
    """

    gap: Gap
    rows: int
    size: int
    numbering: Numbering = "none"
    number: int | None = None
    newest: datetime | None = None
    oldest: datetime | None = None

    @property
    def left(self) -> int | None:
        """About how many rows are still to be read; None where nothing tells.

        A rank says how many stand below it, dates say how far a day goes; the least of what is known holds.
        """
        if self.gap.closed_at is not None:
            return 0
        known = []
        if self.numbering == "rank" and self.number is not None:
            known.append(max(0, self.number - 1))
        if self.gap.pages is not None:
            known.append(max(0, self.gap.pages) * self.size)
        if self.gap.until and self.newest and self.oldest and self.newest > self.oldest:
            share = max(timedelta(), self.oldest - self.gap.until) / (self.newest - self.oldest)
            known.append(round(self.rows * share))
        return min(known, default=None)

    @property
    def total(self) -> int | None:
        """About how many rows will be stored in the end; None where nothing tells."""
        return None if self.left is None else self.rows + self.left

    def time_left(self, pages: int, wait: timedelta) -> timedelta | None:
        """How long the rest takes at so many ``pages`` a poll and a ``wait`` between two; None where nothing tells."""
        if self.left is None:
            return None
        polls = -(-self.left // (max(1, self.size) * max(1, pages - AROUND)))
        return polls * wait


def sentence(reach: Reach, time_left: timedelta | None) -> str:
    """How far the history has come, for people.

    >>> gap = Gap(newer=0, history=True, opened_at=datetime(2026, 1, 1))
    >>> sentence(Reach(gap=gap, rows=4300, size=20, numbering="rank", number=6920), timedelta(hours=2.9))
    '4,300 of about 11,219 rows, about 3 h left'
    """
    if reach.gap.closed_at is not None:
        return f"{reach.rows:,} rows, {reach.gap.reason or 'all that was asked for'}"
    if reach.total is None or time_left is None:
        return f"{reach.rows:,} rows so far"
    return f"{reach.rows:,} of about {reach.total:,} rows, about {about(time_left)} left"


def about(span: timedelta) -> str:
    """A duration in its largest unit, rounded.

    >>> about(timedelta(minutes=90)), about(timedelta(minutes=12)), about(timedelta(days=3))
    ('2 h', '12 min', '3 days')
    """
    minutes = span / timedelta(minutes=1)
    if minutes < 60:  # noqa: PLR2004 - minutes an hour
        return f"{max(1, round(minutes))} min"
    if minutes < 48 * 60:
        return f"{round(minutes / 60)} h"
    return f"{round(minutes / 60 / 24)} days"
