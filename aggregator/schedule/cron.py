"""Cron expressions in a board's zone, by APScheduler's trigger, with its one trap closed."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

_FIELDS = 5


def checked(expression: str) -> str:
    """The expression, its blanks made one each. Raises ValueError with a reason where it is none.

    Days of the week are named: the trigger counts Monday as 0 where every other cron says 1.

    >>> checked("*/5  7-23 * * mon-fri")
    '*/5 7-23 * * mon-fri'
    """
    fields = expression.lower().split()
    if len(fields) != _FIELDS:
        raise ValueError(expression, f"{len(fields)} fields")
    if re.search(r"\d", fields[4]):
        raise ValueError(expression, "days of the week have names: mon tue wed thu fri sat sun")
    said = " ".join(fields)
    try:
        trigger(said, ZoneInfo("UTC"))
    except ValueError as error:
        raise ValueError(expression, str(error)) from error
    return said


def following(expression: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first time after ``after`` that a checked expression names; None where there is none (30 February).

    >>> str(following("0 9 * * mon", ZoneInfo("Asia/Seoul"), datetime(2026, 11, 20, tzinfo=UTC)))
    '2026-11-23 00:00:00+00:00'
    """
    found: datetime | None = trigger(expression, zone).get_next_fire_time(after, after)
    return found.astimezone(UTC) if found is not None else None


@lru_cache(1_000)
def trigger(expression: str, zone: ZoneInfo) -> CronTrigger:
    """The scheduler's trigger of a checked expression."""
    return CronTrigger.from_crontab(expression, timezone=zone)
