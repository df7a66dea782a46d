"""When a board is polled where its ``every`` does not say it all, and what is known of how its news arrive."""

import re
from datetime import datetime, timedelta

from msgspec import Struct

HOURS_A_WEEK = 168
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
# A time so far from now can still be written down; one that cannot would stop the schedule of all boards.
_LONGEST = timedelta(days=36_500)


class Timing(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A board's own times, all in its zone.

    ``cron`` (five fields, days by name) takes the interval's place. ``adaptive`` lets the rate of its news set the
    interval, so that a headline waits for ``freshness`` in the mean. Neither ever polls outside ``active``, such as
    "07:00-23:00 mon-fri", or waits longer than ``ceiling``; ``floor`` holds where it is above every board's.
    """

    cron: str = ""
    adaptive: bool = False
    active: str = ""
    floor: timedelta = timedelta()
    freshness: timedelta = timedelta(minutes=5)
    ceiling: timedelta = timedelta(hours=24)


class Tempo(Struct, frozen=True, kw_only=True):
    """How many rows came in each hour of the week, Monday's first one at 0, and how long was looked.

    ``came`` are rows and ``hours`` hours, old ones fading, as of ``at``; ``rows`` stand on a page, the highest
    rank was ``top``. ``news`` is whether the last poll found any.
    """

    came: tuple[float, ...] = (0.0,) * HOURS_A_WEEK
    hours: tuple[float, ...] = (0.0,) * HOURS_A_WEEK
    rows: int = 20
    top: int | None = None
    news: bool = False
    at: datetime | None = None


def duration(value: object) -> timedelta:
    """Read a duration such as ``10ms``, ``5s``, ``1h30m``.

    >>> duration("1h30m")
    datetime.timedelta(seconds=5400)
    """
    parts = re.findall(r"(\d{1,15})(ms|s|m|h|d)", value) if isinstance(value, str) else []
    if not parts or "".join(n + unit for n, unit in parts) != value:
        raise ValueError(value)
    seconds = sum(int(n) * _UNITS[unit] for n, unit in parts)
    if seconds > _LONGEST.total_seconds():
        raise ValueError(value)
    return timedelta(seconds=seconds)


def spoken(span: timedelta) -> str:
    """A duration as ``duration`` reads it, in the largest unit that says it whole.

    >>> spoken(timedelta(minutes=90)), spoken(timedelta(milliseconds=1500))
    ('90m', '1500ms')
    """
    left = span // timedelta(milliseconds=1)
    unit = next(unit for unit in reversed(_UNITS) if not left % round(_UNITS[unit] * 1000))
    return f"{left // round(_UNITS[unit] * 1000)}{unit}"
