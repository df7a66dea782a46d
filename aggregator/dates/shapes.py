"""The closed list of shapes: one text to what it says, or None. No clock, no zone, no neighbours."""

import re
from collections.abc import Callable
from datetime import date, time, timedelta

from aggregator.dates import spelling
from aggregator.dates.said import Ago, At, Day, DaysBack, Digits, Said
from aggregator.dates.words import AFTERNOON, DAYS_BACK, JUST_NOW, MONTHS, UNITS, ZONES
from aggregator.folding import fold

_Match = re.Match[str]
_TEXT_LIMIT_CHARS = 80
# Board software is younger; an earlier year is a default value that nobody set.
_FIRST_YEAR, _LAST_YEAR = 1971, 2199
_LAST_MONTH = 12
_NOON = 12

_WEEKDAY = re.compile(
    r"\([월화수목금토일月火水木金土日]\)|[월화수목금토일]요일|[月火水木金土日]曜日|(?:星期|周)[一二三四五六日]"
    r"|\(?\b(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\b[),.]*"
)
_SPELLED_CLOCK = re.compile(r"(\d{1,2})[시時时点]\s*(\d{1,2})[분分](?:\s*(\d{1,2})[초秒])?")
_CLOCK = (
    r"(?:(?P<before>오전|오후|午前|午後|上午|下午)\s*)?"
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d{1,9})?)?(?:\s*(?P<after>[ap]\.?m\.?))?"
    r"(?:\s*(?:(?P<zone>z|utc|gmt|kst|jst)|(?P<sign>[+-])(?P<ahead_hours>\d{2}):?(?P<ahead_minutes>\d{2})))?"
)
_TIME = rf"(?:(?:\s*[,t|]\s*|\s+(?:at\s+)?){_CLOCK})?"
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_MARK = r"\s*(?P<mark>[-./])\s*"
_AGAIN = r"\s*(?P=mark)\s*"


def said(text: str | None) -> Said | None:
    """What *text* says of a time by one of the shapes; None where it has none of them or names no possible time.

    >>> said("3분 전")
    Ago(back=datetime.timedelta(seconds=180), unit=datetime.timedelta(seconds=60))
    """
    if text is None or len(text) > _TEXT_LIMIT_CHARS:
        return None
    plain = _WEEKDAY.sub(" ", _SPELLED_CLOCK.sub(_in_colons, spelling.plain(fold(text))))
    plain = " ".join(plain.split()).strip(" ,[](){}|")
    for shape, reading in _SHAPES:
        if found := shape.fullmatch(plain):
            try:
                return reading(found)
            except ValueError:
                return None
    return None


def _in_colons(found: _Match) -> str:
    return ":".join(part.zfill(2) for part in found.groups() if part)


def _at(found: _Match) -> At | None:
    """The clock time of a match, None where it has none; ValueError for one that no clock shows."""
    part = found.groupdict()
    if part.get("hour") is None:
        return None
    hour, half = int(part["hour"]), part["before"] or (part["after"] or "").replace(".", "")
    # `오후 13:05` is written too: a half of the day beside a 24-hour clock says nothing new.
    if half and hour <= _NOON:
        hour = hour % _NOON + _NOON * (half in AFTERNOON)
    clock = time(hour, int(part["minute"]), int(part["second"] or 0))
    return At(clock, "second" if part["second"] else "minute", _offset(part))


def _offset(part: dict[str, str | None]) -> timedelta | None:
    if zone := part["zone"]:
        return timedelta(hours=ZONES[zone])
    if part["sign"] is None:
        return None
    ahead = timedelta(hours=int(part["ahead_hours"] or 0), minutes=int(part["ahead_minutes"] or 0))
    if ahead > timedelta(hours=14):
        raise ValueError("no zone is that far from UTC")
    return -ahead if part["sign"] == "-" else ahead


def _day(found: _Match) -> Day:
    """Year, month and day in any printed order, the month as a number or an English name, the year perhaps absent."""
    part = found.groupdict()
    month = int(part["month"]) if part["month"].isdecimal() else MONTHS[part["month"][:3]]
    year = int(part["year"]) if part.get("year") else None
    pattern = f"{'y' * len(part.get('year') or '')}{part.get('mark') or ' '}"
    return _possible(Day(year, month, int(part["day"]), pattern, _at(found)))


