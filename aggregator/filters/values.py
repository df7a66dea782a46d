"""How one value is read in each field: words, patterns, ranges of numbers and of time, flags."""

import re
import unicodedata
from difflib import get_close_matches

from aggregator.filters import times
from aggregator.filters.tree import Ago, Day, Field, Numbers, Span, Value, Word
from aggregator.folding import fold

FLAGS = ("new", "edited", "deleted", "pinned")
TEXTUAL: frozenset[Field] = frozenset({"text", "title", "source", "link"})
LIMIT_DIGITS = 18

_NUMBERS = re.compile(r"([0-9]*)(?:(\.\.)([0-9]*))?")
_GOOGLE_SPAN = re.compile(r"([0-9]{1,4})([hdmy])")
_GOOGLE_UNITS = {"h": Ago(seconds=3600), "d": Ago(seconds=86_400), "m": Ago(months=1), "y": Ago(months=12)}


def read(field: Field, written: str) -> Value:
    """The value that *written* is in *field*, stars and quotes already taken off it.

    Raises ValueError with a message and a hint.

    >>> read("no", "11200..11219"), read("is", "New")
    (Numbers(low=11200, high=11219), Word(text='new', anchored=False))
    """
    match field:
        case "no":
            return _numbers(_plain(written))
        case "date" | "seen":
            return span(written)
        case "is":
            return _flag(fold(written))
        case _:
            return _word(field, fold(written))


def span(written: str) -> Span:
    """A day, a month, a year, a duration, or a range of them. Raises ValueError with a message and a hint."""
    try:
        return times.span(_plain(written))
    except times.BackwardsError as error:
        raise ValueError("the range runs backwards", str(error)) from error
    except ValueError as error:
        raise ValueError(f"{written[:40]!r} is no time", times.ALLOWED) from error


def after(written: str) -> Span:
    """``after:2024-04-01``: from that day on.

    >>> after("2024-04-01")
    Span(low=Day(year=2024, month=4, day=1), high=None)
    """
    return Span(span(written).low, None)


def before(written: str) -> Span:
    """``before:2024-04-01``: until the day before.

    >>> before("2024-04-01")
    Span(low=None, high=Day(year=2024, month=3, day=31))
    """
    point = span(written).low
    if not isinstance(point, Day):
        return Span(None, point)
    if point.year <= times.FIRST_YEAR and (point.month or 1, point.day or 1) == (1, 1):
        raise ValueError(f"there is no day before {written[:40]!r}", times.ALLOWED)
    return Span(None, times.day_before(point))


def when(written: str) -> Span:
    """``when:7d``: the last so many hours, days, months or years. Raises ValueError with a message and a hint.

    >>> when("12h")
    Span(low=Ago(months=0, seconds=43200), high=None)
    """
    found = _GOOGLE_SPAN.fullmatch(_plain(written))
    if found is None or not int(found[1]):
        raise ValueError(f"{written[:40]!r} is no span of time", "when:12h, when:7d, when:1m or when:1y; or date:P7D")
    unit = _GOOGLE_UNITS[found[2]]
    return Span(Ago(unit.months * int(found[1]), unit.seconds * int(found[1])), None)


def _plain(written: str) -> str:
    """Full-width digits and capitals as the usual ones; folding would make three dots of two."""
    return unicodedata.normalize("NFKC", written).casefold()


def _word(field: Field, text: str) -> Word:
    if not text or (field == "board" and text == "@"):
        raise ValueError("a value is missing here", "write a word, or a phrase in quotes")
    return Word(text)


def _flag(name: str) -> Word:
    if name == "story":
        raise ValueError("there are no stories yet", f"is: takes {', '.join(FLAGS)}")
    if name not in FLAGS:
        near = get_close_matches(name, FLAGS, n=1)
        wish = f"did you mean is:{near[0]}" if near else f"is: takes {', '.join(FLAGS)}"
        raise ValueError(f"there is no is:{name[:40]}", wish)
    return Word(name)


def _numbers(written: str) -> Numbers:
    found = _NUMBERS.fullmatch(written.replace("...", ".."))
    if found is None or not (found[1] or found[3]):
        raise ValueError(
            f"{written[:40]!r} is no number", "no:11200, or a range: no:11200..11219, no:11200.. or no:..11219"
        )
    if max(len(found[1]), len(found[3] or "")) > LIMIT_DIGITS:
        raise ValueError("the number is too long", f"at most {LIMIT_DIGITS} digits are allowed")
    low, high = (int(part) if part else None for part in (found[1], found[3]))
    if not found[2]:
        return Numbers(low, low)
    if low is not None and high is not None and low > high:
        raise ValueError("the range runs backwards", f"no:{high}..{low}")
    return Numbers(low, high)
