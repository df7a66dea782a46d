"""The shapes of what a listing prints on its own: numbers, counters, marks, notices. Not what they mean."""

import re
from functools import lru_cache
from typing import Final, Literal

from aggregator.listing import datelike, words

Kind = Literal["date", "number", "count", "notice", "current", "symbol", "text"]

_NUMBER: Final = re.compile(r"(?:(?:no|nr|№|#)\.?\s*)?(\d{1,3}(?:,\d{3})+|\d{1,9})\.?", re.IGNORECASE)
_COUNT: Final = re.compile(r"[\[(（【+]\s*\+?\s*(\d{1,3}(?:,\d{3})*|\d{1,6})\s*[\])）】]?|(\d{1,6})\s?\+")
_COUNTED: Final = re.compile(
    r"(?P<before>[^\W\d][^\d:：]{0,14}?)?\s*[:：]?\s*[\[(]?(?P<n>\d[\d,.]*[kKmM만千]?)[\])]?\s*(?P<after>[^\W\d]\w{0,11})?"
)
_HOST: Final = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,12}(?:/\S*)?")
_SIGNED: Final = re.compile(r"[▶▷►»≫→⇒➤➔☞●◆▸>]+")
_BROAD: Final = re.compile("[\u1101-\U0010ffff]")


def number(text: str) -> int | None:
    """Return the integer that *text* prints as a list's number, None where it prints none.

    >>> number("11,219"), number("No. 7"), number("[3]"), number("3.1")
    (11219, 7, None, None)
    """
    found = _NUMBER.fullmatch(text)
    return int(found[1].replace(",", "")) if found else None


def count(text: str) -> int | None:
    """Return the counter that *text* is as a whole: ``[3]``, ``(12)``, ``+4``; None where it is none."""
    found = _COUNT.fullmatch(text)
    return int((found[1] or found[2]).replace(",", "")) if found else None


def counter(text: str) -> tuple[str, words.Role] | None:
    """Return the figure of a counter that says what it counts, and what: views, comments or votes; else None.

    >>> counter("조회 1,234"), counter("5 comments"), counter("제 3 회")
    (('1,234', 'views'), ('5', 'comments'), None)
    """
    found = _COUNTED.fullmatch(text)
    named = words.role(found["before"] or found["after"] or "") if found else None
    return (found["n"], named) if found and named in {"views", "comments", "votes"} else None


def is_host(text: str) -> bool:
    """Whether *text* is a site's name or address: it says where a link leads, not what or who.

    >>> is_host("news.example.com"), is_host("Ask: example"), is_host("v1.2")
    (True, False, False)
    """
    return _HOST.fullmatch(text) is not None


def kind(text: str) -> Kind:
    """Return what *text*, stripped, looks like on its own."""
    return "text" if len(text) > datelike.LONGEST else _kind(text)


@lru_cache(maxsize=4096)  # several candidate regions read the same rows
def _kind(text: str) -> Kind:
    label = words.folded(text)
    if _SIGNED.fullmatch(text) or label in words.READING:
        return "current"
    if not datelike.LETTER.search(text):
        return "symbol"
    if datelike.is_date(text):
        return "date"
    if label in words.NOTICE:
        return "notice"
    return "number" if number(text) is not None else "count" if count(text) is not None else "text"


def width(text: str) -> int:
    """Return the columns *text* takes on a screen: a Korean, Chinese or Japanese character takes two."""
    return len(text) if text.isascii() else len(text) + len(_BROAD.findall(text))
