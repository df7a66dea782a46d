"""When to poll a board: one pure rule from the board, its last poll and ``now``."""

from datetime import datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple

from msgspec import Struct

from aggregator.model import Board, PollResult
from aggregator.schedule.active import hours, opening
from aggregator.schedule.adaptive import pace
from aggregator.schedule.cron import following
from aggregator.timing import spoken

CEILING = timedelta(hours=24)
LONGEST_WISH = timedelta(days=7)
SPREAD = 0.1
# Boards of one cron expression begin within its minute, not all at its first second.
MINUTE = timedelta(minutes=1)


class Wishes(Struct, frozen=True, kw_only=True):
    """What bears on the next poll beside the board: the admin's floor and the far side's own words, None if unsaid.

    ``more``: rows that were not seen are waiting, older than what was read or pushed off by what came.
    """

    floor: timedelta
    fresh_for: timedelta | None = None
    retry_after: timedelta | None = None
    more: bool = False


class Due(NamedTuple):
    """When a board is due, and why then."""

    at: datetime
    reason: str


def share(slug: str) -> float:
    """Return a number in 0..1 fixed by the slug, so that boards drift apart and a restart keeps the phase.

    >>> 0 <= share("news") <= 1
    True
    """
    return int.from_bytes(blake2b(slug.encode(), digest_size=4).digest()) / 0xFFFFFFFF


def jitter(slug: str) -> float:
    """Return a factor in 0.9..1.1 fixed by the slug.

    >>> 0.9 <= jitter("news") <= 1.1
    True
    """
    return 1 - SPREAD + 2 * SPREAD * share(slug)


def next_poll(board: Board, outcome: PollResult, failures: int, wishes: Wishes, now: datetime) -> datetime:
    """Return when the board is due again; see ``due``."""
    return due(board, outcome, failures, wishes, now).at


def due(board: Board, outcome: PollResult, failures: int, wishes: Wishes, now: datetime) -> Due:
    """Return when the board is due again: by its timing, with jitter, never below the floor or the far side's wish.

    While there is ``more`` to read the floor takes the interval's place, so that 600 pages do not take days.
    ``failures`` in a row, this poll included, double the interval each, up to a day. A Retry-After or max-age is
    honoured up to seven days. Outside its active hours a board waits for them.
    *Source*: CONFORMANCE E5, E7; RFC 9110 §10.2.3; RFC 9111 §4.2.
    """
    floor = max(wishes.floor, board.timing.floor)
    at, reason = usual(board, now)
    if outcome not in {"changed", "unchanged"}:
        wait = max(min(at - now, board.every * jitter(board.slug)), floor)
        at, reason = now + min(wait * 2 ** min(failures, 16), CEILING), f"{failures} failures in a row"
    elif wishes.more:
        at, reason = now + floor, "more is waiting to be read"
    if at < now + floor:
        at, reason = now + floor, "no sooner than the floor"
    wished = [min(wish, LONGEST_WISH) for wish in (wishes.fresh_for, wishes.retry_after) if wish is not None]
    if wished and at < now + max(wished):
        at, reason = now + max(wished), "the far side asked for it"
    opened = _opened(board, at)
    return Due(opened, reason if opened == at else f"active {board.timing.active}")


def moved(board: Board, interval: timedelta, floor: timedelta, now: datetime) -> datetime:
    """Return when the board is due where its interval becomes another: what it still had to wait, in proportion.

    So the boards that share an interval stay as far apart as they were. No sooner than it may be asked, and in its
    active hours; cron and adaptive boards wait as they did.
    """
    if board.timing.cron or board.timing.adaptive:
        return board.next_poll_at
    left = max(board.next_poll_at - now, timedelta()) * (interval / board.every)
    at = max(now + min(left, LONGEST_WISH), board.standing.soonest(floor, now))
    return _opened(board, at)


def _opened(board: Board, at: datetime) -> datetime:
    """The first time from ``at`` on that lies in the board's active hours."""
    if board.timing.active and (opens := opening(hours(board.timing.active), board.zone, at)) > at:
        return opens + MINUTE * share(board.slug)
    return at


def usual(board: Board, now: datetime) -> Due:
    """Return when the board is due by its own timing, with nothing against it."""
    timing = board.timing
    if timing.cron:
        named = following(timing.cron, board.zone, now)
        at = now + CEILING if named is None else named + MINUTE * share(board.slug)
        return Due(at, f"cron {timing.cron}")
    if timing.adaptive:
        found = pace(board.tempo, timing, board.zone, now)
        return Due(now + found.interval * jitter(board.slug), found.reason)
    return Due(now + min(board.every * jitter(board.slug), timing.ceiling), f"every {spoken(board.every)}")
