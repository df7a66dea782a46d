"""The hours and days in which a board is polled."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SAID = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)(?: ([a-z,-]+))?")
_WEEK = 8


class Hours(NamedTuple):
    """From ``opens`` to ``closes``, over midnight where that is no later, beginning on ``days`` (Monday is 0)."""

    opens: time
    closes: time
    days: frozenset[int]


def hours(said: str) -> Hours:
    """What "07:00-23:00" or "07:00-23:00 mon-fri" or "22:00-02:00 fri,sat" means. Raises ValueError for other words.

    >>> hours("07:00-23:00 sat,sun").days == {5, 6}
    True
    """
    found = _SAID.fullmatch(" ".join(said.lower().split()))
    if found is None:
        raise ValueError(said)
    opens, closes = (time.fromisoformat(text) for text in found.group(1, 2))
    return Hours(opens, closes, frozenset(_days(found[3] or "mon-sun")))


def opening(active: Hours, zone: ZoneInfo, at: datetime) -> datetime:
    """``at`` where the hours are open then, else when they open next.

    >>> str(opening(hours("07:00-23:00"), ZoneInfo("Asia/Seoul"), datetime(2026, 11, 20, 15, tzinfo=UTC)))
    '2026-11-20 22:00:00+00:00'
    """
    local = at.astimezone(zone)
    for offset in range(-1, _WEEK + 1):
        day = local.date() + timedelta(days=offset)
        if day.weekday() not in active.days:
            continue
        opens = datetime.combine(day, active.opens, zone)
        over = timedelta(days=active.closes <= active.opens)
        if at < datetime.combine(day + over, active.closes, zone).astimezone(UTC):
            return max(at, opens.astimezone(UTC))
    return at


def _days(said: str) -> set[int]:
    found: set[int] = set()
    for part in said.split(","):
        first, _, last = part.partition("-")
        start = DAYS.index(first)
        count = (DAYS.index(last or first) - start) % len(DAYS)
        found |= {(start + step) % len(DAYS) for step in range(count + 1)}
    return found
