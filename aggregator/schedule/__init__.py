"""When to poll a board: one pure rule from the board, its last poll and ``now``."""

from datetime import datetime, timedelta
from hashlib import blake2b

from msgspec import Struct

from aggregator.model import Board, PollResult

CEILING = timedelta(hours=24)
LONGEST_WISH = timedelta(days=7)
SPREAD = 0.1


class Wishes(Struct, frozen=True, kw_only=True):
    """What bears on the next poll beside the board: the admin's floor and the far side's own words, None if unsaid.

    ``more``: rows that were not seen are waiting, older than what was read or pushed off by what came.
    """

    floor: timedelta
    fresh_for: timedelta | None = None
    retry_after: timedelta | None = None
    more: bool = False


def jitter(slug: str) -> float:
    """Return a factor in 0.9..1.1 fixed by the slug, so that boards drift apart and a restart keeps the phase.

    >>> 0.9 <= jitter("news") <= 1.1
    True
    """
    share = int.from_bytes(blake2b(slug.encode(), digest_size=4).digest()) / 0xFFFFFFFF
    return 1 - SPREAD + 2 * SPREAD * share


def next_poll(board: Board, outcome: PollResult, failures: int, wishes: Wishes, now: datetime) -> datetime:
    """Return when the board is due again: its interval with jitter, never below the floor or the far side's wish.

    While there is ``more`` to read the floor takes the interval's place, so that 600 pages do not take days.
    ``failures`` in a row, this poll included, double the interval each, up to a day. A Retry-After or max-age is
    honoured up to seven days. *Source*: CONFORMANCE E5, E7; RFC 9110 §10.2.3; RFC 9111 §4.2.
    """
    wait = min(board.every * jitter(board.slug), CEILING)
    if outcome not in {"changed", "unchanged"}:
        wait = min(wait * 2 ** min(failures, 16), CEILING)
    elif wishes.more:
        wait = wishes.floor
    wished = [min(wish, LONGEST_WISH) for wish in (wishes.fresh_for, wishes.retry_after) if wish is not None]
    return now + max([wait, wishes.floor, *wished])
