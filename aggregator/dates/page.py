"""The dates of a page's rows: texts and exact attributes read, reconciled with each other, and turned into instants."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec import structs

from aggregator.dates.order import SKEW, days, newest_first, told_apart
from aggregator.dates.said import Ago, At, Day, DaysBack, Said
from aggregator.dates.shapes import said
from aggregator.dates.zones import is_naive, offset_shown
from aggregator.model import Numbering, Precision, Row

_NOON = time(12)
_QUOTE_LIMIT_CHARS = 40
_FAULTS_LIMIT = 10


class Time(NamedTuple):
    """When a row claims to be published, in UTC, and how exactly it says so; both None where it is not known."""

    published: datetime | None = None
    precision: Precision | None = None


class Times(NamedTuple):
    """A time a row, in the order of the rows, and a sentence for each text that gave none."""

    values: tuple[Time, ...]
    faults: tuple[str, ...]


def published(rows: Sequence[Row], *, now: datetime, zone: ZoneInfo, numbering: Numbering) -> Times:
    """When each row was published, by the closed list of shapes and what the rows prove together.

    *now* is when the page was read, *zone* the board's; rows are in page order. A day without a clock time is noon of
    the zone, today *now* itself. No time is later than *now*; a board's clock may be ten minutes ahead.
    Rows without any date text are None and no fault.
    """
    local = now.astimezone(zone).replace(microsecond=0)
    readings = _readings(rows, now=local, zone=zone)
    sequence = newest_first(rows, numbering)
    proven = numbering != "none" and sum(rows[index].number is not None for index in sequence) > 1
    meant = days(readings, sequence, proven=proven, now=local)
    values = tuple(_time(reading, day, local) for reading, day in zip(readings, meant, strict=True))
    return Times(values, _faults(rows, readings, values))


def _readings(rows: Sequence[Row], *, now: datetime, zone: ZoneInfo) -> list[Said | None]:
    """One reading a row: the exact attribute where it is complete, else the text."""
    written = [row.date_text for row in rows] + [row.date_exact for row in rows]
    # Many rows of a page say the same.
    read = {text: said(text) for text in set(written)}
    told = told_apart([read[text] for text in written])
    texts, exacts = told[: len(rows)], told[len(rows) :]
    pairs = [
        (text, exact)
        for text, exact in zip(texts, exacts, strict=True)
        if isinstance(text, Ago) and isinstance(exact, Day) and is_naive(exact)
    ]
    offset = offset_shown(pairs, now=now, zone=zone)
    patterns = {exact.pattern for _, exact in pairs}
    return [
        _better(_placed(text, patterns, offset), _placed(exact, patterns, offset), is_trusted=offset is not None)
        for text, exact in zip(texts, exacts, strict=True)
    ]


def _placed(reading: Said | None, patterns: set[str], offset: timedelta | None) -> Said | None:
    """A complete reading that is written as the page's exact times are, at the offset that was found for those."""
    if offset is None or not isinstance(reading, Day) or reading.at is None:
        return reading
    if reading.pattern not in patterns or not is_naive(reading):
        return reading
    return structs.replace(reading, at=structs.replace(reading.at, offset=offset))


def _better(text: Said | None, exact: Said | None, *, is_trusted: bool) -> Said | None:
    if text is None or exact is None:
        return text or exact
    # Relative text is right in any zone; an exact time that contradicts it is not.
    if isinstance(text, Ago) and isinstance(exact, Day) and is_naive(exact) and not is_trusted:
        return text
    is_complete = isinstance(exact, Day) and exact.year is not None and (exact.at is not None or _says_day(text))
    return exact if is_complete else text


def _says_day(text: Said) -> bool:
    """Whether *text* says no more than a day, so that an exact attribute with a year is at least as good."""
    match text:
        case Ago():
            return text.unit >= timedelta(days=1)
        case Day() | DaysBack():
            return text.at is None
        case _:
            return False


def _time(reading: Said | None, day: date | None, now: datetime) -> Time:
    """The instant of a reading on its *day*; nothing where that lies ahead. *now* is in the board's zone."""
    if reading is None or day is None or day > now.date() + timedelta(days=1):
        return Time()
    if isinstance(reading, Ago) and reading.unit < timedelta(days=1):
        return Time((now - reading.back).astimezone(UTC), "minute")
    at = None if isinstance(reading, Ago) else reading if isinstance(reading, At) else reading.at
    if at is None:
        return _dated(day, now)
    zone = now.tzinfo if at.offset is None else timezone(at.offset)
    instant = datetime.combine(day, at.clock, zone).astimezone(UTC)
    return Time(min(instant, now.astimezone(UTC)), at.precision) if instant <= now + SKEW else Time()


def _dated(day: date, now: datetime) -> Time:
    if day > now.date():
        return Time()
    moment = now if day == now.date() else datetime.combine(day, _NOON, now.tzinfo)
    return Time(moment.astimezone(UTC), "day")


def _faults(rows: Sequence[Row], readings: Sequence[Said | None], values: Sequence[Time]) -> tuple[str, ...]:
    """A sentence for each text without a time, the commonest first, at most ten."""
    lost: Counter[str] = Counter()
    for row, reading, value in zip(rows, readings, values, strict=True):
        text = row.date_text or row.date_exact
        if text is not None and text.strip() and value.published is None:
            reason = "date not understood" if reading is None else "date without a certain year or later than now"
            lost[f"{reason}: {text.strip()[:_QUOTE_LIMIT_CHARS]!r}"] += 1
    faults = [fault if count == 1 else f"{fault} ({count} rows)" for fault, count in lost.most_common(_FAULTS_LIMIT)]
    return tuple(faults)
