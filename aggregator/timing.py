"""When a board is polled where its ``every`` does not say it all, and what is known of how its news arrive."""

from datetime import datetime, timedelta

from msgspec import Struct

HOURS_A_WEEK = 168


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
