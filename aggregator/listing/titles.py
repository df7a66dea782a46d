"""A row's title as a reader sees it: which element says it, and its text without counters, badges and labels."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Final, NamedTuple

from aggregator.listing import datelike, shapes, words
from aggregator.listing.headers import Headers
from aggregator.listing.links import Link
from aggregator.listing.markup import HEADINGS, INLINE, TEXT, Outline
from aggregator.listing.regions import Span
from aggregator.listing.tables import column

MARK_RUN: Final = re.compile(r"^(?:[»▶►☞→]+\s*)+")
"""The signs that some skins print before the title of the row being read."""
_WIDE: Final = 12
_LEVELS: Final = 40
_MARKUP: Final = re.compile(r"<[^<>]*>")
_CUT: Final = ("…", "...", "..")
_BRACKETED: Final = re.compile(r"[\[【〔(<].*[\])】〕>]")


class Title(NamedTuple):
    """A title's element as a range of nodes, its text, the link it leads to and what was found beside it there."""

    element: range
    text: str
    link: Link | None
    comments: int | None = None
    category: str | None = None
    notice: bool = False


def titles(
    outline: Outline, spans: Sequence[Span], own: Sequence[Sequence[Link]], known: Mapping[int, Link], header: Headers
) -> list[Title]:
    """Return one title a row, its text empty where a row says nothing.

    *own* are each row's links to its document, *known* all links of the page by node; a sure *header* names the column.
    """
    if header.title is not None:
        return _headed(outline, spans, own, header.title)
    chosen = _chosen(outline, own)
    elements: list[range | None] = [range(link.at, outline.nodes[link.at].end) if link else None for link in chosen]
    cards = _wrap_cards(outline, chosen)
    if cards or (_say_little(outline, chosen) and not _answer(outline, chosen)):
        elements = _spoken(outline, spans)
        chosen = [
            link if cards else _around(outline, element, known) or link
            for element, link in zip(elements, chosen, strict=True)
        ]
    elements = [element or _widest(outline, span) for element, span in zip(elements, spans, strict=True)]
    common = _common(outline, elements)
    return [_title(outline, element, link, common) for element, link in zip(elements, chosen, strict=True)]


def _headed(outline: Outline, spans: Sequence[Span], own: Sequence[Sequence[Link]], columns: range) -> list[Title]:
    """The first link that says anything in the title's columns; without one what the column says."""
    chosen: list[Link | None] = []
    elements: list[range | None] = []
    for span, links in zip(spans, own, strict=True):
        placed = [link for link in links if column(outline, span.start, link.at) in columns] or list(links)
        speaking = [link for link in placed if outline.text(link.at + 1, outline.nodes[link.at].end)]
        link = next(iter(speaking or placed), None)
        cells = (at for at in range(span.start + 1, span.end) if outline.nodes[at].parent == span.start)
        element = link.at if link else next((at for at in cells if outline.nodes[at].ordinal in columns), None)
        chosen.append(link)
        elements.append(None if element is None else range(element, outline.nodes[element].end))
    common = _common(outline, elements)
    return [_title(outline, element, link, common) for element, link in zip(elements, chosen, strict=True)]


def _around(outline: Outline, element: range | None, known: Mapping[int, Link]) -> Link | None:
    """The link in which, or around which, a title stands."""
    if element is None:
        return None
    return next((known[at] for at in [*element, *outline.ancestors(element.start, 4)[1:]] if at in known), None)


def _chosen(outline: Outline, links: Sequence[Sequence[Link]]) -> list[Link | None]:
    """For each row the link that says the title: in a heading, at the ordinal that mostly does, or the widest."""
    spoken = [[(link, _said(outline, link.at)) for link in own] for own in links]
    spoken = [[pair for pair in own if pair[1]] for own in spoken]
    best = _best_ordinal(spoken)
    chosen: list[Link | None] = []
    for own, said in zip(links, spoken, strict=True):
        ranked = [
            (
                (
                    _in_heading(outline, link.at),
                    at == best and shapes.width(text) >= _WIDE,
                    not link.fragment,
                    shapes.width(text),
                ),
                link,
            )
            for at, (link, text) in enumerate(said)
        ]
        chosen.append(max(ranked, key=lambda pair: pair[0])[1] if ranked else next(iter(own), None))
    return chosen


