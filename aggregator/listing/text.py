"""A listing pasted as plain text: number, title, source and date on a line, with blanks or tabs between."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from aggregator.listing import datelike, shapes, words
from aggregator.listing.marks import implied_number
from aggregator.listing.numbering import numbering
from aggregator.listing.titles import MARK_RUN
from aggregator.model import Listing, Row

_GAP: Final = re.compile(r"\s{2,}|\s+[|│｜]\s+")
_HEAD: Final = re.compile(r"(?P<mark>[»▶►☞]+|\D\S{0,7})\s+|(?P<number>\d{1,3}(?:,\d{3})+|\d{1,9})[.)]?\s+")
_COUNTER: Final = re.compile(r"\s*[\[(](\d{1,5})[\])]$")
_WORDS_OF_A_NAME: Final = 4
_WORDS_OF_A_DATE: Final = 6
_COUNTERS: Final = 4


class Line(NamedTuple):
    """One line taken apart; ``mark`` is what stands for a number, ``middle`` title and source, not yet told apart."""

    number: int | None
    mark: shapes.Kind
    middle: str
    date: str
    views: int | None


def read_text(text: str) -> Listing:
    """Return the longest listing in *text*: lines that begin with a number or a mark and end with a date."""
    lines = [line.replace("\t", "  ").replace("\xa0", " ").strip() for line in text.splitlines()]
    parsed = [_line(line) for line in lines]
    start, end = _longest(parsed)
    found = [line for line in parsed[start:end] if line is not None]
    if len(found) < 3:  # noqa: PLR2004 -- two lines are no list
        return Listing()
    roles = _header(lines[max(0, start - 3) : start])
    numbers = [line.number for line in found]
    parts = _parts([line.middle for line in found], has_source="source" in roles)
    rows = tuple(_row(line, part, numbers, at) for at, (line, part) in enumerate(zip(found, parts, strict=True)))
    sure = 0.55 + 0.15 * bool(roles) + 0.15 * any(numbers) + 0.1 * (len(rows) > 4)  # noqa: PLR2004
    return Listing(rows=rows, numbering=numbering(numbers, [None] * len(rows)), confidence=min(1.0, sure))


def _line(line: str) -> Line | None:
    """The parts of a line of a listing, None where it is none: it must begin with a number or mark, and hold a date."""
    if not 8 < len(line) < 600:  # noqa: PLR2004 -- a row of a list, not a paragraph
        return None
    head = _HEAD.match(line)
    date, views, middle = _tail(line[head.end() :]) if head else (None, None, "")
    if head is None or date is None or not middle:
        return None
    number = int(head["number"].replace(",", "")) if head["number"] else None
    mark: shapes.Kind = "number" if number is not None else shapes.kind(head["mark"])
    return Line(number, mark, middle, date, views) if mark in {"number", "notice", "current"} else None


def _tail(rest: str) -> tuple[str | None, int | None, str]:
    """The date at the end of a line, the first counter after it, and what stands before."""
    tokens = rest.split(" ")
    for end in range(len(tokens), max(1, len(tokens) - _COUNTERS), -1):
        for start in range(max(1, end - _WORDS_OF_A_DATE), end):
            date = " ".join(tokens[start:end]).strip()
            if datelike.date_span(date) == (0, len(date)):
                views = next((shapes.number(token) for token in tokens[end:] if token), None)
                return date, views, " ".join(tokens[:start]).strip()
        if tokens[end - 1] and shapes.number(tokens[end - 1]) is None:
            break
    return None, None, ""


def _longest(parsed: Sequence[Line | None]) -> tuple[int, int]:
    """Start and end of the run with most lines; blank or foreign lines may stand between, two at most."""
    best, start, last, count = (0, 0, 0), 0, -9, 0
    for at, line in enumerate(parsed):
        if line is None:
            continue
        start, count = (at, 1) if at - last > 3 else (start, count + 1)  # noqa: PLR2004
        last = at
        best = max(best, (count, start, at + 1), key=lambda run: run[0])
    return best[1], best[2]


def _header(lines: Sequence[str]) -> list[words.Role]:
    """The columns that the last line with two known words names."""
    for line in reversed(lines):
        roles = [role for word in re.split(r"\s+", line) if (role := words.role(word))]
        if len(roles) > 1:
            return roles
    return []


def _parts(middles: Sequence[str], *, has_source: bool) -> list[tuple[str, str | None]]:
    """Title and source of each line: by wide gaps where most lines have them, else by the endings that repeat."""
    gapped = [_GAP.split(middle) for middle in middles]
    if sum(len(part) > 1 for part in gapped) * 2 > len(middles):
        return [
            (" ".join(part[:-1]) if len(part) > 1 else part[0], part[-1] if len(part) > 1 else None) for part in gapped
        ]
    endings = Counter(ending for middle in middles for ending in _endings(middle))
    repeated = sum(endings[_ending(middle, 1)] > 1 for middle in middles) * 3 > len(middles)
    return [_told_apart(middle, endings) if has_source or repeated else (middle, None) for middle in middles]


def _ending(middle: str, size: int) -> str:
    return " ".join(middle.split(" ")[-size:])


def _endings(middle: str) -> set[str]:
    return {_ending(middle, size) for size in range(1, min(_WORDS_OF_A_NAME, len(middle.split(" ")) - 1) + 1)}


def _told_apart(middle: str, endings: Counter[str]) -> tuple[str, str | None]:
    """A name grows leftwards as long as the longer ending is as frequent as the shorter one."""
    size = 1
    tokens = middle.split(" ")
    if len(tokens) < 2:  # noqa: PLR2004
        return middle, None
    while size + 1 < len(tokens) and endings[_ending(middle, size + 1)] == endings[_ending(middle, size)] > 1:
        size += 1
    return " ".join(tokens[:-size]), _ending(middle, size)


def _row(line: Line, part: tuple[str, str | None], numbers: Sequence[int | None], at: int) -> Row:
    title, source = " ".join(part[0].split()), part[1]
    current = line.mark == "current"
    counted = _COUNTER.search(title) if line.views is not None else None
    return Row(
        title=MARK_RUN.sub("", title) if current else title,
        number=implied_number(numbers, at) if current else line.number,
        source=source,
        date_text=line.date,
        pinned=line.mark == "notice",
        current=current,
        comments=int(counted[1]) if counted else None,
    )
