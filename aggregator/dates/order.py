"""What the rows of a page prove for each other: the day of a clock time, the year of a day, the order of day and month.

Rows come newest first, or by number where numbers are printed; pinned rows stand outside the order.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice

from aggregator.dates.said import Ago, At, Day, DaysBack, Digits, Said
from aggregator.model import Headline, Numbering, Row

SKEW = timedelta(minutes=10)
"""How far a board's clock may run ahead of ours before its times count as not yet come."""

_DAY = timedelta(days=1)
_LAST_MONTH = 12
# A clock that jumps up by so much from one row to the next older one has passed midnight; less is a board's disorder.
_OVERNIGHT = timedelta(hours=3)


def newest_first(rows: Sequence[Row | Headline], numbering: Numbering) -> list[int]:
    """The indices of the rows that are not pinned, newest first: by number where numbers count, else by place.

    A row without a number stays below the row it stands below.
    """
    listed = [index for index, row in enumerate(rows) if not row.pinned]
    if numbering == "none":
        return listed
    place: dict[int, int] = {}
    number = max((row.number for row in rows if row.number is not None), default=0) + 1
    for index in listed:
        printed = rows[index].number
        number = number if printed is None else printed
        place[index] = number
    return sorted(listed, key=lambda index: -place[index])


def told_apart(saids: Sequence[Said | None]) -> list[Said | None]:
    """The same readings with day and month told apart; None for those that no row proves.

    A number above 12 is no month, and speaks for every text of its pattern. A day without a year has the month first
    unless a row denies it; one with a year after it needs the proof, or both numbers equal.
    """
    proofs: dict[str, set[bool]] = {}
    for digits in saids:
        if isinstance(digits, Digits) and max(digits.left, digits.right) > _LAST_MONTH:
            proofs.setdefault(digits.pattern, set()).add(digits.right > _LAST_MONTH)
    return [_day(said, proofs) if isinstance(said, Digits) else said for said in saids]


def _day(digits: Digits, proofs: dict[str, set[bool]]) -> Day | None:
    usual = {True} if digits.year is None or digits.left == digits.right else set[bool]()
    proof = proofs.get(digits.pattern, usual)
    if len(proof) != 1:
        return None
    month, day = (digits.left, digits.right) if proof == {True} else (digits.right, digits.left)
    read = Day(digits.year, month, day, digits.pattern, digits.at)
    # 2024 is a leap year: without a year any day of a calendar may be meant.
    return None if read.in_year(digits.year or 2024) is None else read


def days(saids: Sequence[Said | None], sequence: Sequence[int], *, proven: bool, now: datetime) -> list[date | None]:
    """The day in the board's zone that each reading means, None where the page leaves it open.

    *now* is in the board's zone. *sequence* is ``newest_first``; *proven* says that numbers vouch for it. Readings out
    of the sequence (pinned rows) are taken for themselves: a missing year is then unknown.
    """
    found = [_own_day(said, now) for said in saids]
    ceiling: date | None = None
    above: time | None = None
    for place, index in enumerate(sequence):
        said = saids[index]
        if isinstance(said, At):
            older = (saids[below] for below in islice(sequence, place + 1, None))
            plain = _plain_day(said.clock, older, now)
            found[index] = _ordered_day(plain, said.clock, ceiling, above, now.date()) if proven else plain
            above = said.clock
        elif isinstance(said, Day) and said.year is None:
            found[index] = _year_found(said, ceiling, proven=proven, today=now.date())
        day = found[index]
        if day is not None:
            ceiling = day if ceiling is None or isinstance(said, At) else min(ceiling, day)
    return found


def _own_day(said: Said | None, now: datetime) -> date | None:
    match said:
        case Ago():
            return (now - said.back).date()
        case DaysBack():
            return now.date() - said.days * _DAY
        case At():
            return _plain_day(said.clock, (), now)
        case Day() if said.year is not None:
            return said.in_year(said.year)
        case _:
            return None


def _plain_day(clock: time, older: Iterable[Said | None], now: datetime) -> date:
    """Today, or yesterday where today's *clock* is yet to come.

    A time a few minutes ahead is today's where an *older* row's time shortly before it has come: the board's clock
    runs ahead of ours.
    """
    ahead = _since_midnight(clock) - _since_midnight(now.time())
    if ahead <= timedelta():
        return now.date()
    is_skewed = ahead <= SKEW and any(
        isinstance(said, At)
        and ahead - _OVERNIGHT <= _since_midnight(said.clock) - _since_midnight(now.time()) <= timedelta()
        for said in older
    )
    return now.date() if is_skewed else now.date() - _DAY


def _ordered_day(plain: date, clock: time, ceiling: date | None, above: time | None, today: date) -> date:
    yesterday = today - _DAY
    if ceiling == yesterday:
        return yesterday
    jumps = above is not None and _since_midnight(clock) - _since_midnight(above) >= _OVERNIGHT
    return yesterday if jumps else plain


def _year_found(day: Day, ceiling: date | None, *, proven: bool, today: date) -> date | None:
    """The latest such day that is neither later than today nor, by a day of grace, than the rows above.

    None where tomorrow may be meant, for a year less would be a wild guess, and where without numbers the order of the
    page is all that speaks for an earlier year.
    """
    limit = today if ceiling is None else min(today, ceiling)
    newest = _latest(day, limit + _DAY)
    if proven:
        return None if newest is not None and newest > today else newest
    return newest if newest == _latest(day, today + _DAY) and newest is not None and newest <= today else None


def _latest(day: Day, limit: date) -> date | None:
    # 29 February comes back after eight years at most.
    for year in range(limit.year, limit.year - 9, -1):
        candidate = day.in_year(year)
        if candidate is not None and candidate <= limit:
            return candidate
    return None


def _since_midnight(clock: time) -> timedelta:
    return timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second)
