"""How surely a run of rows is a listing of headlines, and no menu, pager, tag cloud or thread of answers."""

import re
from collections.abc import Sequence
from math import log2
from statistics import fmean
from typing import Final, NamedTuple

from msgspec import Struct

from aggregator.listing import shapes
from aggregator.listing.columns import Fields
from aggregator.listing.markup import Outline
from aggregator.listing.regions import Span
from aggregator.listing.titles import Title

THRESHOLD: Final = 0.45
_ASIDE: Final = re.compile(
    r"(?i)\b(?:menu|nav|navi|gnb|lnb|snb|footer|foot|ft|breadcrumbs?|tags?|tagcloud|pager|pagination|paging|sidebar|widget|related|login)\b"
)
_MOST: Final = 0.6


class Region(Struct, frozen=True, kw_only=True):
    """A part of a page that was judged as a listing: where, how many rows, and what spoke for and against it.

    ``reasons`` add up to ``confidence`` (0..1); of those that are sure enough the one with most ``weight`` wins.
    """

    place: str
    rows: int
    confidence: float
    weight: float
    title: str
    reasons: dict[str, float]


class Evidence(NamedTuple):
    """What a region offers: its rows' places, titles and fields, and the number of header words above it.

    ``headed``: the header leaves no doubt; ``falling_ids``: document ids fall from row to row; ``by_parameter``: a
    query parameter holds them.
    """

    spans: Sequence[Span]
    titles: Sequence[Title]
    fields: Sequence[Fields]
    header_words: int
    headed: bool
    falling_ids: bool
    by_parameter: bool


def confidence(outline: Outline, found: Evidence) -> float:
    """Return 0..1; a listing is worth its name from ``THRESHOLD`` on."""
    return max(0.0, min(1.0, sum(reasons(outline, found).values())))


def reasons(outline: Outline, found: Evidence) -> dict[str, float]:
    """Return what speaks for and against a region, each with the weight it has in the confidence."""
    texts = [title.text for title in found.titles if title.text]
    rows = len(found.spans)
    if not found.headed and (len(set(texts)) < max(2, _MOST * rows) or _echo(texts)):
        return {"titles repeat themselves": -1.0}
    wide = fmean(map(shapes.width, texts)) if texts else 0
    dated = sum(fields.date is not None for fields in found.fields) / rows
    numbered = sum(fields.number is not None for fields in found.fields) / rows
    credited = sum(fields.source is not None for fields in found.fields) / rows
    said = {
        "dates": 0.32 * dated,
        "numbers": 0.3 * min(1.0, numbered * 1.3),
        "sources": 0.08 * credited,
        "width of titles": 0.25 if wide >= 18 else 0.15 if wide >= 11 else -0.1,  # noqa: PLR2004 -- headlines are sentences, menus are words
        "header words": 0.12 if found.header_words > 1 else 0.0,
        "falling ids": 0.1 if found.falling_ids else 0.0,
        "id in a parameter": 0.1 if found.by_parameter else 0.0,
        "number of rows": 0.1 if rows >= 8 else 0.05 if rows >= 5 else 0.0 if rows > 2 else -0.1,  # noqa: PLR2004
        **_place(outline, found),
    }
    return {reason: value for reason, value in said.items() if value}


def weight(outline: Outline, found: Evidence, sure: float) -> float:
    """Return how much of the page speaks for this region: surer, longer and fuller listings win."""
    text = sum(min(800, len(outline.text(span.start, span.end))) for span in found.spans)
    return sure * log2(2 + len(found.spans)) * log2(16 + text)


def _echo(texts: Sequence[str]) -> bool:
    """Whether the titles answer one another: ``Re: x``, ``Re: x``, ``#2``."""
    bare = {re.sub(r"(?i)^(?:re|답변|aw|fwd?)\s*[:：]\s*", "", text) for text in texts}
    return len(bare) * 2 < len(texts)


def _place(outline: Outline, found: Evidence) -> dict[str, float]:
    """A heading in every row speaks for a listing; a menu, a footer or a sidebar around it against."""
    nodes = outline.nodes
    headed = sum(
        any(
            nodes[up].tag in {"h1", "h2", "h3", "h4"}
            for up in [*outline.ancestors(title.element.start, 4), *title.element]
        )
        for title in found.titles
        if title.element
    )
    around = [nodes[up] for up in outline.ancestors(found.spans[0].start)]
    aside = any(node.tag in {"nav", "footer", "aside"} for node in around)
    named = any(
        _ASIDE.search(
            f"{node.attrs.get('class') or ''} {node.attrs.get('id') or ''}".replace("_", " ").replace("-", " ")
        )
        for node in around[:4]
    )
    return {
        "headings": 0.15 if headed > _MOST * len(found.titles) else 0.0,
        "inside nav, footer or aside": -0.3 if aside else 0.0,
        "named like a menu": -0.15 if named else 0.0,
    }
