"""A row → its pieces: each stretch of visible text with its place in the row, its shape and the label before it."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from aggregator.listing import datelike, shapes, words
from aggregator.listing.markup import INLINE, TEXT, Outline
from aggregator.listing.regions import Span

_PARTS: Final = re.compile(r"\s*[|│ㅣ｜·•‧∙●]\s*|\s{2,}|\t|\n|\s+[/–—-]\s+|\s*»\s+")
_LABELLED: Final = re.compile(r"^([^\W\d][^:：]{0,14}?)\s*[:：]\s*(.+)$")
_PREFIX: Final = re.compile(
    r"^(?:posted\s+(?:on|by)|written\s+by|started\s+by|by|(?:geschrieben\s+|verfasst\s+)?von|(?:écrit\s+|publié\s+)?par|"
    r"(?:escrito\s+|publicado\s+)?por|от|автор|โดย|(?:đăng\s+|viết\s+)?bởi|글\s|文/)\s+",
    re.IGNORECASE,
)
_SUFFIX: Final = re.compile(r"\s+(?:on|in|at|am|le|el)$", re.IGNORECASE)
_LIMIT: Final = 150
"""Pieces of a row that are looked at; a line of a list says less, a page taken for one row says thousands."""
_EDGE: Final = " \t\r\n\xa0,;:：|/·•»–—"


class Piece(NamedTuple):
    """A stretch of a row's text. ``cell`` is the block it stands in, as ordinals from the row down.

    ``label`` is the column named just before it (``작성자: …``), ``exact`` a more exact date from an attribute.
    """

    at: int
    cell: tuple[int, ...]
    text: str
    kind: shapes.Kind
    label: words.Role | None = None
    exact: str | None = None


def pieces(outline: Outline, span: Span, title: range | None) -> list[Piece]:
    """Return the pieces of *span* in reading order, those of its *title* element left out."""
    cells: dict[int, tuple[int, ...]] = {}
    found: list[Piece] = []
    waiting: words.Role | None = None
    for at in range(span.start, span.end):
        node = outline.nodes[at]
        if len(found) >= _LIMIT:
            break
        if title is not None and at in title:
            continue
        if node.tag == TEXT:
            for piece in islice(_split(outline, at, _cell(outline, span, node.parent, cells)), _LIMIT):
                named = words.role(piece.text) if piece.kind in {"text", "notice"} else None
                if named is None or piece.label:
                    found.append(piece if piece.label or not waiting else piece._replace(label=waiting))
                waiting = named
        elif node.tag == "time" and node.attrs.get("datetime") and not outline.text(at, node.end):
            found.append(Piece(at, _cell(outline, span, node.parent, cells), "", "date", None, node.attrs["datetime"]))
    return found


def place(outline: Outline, span: Span, at: int) -> tuple[int, ...]:
    """Return the cell of *span* in which node *at* stands."""
    return _cell(outline, span, at, {})


def _cell(outline: Outline, span: Span, at: int, cells: dict[int, tuple[int, ...]]) -> tuple[int, ...]:
    """The ordinals of the blocks from the row down to *at*; siblings that belong to the row count on from its top.

    Climbed and descended in loops: a hostile page nests deeper than calls may.
    """
    nodes = outline.nodes
    top = nodes[span.start]
    way: list[int] = []
    while at not in cells and at > span.start and nodes[at].parent != top.parent:
        way.append(at)
        at = nodes[at].parent
    if at not in cells:
        cells[at] = (1000 + nodes[at].ordinal - top.ordinal,) if at > span.start else ()
    path = cells[at]
    for below in reversed(way):
        path = path if nodes[below].tag in INLINE else (*path, nodes[below].ordinal)
        cells[below] = path
    return path


def _split(outline: Outline, at: int, cell: tuple[int, ...]) -> Iterator[Piece]:
    raw = outline.nodes[at].text
    whole = " ".join(raw.split())
    if shapes.kind(whole) not in {"text", "date"}:
        yield _typed(outline, at, cell, whole, None)
        return
    for part in _PARTS.split(raw.strip()):
        text = " ".join(part.split())
        if text:
            yield from _dated(outline, at, cell, text)


def _dated(outline: Outline, at: int, cell: tuple[int, ...], text: str) -> Iterator[Piece]:
    """A date inside a text, the words before and after it as pieces of their own."""
    role, said = _label(text)
    span = datelike.date_span(said)
    if span is None:
        yield _typed(outline, at, cell, said, role)
        return
    before, after = _SUFFIX.sub("", said[: span[0]].strip(_EDGE)), said[span[1] :].strip(_EDGE)
    if before and words.role(before) is None:
        yield _typed(outline, at, cell, before, None)
    date = said[span[0] : span[1]].strip()
    label = role or words.role(before)
    yield Piece(at, cell, date, "date", label, _exact(outline, at, date))
    if after:
        yield _typed(outline, at, cell, after, None)


def _label(text: str) -> tuple[words.Role | None, str]:
    found = _LABELLED.match(text)
    role = words.role(found[1]) if found else None
    return (role, found[2]) if found and role else (None, text)


def _typed(outline: Outline, at: int, cell: tuple[int, ...], text: str, role: words.Role | None) -> Piece:
    kind = shapes.kind(text)
    if kind == "date":
        return Piece(at, cell, text, kind, role, _exact(outline, at, text))
    if kind == "text":
        counted = shapes.counter(text)
        if counted:
            return Piece(at, cell, counted[0], "count", counted[1])
        stripped = _PREFIX.sub("", text)
        if stripped != text:
            text, role = stripped, role or "source"
    return Piece(at, cell, text.strip(_EDGE) or text, kind, role)


def _exact(outline: Outline, at: int, shown: str) -> str | None:
    """A ``datetime=`` or ``title=`` around the text of a date that is a date itself and says more than it shows."""
    for up in outline.ancestors(at, 4)[1:]:
        attrs = outline.nodes[up].attrs
        for name in ("datetime", "title", "data-time", "data-date", "data-datetime"):
            said = " ".join((attrs.get(name) or "").split())
            if said and said != shown and datelike.is_date(said):
                return f"{shown} {said}" if datelike.is_time(said) else said
        if outline.nodes[up].tag not in INLINE:
            return None
    return None
