"""What the pieces of all rows are: number, date, source, category and comments, by their shape and by header words."""

import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean
from typing import Final, NamedTuple

from aggregator.listing import shapes, words
from aggregator.listing.headers import Headers
from aggregator.listing.markup import Outline
from aggregator.listing.pieces import Piece, place
from aggregator.listing.regions import Span
from aggregator.listing.titles import Title

_AUTHORED: Final = re.compile(
    r"(?i)author|writer|byline|\bname|nick|user|member|profile|source|press|poster|sv_|글쓴|작성자"
)
_BRACKETED: Final = re.compile(r"^[(（[【]([^()（）\[\]【】]+)[)）\]】]$")
_ENOUGH: Final = 1.0
_COUNTERS: Final = frozenset({"views", "comments", "votes", "file", "last"})

Slot = tuple[tuple[int, ...], str, int]


class Fields(NamedTuple):
    """What one row prints beside its title."""

    number: int | None = None
    date: Piece | None = None
    source: str | None = None
    category: str | None = None
    comments: int | None = None


class Table(NamedTuple):
    """The rows as slots: for each cell, kind and ordinal of that kind in it, the piece of each row that has one.

    ``cells`` are those of the titles.
    """

    outline: Outline
    titles: Sequence[Title]
    cells: Sequence[tuple[int, ...]]
    rows: Sequence[Sequence[Piece]]
    slots: dict[Slot, dict[int, Piece]]
    headers: Headers


def table(
    outline: Outline, spans: Sequence[Span], titles: Sequence[Title], rows: Sequence[Sequence[Piece]], headers: Headers
) -> Table:
    """Return the rows' pieces arranged in slots."""
    cells = [place(outline, span, title.element.start) for span, title in zip(spans, titles, strict=True)]
    slots: dict[Slot, dict[int, Piece]] = defaultdict(dict)
    for row, pieces in enumerate(rows):
        seen: dict[tuple[tuple[int, ...], str], int] = defaultdict(int)
        for piece in pieces:
            kept = (piece.cell, piece.kind)
            slots[*kept, seen[kept]][row] = piece
            seen[kept] += 1
    return Table(outline, titles, cells, rows, dict(slots), headers)


def fields(rows: Table) -> list[Fields]:
    """Return what each row prints beside its title, in the order of the rows."""
    numbers, dates = _numbers(rows), _dates(rows)
    sources, source_slot = _sources(rows)
    categories = _categories(rows, source_slot)
    comments = _comments(rows)
    return [
        Fields(numbers.get(at), dates.get(at), sources.get(at), categories.get(at), comments.get(at))
        for at in range(len(rows.rows))
    ]


def _role(rows: Table, slot: Slot) -> words.Role | None:
    return rows.headers.role(slot[0])


def _before(rows: Table, held: dict[int, Piece]) -> bool:
    """Whether most of a slot's pieces stand before their row's title."""
    return sum(piece.at < rows.titles[at].element.start for at, piece in held.items()) * 2 > len(held)


def _numbers(rows: Table) -> dict[int, int]:
    """The slot of integers that fall (or rise) from row to row; before the title, or under a header that says so."""
    best: tuple[float, dict[int, int]] = (0.0, {})
    for slot, held in rows.slots.items():
        role = _role(rows, slot)
        if slot[1] != "number" or role in _COUNTERS or any(piece.label for piece in held.values()):
            continue
        values = {at: value for at, piece in sorted(held.items()) if (value := shapes.number(piece.text)) is not None}
        merit = _order(list(values.values())) + len(values) / len(rows.rows) + (1.5 if role == "number" else 0.0)
        if (role == "number" or (_before(rows, held) and _order(list(values.values())) > 0)) and merit > best[0]:
            best = (merit, values)
    return best[1]


def _order(values: list[int]) -> float:
    """Return 1 where integers strictly fall or rise, 0 where they do not or are too few to tell by chance."""
    steps = [after - before for before, after in pairwise(values)]
    if len(steps) < 2 and steps != [-1]:  # noqa: PLR2004 -- two numbers in order are chance, unless they are neighbours
        return 0.0
    falling, rising = sum(step < 0 for step in steps), sum(step > 0 for step in steps)
    share = max(falling, rising) / len(steps)
    return share if share >= 0.85 else 0.0  # noqa: PLR2004 -- one pinned row may break the order


def _dates(rows: Table) -> dict[int, Piece]:
    """The date of each row: of the best slot, else any that is not the last answer's."""
    merit = {slot: _date_merit(rows, slot, held) for slot, held in rows.slots.items() if slot[1] == "date"}
    if not merit:
        return {}
    best = max(merit, key=merit.__getitem__)
    found = dict(rows.slots[best])
    for at, pieces in enumerate(rows.rows):
        others = [
            piece
            for piece in pieces
            if piece.kind == "date" and rows.headers.role(piece.cell) != "last" and piece.label != "last"
        ]
        if at not in found and others:
            found[at] = others[0]
    return found


def _date_merit(rows: Table, slot: Slot, held: dict[int, Piece]) -> float:
    role = _role(rows, slot)
    labels = [piece.label for piece in held.values() if piece.label]
    worth = 2 * len(held) / len(rows.rows)
    worth += {"date": 1.5, "last": -1.5}.get(role or "", 0.0)
    worth += {"date": 1.0, "last": -1.5}.get(labels[0] if labels else "", 0.0)
    return worth - 0.001 * min(piece.at for piece in held.values()) / len(rows.outline.nodes)


