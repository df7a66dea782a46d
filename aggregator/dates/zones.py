"""The zone of exact times without one, told by the relative texts beside them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from aggregator.dates.said import Ago, Day

_QUARTER = timedelta(minutes=15)
_FURTHEST_WEST, _FURTHEST_EAST = timedelta(hours=-12), timedelta(hours=14)
_SLACK = timedelta(minutes=3)


def is_naive(day: Day) -> bool:
    """Whether *day* is complete, to the clock time, but for its zone."""
    return day.year is not None and day.at is not None and day.at.offset is None


def offset_shown(pairs: Iterable[tuple[Ago, Day]], *, now: datetime, zone: ZoneInfo) -> timedelta | None:
    """The offset from UTC in which the exact halves of *pairs* are written; None where no single one fits them all.

    ``28 minutes ago`` beside ``04:48 PM`` leaves few offsets. The board's own *zone* is preferred, then UTC, then an
    only candidate.
    """
    spans = [_span(ago, day, now) for ago, day in pairs if ago.unit < timedelta(days=1)]
    if not spans:
        return None
    earliest, latest = max(low for low, _ in spans), min(high for _, high in spans)
    fitting = [offset for offset in _offsets() if earliest <= offset <= latest]
    own = now.astimezone(zone).utcoffset() or timedelta()
    for preferred in (own, timedelta()):
        if preferred in fitting:
            return preferred
    return fitting[0] if len(fitting) == 1 else None


def _span(ago: Ago, day: Day, now: datetime) -> tuple[timedelta, timedelta]:
    """The offsets that one pair allows. Some boards round hours down and some up; minutes hardly matter."""
    written = moment(day, timedelta())
    distance = written - (now - ago.back)
    early = ago.unit if ago.unit >= timedelta(hours=1) else timedelta()
    return distance - early - _SLACK, distance + ago.unit + _SLACK


def moment(day: Day, offset: timedelta) -> datetime:
    """The instant, in UTC, that a complete naive *day* names at *offset*."""
    if day.year is None or day.at is None:
        raise ValueError("the day has no year or no clock time")
    clock = day.at.clock
    return datetime(day.year, day.month, day.day, clock.hour, clock.minute, clock.second, tzinfo=UTC) - offset


def _offsets() -> list[timedelta]:
    count = (_FURTHEST_EAST - _FURTHEST_WEST) // _QUARTER
    return [_FURTHEST_WEST + step * _QUARTER for step in range(count + 1)]