def _short_year(found: _Match) -> Day:
    """A year of two digits. Dots are Korean; with hyphens a number that could be a month may well be one."""
    year = int(found["year"])
    if found["mark"] == "-" and year <= _LAST_MONTH:
        raise ValueError("year or month")
    return _possible(Day(2000 + year, int(found["month"]), int(found["day"]), f"yy{found['mark']}", _at(found)))


def _possible(day: Day) -> Day:
    # A leap year stands in for the missing one, so that 29 February may be meant.
    year = 2024 if day.year is None else day.year
    if not _FIRST_YEAR <= year <= _LAST_YEAR or day.in_year(year) is None:
        raise ValueError("no such day")
    return day


def _digits(found: _Match) -> Digits:
    part = found.groupdict()
    left, right, year = int(found["left"]), int(found["right"]), part.get("year")
    if year is not None and not _FIRST_YEAR <= int(year) <= _LAST_YEAR:
        raise ValueError("no such year")
    date(2024, min(left, right), max(left, right))
    pattern = f"{found['mark']}{'y' if year else ''}"
    return Digits(left, right, int(year) if year else None, pattern, _at(found))


def _ago(found: _Match) -> Ago:
    count = 1 if found["count"] in {"a", "an"} else int(found["count"])
    return Ago(count * UNITS[found["unit"]], UNITS[found["unit"]])


def _words(*words: str) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_SHAPES: tuple[tuple[re.Pattern[str], Callable[[_Match], Said | None]], ...] = tuple(
    (re.compile(shape, re.ASCII), reading)
    for shape, reading in (
        # 2024.04.20 · 2024-04-20 13:05[:07] · 2026/11/24 · 2024. 4. 20. · ISO 8601
        (rf"(?P<year>\d{{4}}){_MARK}(?P<month>\d{{1,2}}){_AGAIN}(?P<day>\d{{1,2}})\.?{_TIME}", _day),
        # 24.04.20 · 24-04-20
        (rf"(?P<year>\d\d)\s*(?P<mark>[-.])\s*(?P<month>\d\d?){_AGAIN}(?P<day>\d\d?)\.?{_TIME}", _short_year),
        # 11-23-2026, 04:48 PM
        (rf"(?P<left>\d{{1,2}}){_MARK}(?P<right>\d{{1,2}}){_AGAIN}(?P<year>\d{{4}}){_TIME}", _digits),
        # 04-20 · 04.20 · 11/24, 1:48 am
        (rf"(?P<left>\d{{1,2}}){_MARK}(?P<right>\d{{1,2}})\.?{_TIME}", _digits),
        # 2024년 4월 20일 · 2024年4月20日 · 4월 20일
        (
            rf"(?:(?P<year>\d{{4}})\s*[년年]\s*)?(?P<month>\d\d?)\s*[월月]\s*(?P<day>\d\d?)\s*[일日](?:\s*{_CLOCK})?",
            _day,
        ),
        # Apr 20, 2024 · April 20th · Apr 20, 2024 at 1:05 pm
        (rf"{_MONTH}\s*{_DAY}(?:\s*,?\s*(?P<year>\d{{4}})(?!:))?{_TIME}", _day),
        # 20 Apr 2024 · Sat, 20 Apr 2024 13:05:07 +0900
        (rf"{_DAY}[\s-]*{_MONTH}(?:[\s,-]*(?P<year>\d{{4}}))?{_TIME}", _day),
        # 13:05 · 13:05:07 · 오후 1:05 · 09:00 AM
        (_CLOCK, _at),
        # 어제 · 오늘 13:05 · Yesterday, 09:00 AM
        (
            rf"(?P<name>{_words(*DAYS_BACK)})(?:\s*,?\s*(?:at\s+)?{_CLOCK})?",
            lambda found: DaysBack(DAYS_BACK[found["name"]], _at(found)),
        ),
        # 3분 전 · 2시간 전 · 3 hours ago · an hour ago
        (rf"(?P<count>\d{{1,4}}|an?)\s*(?P<unit>{_words(*UNITS)})s?\s*(?:전|前|ago)", _ago),
        # 방금
        (_words(*JUST_NOW), lambda _: Ago(timedelta(), timedelta(minutes=1))),
    )
)
