"""Points and spans of time: how they are written, and which instants they mean to a viewer."""

import re
from datetime import UTC, date, datetime, timedelta

from aggregator.filters.tree import Ago, Day, Point, Span, Viewer

# What `is:new` means: first seen in the last 24 hours.
NEW = Span(Ago(seconds=86_400), None)
ALLOWED = "a day such as 2024-04-01, a month 2024-04, a year 2024, or a duration P7D; a range as 2024-04-01..2024-04-30"

# Years are written with four digits, which no year before it has.
FIRST_YEAR = 1000
_DAY = re.compile(r"([12][0-9]{3})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_AGO = re.compile(
    r"p(?=[0-9t])(?:([0-9]{1,4})y)?(?:([0-9]{1,4})m)?(?:([0-9]{1,4})w)?(?:([0-9]{1,5})d)?"
    r"(?:t(?=[0-9])(?:([0-9]{1,6})h)?(?:([0-9]{1,7})m)?(?:([0-9]{1,9})s)?)?"
)
_UNITS = ((86_400, "D"), (3_600, "H"), (60, "M"), (1, "S"))
_FIRST = datetime.min.replace(tzinfo=UTC)


class BackwardsError(ValueError):
    """A range's end stands before its beginning; its text is the range put right."""


def span(written: str) -> Span:
    """The span that a text in small letters writes: a day, month, year, duration, or two with ``..`` between.

    A duration alone reaches till now. Raises ValueError, BackwardsError with the range put right.

    >>> span("2024-04..p7d")
    Span(low=Day(year=2024, month=4, day=None), high=Ago(months=0, seconds=604800))
    """
    # Some keyboards make an ellipsis of dots, and other readers write a range with a slash.
    low, dots, high = written.replace("...", "..").replace("/", "..").partition("..")
    if not dots:
        point = _point(low)
        return Span(point, point if isinstance(point, Day) else None)
    if not low and not high:
        raise ValueError
    found = Span(_point(low) if low else None, _point(high) if high else None)
    if _is_reversed(found):
        raise BackwardsError(written_as(Span(found.high, found.low)))
    return found


def written_as(value: Span) -> str:
    """The one text that is read back as ``value``.

    >>> written_as(Span(Ago(seconds=90_000), None)), written_as(Span(Day(2024, 4), None))
    ('P1DT1H', '2024-04..')
    """
    if value.low == value.high and isinstance(value.low, Day):
        return _said(value.low)
    if isinstance(value.low, Ago) and value.high is None:
        return _said(value.low)
    return f"{_said(value.low)}..{_said(value.high)}"


def bounds(value: Span, viewer: Viewer | None) -> tuple[datetime | None, datetime | None]:
    """The first instant of ``value`` and the first one behind it; None is no bound.

    Raises ValueError where there is no viewer, because there is no now without one.
    """
    if viewer is None:
        raise ValueError("what is meant by a time depends on who asks when: a viewer is needed")
    low = None if value.low is None else _begin(value.low, viewer)
    if value.high is None:
        return low, None
    return low, _end(value.high, viewer)


def day_before(point: Day) -> Day:
    """The last day that is before ``point``.

    >>> day_before(Day(2024, 3))
    Day(year=2024, month=2, day=29)
    """
    before = _first(point) - timedelta(days=1)
    return Day(before.year, before.month, before.day)


def _point(text: str) -> Point:
    if found := _DAY.fullmatch(text):
        day = Day(*(None if part is None else int(part) for part in found.groups()))  # type: ignore[arg-type] # the year is never None
        _first(day)
        return day
    found = _AGO.fullmatch(text)
    if found is None:
        raise ValueError
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    ago = Ago(years * 12 + months, ((weeks * 7 + days) * 24 + hours) * 3600 + minutes * 60 + seconds)
    if ago == Ago():
        raise ValueError
    return ago


def _is_reversed(value: Span) -> bool:
    match value:
        case Span(low=Day() as low, high=Day() as high):
            return _first(low) > _first(high)
        case Span(low=Ago() as low, high=Ago() as high):
            return (low.months, low.seconds) < (high.months, high.seconds)
        case _:
            return False


def _said(point: Point | None) -> str:
    match point:
        case None:
            return ""
        case Day():
            parts = f"{point.year:04}", *(f"{part:02}" for part in (point.month, point.day) if part is not None)
            return "-".join(parts)
        case Ago():
            years, months = divmod(point.months, 12)
            days, rest = divmod(point.seconds, 86_400)
            dated = (f"{n}{unit}" for n, unit in ((years, "Y"), (months, "M"), (days, "D")) if n)
            clock = (rest // 3600, "H"), (rest % 3600 // 60, "M"), (rest % 60, "S")
            timed = "".join(f"{n}{unit}" for n, unit in clock if n)
            return f"P{''.join(dated)}" + (f"T{timed}" if timed else "")


def _first(point: Day) -> date:
    return date(point.year, point.month or 1, point.day or 1)


def _behind(point: Day) -> date:
    """The first day after ``point``."""
    if point.day is not None:
        return _first(point) + timedelta(days=1)
    if point.month is not None:
        return date(point.year + point.month // 12, point.month % 12 + 1, 1)
    return date(point.year + 1, 1, 1)


def _begin(point: Point, viewer: Viewer) -> datetime:
    return _midnight(_first(point), viewer) if isinstance(point, Day) else _ago(point, viewer)


def _end(point: Point, viewer: Viewer) -> datetime:
    return _midnight(_behind(point), viewer) if isinstance(point, Day) else _ago(point, viewer)


def _midnight(day: date, viewer: Viewer) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=viewer.zone).astimezone(UTC)


def _ago(point: Ago, viewer: Viewer) -> datetime:
    """Months back by the viewer's calendar, the day cut to the month's last; then seconds."""
    here = viewer.now.astimezone(viewer.zone)
    months = here.year * 12 + here.month - 1 - point.months
    try:
        year, month = months // 12, months % 12 + 1
        last = (_behind(Day(year, month)) - timedelta(days=1)).day
        back = here.replace(year=year, month=month, day=min(here.day, last)) if point.months else here
        return back.astimezone(UTC) - timedelta(seconds=point.seconds)
    except (ValueError, OverflowError):
        return _FIRST