def _said(outline: Outline, at: int) -> str:
    """The text of the link at *at*, nothing where it is only a date, a counter, a button or a host."""
    text = outline.text(at + 1, outline.nodes[at].end)
    idle = shapes.kind(text) in {"date", "number", "count", "symbol"} or words.folded(text) in words.DECORATION
    return "" if idle or shapes.counter(text) or shapes.is_host(text) else text


def _best_ordinal(spoken: Sequence[Sequence[tuple[Link, str]]]) -> int:
    by_ordinal: dict[int, list[str]] = defaultdict(list)
    for own in spoken:
        for at, (_, text) in enumerate(own[:6]):
            by_ordinal[at].append(text)
    merit = {
        at: min(fmean(map(shapes.width, texts)), 40) * len(set(texts)) / max(1, len(spoken)) - at
        for at, texts in by_ordinal.items()
    }
    return max(merit, key=merit.__getitem__, default=0)


def _in_heading(outline: Outline, at: int) -> bool:
    nodes = outline.nodes
    if any(nodes[down].tag in HEADINGS for down in range(at + 1, nodes[at].end)):
        return True
    return any(nodes[up].tag in HEADINGS or nodes[up].tag == "dt" for up in outline.ancestors(at, 5)[1:])


def _say_little(outline: Outline, chosen: Sequence[Link | None]) -> bool:
    """Whether the links' texts are missing or repeat themselves (images, "read more")."""
    texts = [_said(outline, link.at) for link in chosen if link]
    return len({text for text in texts if text}) * 2 < len(chosen)


def _answer(outline: Outline, chosen: Sequence[Link | None]) -> bool:
    """Whether the links repeat one sentence: a thread's answers, not a button such as "read more"."""
    texts = [_said(outline, link.at) for link in chosen if link]
    return bool(texts) and fmean(map(shapes.width, texts)) >= 2 * _WIDE


def _wrap_cards(outline: Outline, chosen: Sequence[Link | None]) -> bool:
    """Whether most links wrap a whole card: blocks or a date stand inside them."""
    cards = 0
    for link in filter(None, chosen):
        inside = outline.nodes[link.at + 1 : outline.nodes[link.at].end]
        blocks = any(node.tag not in INLINE and node.tag not in HEADINGS and node.tag != TEXT for node in inside)
        cards += blocks or any(node.tag == TEXT and datelike.is_date(node.text.strip()) for node in inside)
    return cards * 2 > len(chosen)


def _spoken(outline: Outline, spans: Sequence[Span]) -> list[range | None]:
    """The elements of the first texts that differ from row to row and are wide enough; headings before all."""
    slots: dict[tuple[str, ...], dict[int, int]] = defaultdict(dict)
    for row, span in enumerate(spans):
        for at in range(span.start, span.end):
            if outline.nodes[at].tag == TEXT and shapes.kind(outline.nodes[at].text.strip()) == "text":
                slots[_way(outline, span, at)].setdefault(row, at)
    merit = {way: _merit(outline, way, held, spans) for way, held in slots.items()}
    order = sorted((way for way in merit if merit[way] > 0), key=merit.__getitem__, reverse=True)
    return [
        _parent(outline, span, next((slots[way][row] for way in order if row in slots[way]), None))
        for row, span in enumerate(spans)
    ]


def _parent(outline: Outline, span: Span, at: int | None) -> range | None:
    parent = outline.nodes[at].parent if at is not None else -1
    return range(parent, outline.nodes[parent].end) if parent > span.start else None


def _way(outline: Outline, span: Span, at: int) -> tuple[str, ...]:
    return tuple(outline.nodes[up].tag for up in outline.ancestors(at, _LEVELS) if up >= span.start)


