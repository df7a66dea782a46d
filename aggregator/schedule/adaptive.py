"""How often a board is worth being asked: what is known of its news → an interval, and the reason in words.

For boards of different rates the mean delay at a given number of polls is least where intervals go by the root of the
rate; the page must not overflow between two polls; and where news come, more are likely.
"""

from datetime import datetime, timedelta
from math import sqrt
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec import structs

from aggregator.timing import HOURS_A_WEEK, Tempo, Timing

# So many weeks are remembered, the older ones fading: seasons change.
WEEKS = 6.0
# 99 % of polls find no more than this many standard deviations above the mean, twice as wide as Poisson's: news burst.
SURE, SPREAD = 2.33, 2.0
_HOUR = timedelta(hours=1)
_DAY = 24
_FRIDAY = 4
# How many hours of looking the wider view is worth beside an hour's own; and what is believed before anything is known.
_TRUST, _AT_FIRST = 3.0, 1.0


def _near(place: int) -> tuple[int, ...]:
    """The same hour and its neighbours, of all working days or of both days of the weekend."""
    day, hour = divmod(place, _DAY)
    alike = [other for other in range(7) if (other > _FRIDAY) == (day > _FRIDAY)]
    return tuple(other * _DAY + (hour + step) % _DAY for other in alike for step in (-1, 0, 1))


_NEAR = tuple(map(_near, range(HOURS_A_WEEK)))


class Pace(NamedTuple):
    """An interval and why it is that."""

    interval: timedelta
    reason: str


def counted(tempo: Tempo, new: int, rows: int, top: int | None, zone: ZoneInfo, now: datetime) -> Tempo:
    """What is known after a poll that found ``new`` rows, on a page of ``rows``, the highest rank being ``top``.

    Ranks count what was pushed off unseen as well. What came is spread over the hours since the poll before; a week at
    most is looked back on.
    """
    if tempo.at is None:
        return structs.replace(tempo, rows=max(rows, 1), top=top, news=False, at=now)
    came = max(new, top - tempo.top) if top is not None and tempo.top is not None else new
    rates, hours = list(tempo.came), list(tempo.hours)
    start = max(tempo.at, now - HOURS_A_WEEK * _HOUR)
    whole = max((now - start) / _HOUR, 1e-6)
    at = start
    while at < now:
        following = min(now, at.replace(minute=0, second=0, microsecond=0) + _HOUR)
        part, place = (following - at) / _HOUR, hour_of_week(at, zone)
        fade = min(1.0, WEEKS / (hours[place] + part))
        rates[place] = round((rates[place] + came * part / whole) * fade, 5)
        hours[place] = round((hours[place] + part) * fade, 5)
        at = following
    return Tempo(came=tuple(rates), hours=tuple(hours), rows=max(rows, 1), top=top, news=came > 0, at=now)


def hour_of_week(at: datetime, zone: ZoneInfo) -> int:
    """0..167, Monday's first hour being 0."""
    local = at.astimezone(zone)
    return local.weekday() * _DAY + local.hour


def rate(tempo: Tempo, place: int) -> float:
    """Rows an hour in an hour of the week: its own count, leaning on days of its kind, and these on all hours."""
    return _leaning(tempo, place, _overall(tempo))


def pace(tempo: Tempo, timing: Timing, zone: ZoneInfo, now: datetime) -> Pace:
    """The longest interval that neither lets the page overflow nor a headline wait too long.

    Where less than one row is expected in twice ``freshness`` the interval grows by the root of that, so that a night
    without news is asked seldom; after news it does not.
    """
    usual = 2 * timing.freshness
    overall = _overall(tempo)
    hourly = _leaning(tempo, hour_of_week(now, zone), overall)
    expected = hourly * (usual / _HOUR)
    lively = tempo.news or expected >= 1
    wanted = usual if lively else usual / sqrt(expected)
    full = _overflow(tempo, overall, zone, now, min(wanted, timing.ceiling))
    interval = min(wanted, full, timing.ceiling)
    why = "a page could overflow" if interval == full < wanted else "after news" if tempo.news else "for its freshness"
    return Pace(interval, f"about {hourly:.2g} rows an hour now, {tempo.rows} a page: {why}")


def _overflow(tempo: Tempo, overall: float, zone: ZoneInfo, now: datetime, most: timedelta) -> timedelta:
    """How long until more than a page of rows came with a probability of 1 %, looked at no further than ``most``."""
    wide = SURE * sqrt(SPREAD)
    bearable = ((sqrt(wide**2 + 4 * tempo.rows) - wide) / 2) ** 2
    came, waited = 0.0, timedelta()
    while waited < most:
        hourly = _leaning(tempo, hour_of_week(now + waited, zone), overall)
        if came + hourly > bearable:
            return waited + _HOUR * ((bearable - came) / hourly)
        came, waited = came + hourly, waited + _HOUR
    return most


def _overall(tempo: Tempo) -> float:
    return (sum(tempo.came) + _AT_FIRST) / (sum(tempo.hours) + 1)


def _leaning(tempo: Tempo, place: int, overall: float) -> float:
    kind = _lent(
        sum(map(tempo.came.__getitem__, _NEAR[place])), sum(map(tempo.hours.__getitem__, _NEAR[place])), overall
    )
    return _lent(tempo.came[place], tempo.hours[place], kind)


def _lent(came: float, hours: float, wider: float) -> float:
    return (came + wider * _TRUST) / (hours + _TRUST)
