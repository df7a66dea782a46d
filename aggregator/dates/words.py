"""The words of time that boards use, folded: Korean, Japanese, Chinese, English."""

from collections.abc import Mapping
from datetime import timedelta

MONTHS: Mapping[str, int] = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
"""English months by their first three letters."""

UNITS: Mapping[str, timedelta] = (
    dict.fromkeys(("초", "秒", "秒钟", "秒鐘", "second", "sec"), timedelta(seconds=1))
    | dict.fromkeys(("분", "分", "分钟", "分鐘", "minute", "min"), timedelta(minutes=1))
    | dict.fromkeys(("시간", "時間", "小时", "小時", "hour", "hr"), timedelta(hours=1))
    | dict.fromkeys(("일", "日", "天", "day"), timedelta(days=1))
    | dict.fromkeys(("주", "주일", "週間", "周", "週", "week"), timedelta(weeks=1))
)
"""Units of ``3분 전`` and ``3 hours ago``, English ones in the singular. Months and years have no fixed length."""

DAYS_BACK: Mapping[str, int] = (
    dict.fromkeys(("오늘", "今日", "今天", "today"), 0)
    | dict.fromkeys(("어제", "昨日", "昨天", "yesterday"), 1)
    | dict.fromkeys(("그저께", "그제", "一昨日", "前天"), 2)
)
"""Names of days counted back from today."""

JUST_NOW = (
    *(
        "방금",
        "방금 전",
        "방금전",
        "지금",
        "たった今",
        "刚刚",
        "剛剛",
        "just now",
        "now",
        "moments ago",
        "a moment ago",
    ),
    *("less than a minute ago", "less than 1 minute ago", "a few seconds ago", "seconds ago"),
)
"""Ways to say that hardly any time has passed."""

ZONES: Mapping[str, int] = {"z": 0, "utc": 0, "gmt": 0, "kst": 9, "jst": 9}
"""Names of zones without summer time, in hours ahead of UTC; other abbreviations mean several things."""

AFTERNOON = frozenset(("오후", "午後", "下午", "pm"))
"""Marks of the second half of the day; the other marks stand for the first."""