def _merit(outline: Outline, way: tuple[str, ...], held: Mapping[int, int], spans: Sequence[Span]) -> float:
    texts = [" ".join(outline.nodes[at].text.split()) for at in held.values()]
    distinct = len(set(texts)) / len(spans)
    wide = fmean(map(shapes.width, texts))
    if distinct < 0.5:  # noqa: PLR2004 -- a label or a name, not what tells rows apart
        return -1.0
    heading = 4.0 if not HEADINGS.isdisjoint(way) or "dt" in way else 0.0
    early = fmean(at - spans[row].start for row, at in held.items()) / 1000
    return heading + 2 * distinct + min(1.0, wide / _WIDE) - early


def _widest(outline: Outline, span: Span) -> range | None:
    texts = [
        at
        for at in range(span.start, span.end)
        if outline.nodes[at].tag == TEXT and shapes.kind(outline.nodes[at].text.strip()) == "text"
    ]
    if not texts:
        return None
    at = outline.nodes[max(texts, key=lambda at: shapes.width(outline.nodes[at].text))].parent
    return range(max(at, span.start), min(outline.nodes[at].end, span.end))


def _texts(outline: Outline, element: range) -> list[str]:
    """The texts of *element*, a break or an image between two as a space of its own."""
    found: list[str] = []
    for at in element:
        node = outline.nodes[at]
        if node.tag == TEXT:
            found.append(node.text)
        elif found and (node.tag in {"br", "img"} or node.tag not in INLINE):
            found[-1] += " "
    return found


def _common(outline: Outline, elements: Sequence[range | None]) -> frozenset[str]:
    """Short texts beside the main one that several rows' title elements share: badges and labels."""
    seen: Counter[str] = Counter()
    for element in filter(None, elements):
        texts = _texts(outline, element)
        main = max(texts, key=shapes.width, default="")
        seen.update({text.strip() for text in texts if text is not main})
    return frozenset(text for text, times in seen.items() if times >= 3 and shapes.width(text) <= 16)  # noqa: PLR2004


def _title(outline: Outline, element: range | None, link: Link | None, common: frozenset[str]) -> Title:
    if element is None:
        return Title(range(0), "", link)
    texts = [text for text in _texts(outline, element) if text.strip()]
    comments, category, notice = None, None, False
    while len(texts) > 1 and _decorates(texts[-1].strip(), common):
        last = texts.pop().strip()
        found = shapes.count(last) if shapes.kind(last) == "count" else shapes.number(last)
        comments = found if comments is None else comments
    while len(texts) > 1 and _leads(texts[0].strip(), common):
        first = texts.pop(0).strip()
        notice = notice or shapes.kind(first) == "notice"
        category = category or (
            first.strip("[]【】〔〕()<> ") if first in common and shapes.kind(first) == "text" else None
        )
    text = " ".join("".join(texts).split())
    return Title(element, _completed(outline, element, link, text), link, comments, category or None, notice)


def _decorates(text: str, common: frozenset[str]) -> bool:
    return (
        shapes.kind(text) in {"count", "number", "symbol", "current"}
        or text in common
        or words.folded(text) in words.DECORATION
    )


def _leads(text: str, common: frozenset[str]) -> bool:
    kind = shapes.kind(text)
    badge = kind == "text" and words.folded(text) in words.DECORATION
    return (
        kind in {"notice", "current", "number"}
        or badge
        or (text in common and (_BRACKETED.fullmatch(text) is not None or kind == "text"))
    )


def _completed(outline: Outline, element: range, link: Link | None, text: str) -> str:
    """A title cut with an ellipsis, completed from a ``title=`` that begins alike."""
    if not text.endswith(_CUT):
        return text
    start = text.rstrip(".… ")
    for at in (element.start, link.at if link else element.start):
        full = " ".join(_MARKUP.sub(" ", outline.nodes[at].attrs.get("title") or "").split())
        if full.startswith(start) and len(full) > len(text) and not full.endswith(_CUT):
            return full
    return text