def _sources(rows: Table) -> tuple[dict[int, str], Slot | None]:
    """The slot that credits someone: short names, repeating, after the title."""
    merit = {
        slot: _source_merit(rows, slot, held) for slot, held in rows.slots.items() if slot[1] in {"text", "notice"}
    }
    if not merit or max(merit.values()) < _ENOUGH:
        return {}, None
    best = max(merit, key=merit.__getitem__)
    found = {at: _BRACKETED.sub(r"\1", piece.text) for at, piece in rows.slots[best].items()}
    column = best[0][:1]
    for at, pieces in enumerate(rows.rows):
        others = [
            piece
            for piece in pieces
            if piece.cell[:1] == column and piece.kind in {"text", "number", "notice"} and column
        ]
        if at not in found and others and rows.headers.role(column) == "source":
            found[at] = others[0].text
    return found, best


def _source_merit(rows: Table, slot: Slot, held: dict[int, Piece]) -> float:
    texts = [piece.text for piece in held.values()]
    role = _role(rows, slot)
    labelled = sum(piece.label == "source" for piece in held.values()) * 2 > len(held)
    wide, distinct, share = fmean(map(shapes.width, texts)), len(set(texts)) / len(texts), len(held) / len(rows.rows)
    worth = 3.0 if role == "source" else 0.0
    worth -= 3.0 if role not in {None, "source", "title"} else 0.0
    worth += 3.0 if labelled else 0.0
    worth += 1.5 if _credits(rows, held) else 0.0
    worth += 0.5 if share >= 0.8 else -1.0 if share < 0.5 else 0.0  # noqa: PLR2004
    worth += 0.5 if wide <= 18 else -2.5 if wide > 32 else -0.5  # noqa: PLR2004
    worth += 0.5 if distinct < 0.8 else 0.0  # noqa: PLR2004
    worth -= 2.0 if sum(map(shapes.is_host, texts)) * 2 > len(texts) else 0.0
    worth -= _sameness(rows, slot, held) if len(set(texts)) == 1 and len(texts) > 2 else 0.0  # noqa: PLR2004
    worth -= 3.0 if sum(words.folded(text) in words.DECORATION for text in texts) * 2 > len(texts) else 0.0
    return worth + _placing(rows, slot, held) - 0.01 * slot[2]


def _sameness(rows: Table, slot: Slot, held: dict[int, Piece]) -> float:
    """What every row says is a label, rather than the one author of a board, unless it has a column of its own."""
    column = any(
        rows.outline.nodes[up].tag == "td" for piece in held.values() for up in rows.outline.ancestors(piece.at, 4)
    )
    return 0.5 if column and not any(slot[0] == rows.cells[at] for at in held) else 1.5


def _placing(rows: Table, slot: Slot, held: dict[int, Piece]) -> float:
    """A name follows the title or has a column of its own; what precedes the title in its cell is a category."""
    if not _before(rows, held):
        return 0.5
    return -1.5 if any(slot[0] == rows.cells[at] for at in held) else 0.0


def _credits(rows: Table, held: dict[int, Piece]) -> bool:
    """Whether most of a slot's pieces stand in an element or a link whose names speak of people."""
    hits = 0
    for piece in held.values():
        near = [rows.outline.nodes[up] for up in rows.outline.ancestors(piece.at, 4)[1:]]
        hits += any(
            _AUTHORED.search(
                f"{node.attrs.get('class') or ''} {node.attrs.get('rel') or ''} {node.attrs.get('itemprop') or ''}"
            )
            for node in near
        )
    return hits * 2 > len(held)


def _categories(rows: Table, source: Slot | None) -> dict[int, str]:
    """A header's category column, else short repeating texts before the title."""
    found = {at: title.category for at, title in enumerate(rows.titles) if title.category}
    for slot, held in rows.slots.items():
        if slot[1] != "text" or slot == source:
            continue
        texts = [piece.text for piece in held.values()]
        repeating = len(set(texts)) * 2 <= len(texts) and fmean(map(shapes.width, texts)) <= 20  # noqa: PLR2004
        if _role(rows, slot) == "category" or (
            repeating and _before(rows, held) and _role(rows, slot) in {None, "title"}
        ):
            for at, piece in held.items():
                found.setdefault(at, piece.text.strip("[]【】〔〕()<> "))
    return {at: text for at, text in found.items() if text}


def _comments(rows: Table) -> dict[int, int]:
    """The answers' counter: in the title's link, beside it, labelled, or under a header that says so."""
    found = {at: title.comments for at, title in enumerate(rows.titles) if title.comments is not None}
    for at, pieces in enumerate(rows.rows):
        for piece in pieces:
            counted = shapes.count(piece.text) if piece.label is None else shapes.number(piece.text.strip("[]()"))
            headed = rows.headers.role(piece.cell) == "comments" and piece.kind in {"number", "count"}
            beside = piece.kind == "count" and piece.label is None and piece.at >= rows.titles[at].element.stop
            if piece.label == "comments" or headed or beside:
                value = counted if counted is not None else shapes.number(piece.text)
                if value is not None:
                    found.setdefault(at, value)
    return found
