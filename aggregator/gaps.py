"""Runs × gaps → what is left to be seen of a board's list."""

from datetime import datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from aggregator.coverage import Bounds, Refusal, Run

TRIES: Final = 3
"""So often a gap is tried in vain before it is given up."""
PASSING_TRIES: Final = 144
"""So often where only the network or the server failed: a day of polls every ten minutes."""


class Gap(Struct, frozen=True, kw_only=True):
    """Headlines that a board lists and that were not seen: those between two places.

    ``older`` is None where it goes down to the list's end; ``history`` where it is older than the first contact.
    ``until`` ends history, ``pages`` is what is left to read of it. ``tries`` came no further than the last one;
    ``reason`` is why it was closed unread. ``page`` and its ``url`` are where it was looked for last.
    """

    id: int = 0
    newer: int
    older: int | None = None
    history: bool = False
    until: datetime | None = None
    pages: int | None = None
    page: int | None = None
    url: str | None = None
    tries: int = 0
    opened_at: datetime
    closed_at: datetime | None = None
    reason: str | None = None


def narrowed(gap: Gap, run: Run, span: Bounds, aim: int | None, now: datetime) -> Gap:
    """What is left of a gap after a run: closed where the run came out below it, or the list ended in it.

    A run that does not touch the gap leaves it as it is. ``aim`` is the page on which the gap began.
    """
    if span.top >= gap.newer and (run.end == "ended" or (gap.history and run.end == "enough")):
        return replace(gap, closed_at=now)
    if not span.top >= gap.newer >= span.bottom:
        return gap
    if gap.older is not None and span.bottom <= gap.older:
        return replace(gap, closed_at=now)
    if span.bottom < gap.newer:
        last = run.sights[-1]
        left = gap.pages if gap.pages is None or aim is None else max(0, gap.pages - (last.page - aim))
        return replace(gap, newer=span.bottom, tries=0, pages=left, page=last.page, url=last.url)
    return tried(gap, run.reason, now) if run.reason is not None else gap


def tried(gap: Gap, reason: Refusal, now: datetime) -> Gap:
    """A gap after a try that came no further: the last of ``TRIES`` closes it, for the reason that stopped it."""
    tries = gap.tries + 1
    if tries >= (PASSING_TRIES if reason.passing else TRIES):
        return replace(gap, tries=tries, closed_at=now, reason=reason.why)
    return replace(gap, tries=tries)
