"""The state of rows, by relation first: which are pinned above the others, which is being read, which number it has."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from aggregator.listing import words
from aggregator.listing.markup import TEXT, Outline
from aggregator.listing.pieces import Piece
from aggregator.listing.regions import Span
from aggregator.listing.titles import Title

_MOST: Final = 0.6


class Facts(NamedTuple):
    """What marks are read from: a row's place, title, pieces and number; ``opened`` where the page is its document."""

    span: Span
    title: Title
    pieces: Sequence[Piece]
    number: int | None
    opened: bool


class Marks(NamedTuple):
    """For each row whether it is pinned and whether it is the one being read."""

    pinned: list[bool]
    current: list[bool]


def marks(outline: Outline, rows: Sequence[Facts]) -> Marks:
    """Return the state of each row; pinned ones lead the list, at most one is current."""
    current = _current(outline, rows)
    by_word = [_noticed(row) for row in rows]
    by_name = _unless_usual([_named(outline, row) for row in rows])
    by_number = _missing(rows)
    by_symbol = _leading_symbols(rows)
    flags = [any(flag) for flag in zip(by_word, by_name, by_number, by_symbol, strict=True)]
    if not any(flags):
        flags = _set_apart(outline, rows)
    said = [word or name for word, name in zip(by_word, by_name, strict=True)]
    return Marks(led(flags, current, said), current)


def _current(outline: Outline, rows: Sequence[Facts]) -> list[bool]:
    """The row whose document the page shows; else the one marked so, where one alone is."""
    numbered = sum(row.number is not None for row in rows)
    for flags in (
        [row.opened for row in rows],
        [any(piece.kind == "current" for piece in _lead(row)) for row in rows],
        [row.number is None and numbered > 0 and _imaged(outline, row) for row in rows],
        [bool(words.CURRENT_NAMES.search(outline.nodes[row.span.start].attrs.get("class") or "")) for row in rows],
    ):
        if sum(flags) == 1:
            return flags
    return [False] * len(rows)


def _lead(row: Facts) -> list[Piece]:
    return [piece for piece in row.pieces if piece.at < row.title.element.start]


def _noticed(row: Facts) -> bool:
    return row.title.notice or any(piece.kind == "notice" for piece in _lead(row))


def _imaged(outline: Outline, row: Facts) -> bool:
    """Whether an image before the title is named like a pointer."""
    nodes = outline.nodes[row.span.start : row.title.element.start]
    return any(words.CURRENT_NAMES.search(_names(node.attrs)) for node in nodes if node.tag == "img")


def _named(outline: Outline, row: Facts) -> bool:
    nodes = outline.nodes[row.span.start : max(row.span.start + 1, row.title.element.start)]
    return any(words.NOTICE_NAMES.search(_names(node.attrs)) for node in nodes if node.attrs)


def _names(attrs: dict[str, str | None]) -> str:
    """An element's names: class, alternative text, and its image's file (a path would name the skin, not the mark)."""
    file = (attrs.get("src") or "").rsplit("/", 1)[-1]
    return f"{attrs.get('class') or ''} {attrs.get('alt') or ''} {file}"


def _unless_usual(flags: list[bool]) -> list[bool]:
    """What most rows have says nothing about any of them."""
    return flags if sum(flags) <= _MOST * len(flags) else [False] * len(flags)


def _missing(rows: Sequence[Facts]) -> list[bool]:
    """Rows without a number, where the rows after them have one."""
    numbered = [row.number is not None for row in rows]
    return _unless_usual([not flag for flag in numbered]) if any(numbered) else [False] * len(rows)


def _leading_symbols(rows: Sequence[Facts]) -> list[bool]:
    """Rows that begin with a sign (``:::``, ``@``, ``!``) where others do not."""
    return _unless_usual(
        [any(piece.kind == "symbol" and piece.text.strip("…·|-") for piece in _lead(row)) for row in rows]
    )


def _set_apart(outline: Outline, rows: Sequence[Facts]) -> list[bool]:
    """Rows above a line of text that stands between two groups of rows, where another line stands above the first."""
    gaps = [at for at in range(1, len(rows)) if _speaks(outline, rows[at - 1].span, rows[at].span)]
    first = rows[0].span.start
    parent = outline.nodes[first].parent
    headed = any(
        outline.nodes[at].parent == parent and outline.text(at, outline.nodes[at].end)
        for at in range(max(parent, 0), first)
    )
    apart = gaps[0] if len(gaps) == 1 and headed and gaps[0] * 2 <= len(rows) else 0
    return [at < apart for at in range(len(rows))]


def _speaks(outline: Outline, before: Span, after: Span) -> bool:
    return any(outline.nodes[at].tag == TEXT for at in range(before.end, after.start))


def led(flags: list[bool], current: list[bool], said: list[bool]) -> list[bool]:
    """Return which rows are pinned: of those flagged only the ones that lead the list.

    The current row among them is pinned if a pinned one follows, or it is *said* to be.
    """
    length = next((at for at in range(len(flags)) if not (flags[at] or current[at])), len(flags))
    while length and current[length - 1] and not said[length - 1]:
        length -= 1
    return [at < length for at in range(len(flags))]


def implied_number(numbers: Sequence[int | None], at: int) -> int | None:
    """Return the number that the neighbours of row *at* leave for it, where they leave exactly one.

    >>> implied_number([12, None, 10], 1), implied_number([12, None, 9], 1), implied_number([12, 11, None], 2)
    (11, None, 10)
    """
    before = numbers[at - 1] if at else None
    after = numbers[at + 1] if at + 1 < len(numbers) else None
    if before is not None and after is not None:
        return (before + after) // 2 if abs(before - after) == 2 else None  # noqa: PLR2004 -- one number fits between
    known = [number for number in numbers if number is not None]
    steps = {later - earlier for earlier, later in pairwise(known)}
    if len(steps) != 1 or abs(step := steps.pop()) != 1:
        return None
    if before is not None:
        return before + step if before + step > 0 else None
    return after - step if after is not None else None
