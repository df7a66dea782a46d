"""The detection: of a page's regions, the one that is most surely a listing, as rows."""

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean
from typing import Final, NamedTuple

from aggregator.listing import columns, marks, shapes, words
from aggregator.listing.confidence import THRESHOLD, Evidence, Region, confidence, reasons, weight
from aggregator.listing.headers import Headers, headers
from aggregator.listing.learning import Example
from aggregator.listing.links import Link, document_id, link_rule, links, page_link, served
from aggregator.listing.markup import Outline
from aggregator.listing.numbering import numbering
from aggregator.listing.pager import next_page
from aggregator.listing.pieces import Piece, pieces
from aggregator.listing.regions import Span, regions
from aggregator.listing.tables import headed
from aggregator.listing.titles import MARK_RUN, Title, titles
from aggregator.model import Listing, Row
from aggregator.recipe import LinkRule

_SAMPLE: Final = 48
"""Rows by which a region is judged; all of most pages."""
_LIMIT: Final = 2000
"""Rows read at most: no list prints more on a page, a hostile one might."""
_ENDING: Final = re.compile(r"\.\w{2,5}$")
_SIMPLE: Final = 400
"""Nodes in a row from which a recipe is learnt, at most."""
_NODES: Final = 4000
_ROW_NODES: Final = 80
"""Nodes of a page from which a recipe is learnt, in all or by row: selectors are tried on every one of them."""
_LEVELS: Final = 60
"""Blocks around a row from which a recipe is learnt, at most: selectors take the square of these."""
_WORDS: Final = 12
"""Columns of text in a row of a list, at the very least: a short title, or a title and a date."""


class Candidate(NamedTuple):
    """A region read as far as judging it takes: its evidence, its rows' pieces, its link rule and how sure it is."""

    found: Evidence
    rows: Sequence[Sequence[Piece]]
    rule: LinkRule | None
    sure: float


def read_outline(outline: Outline, url: str | None) -> tuple[Listing, list[Example]]:
    """Return the listing of a page, an empty one where no region is surely a listing, with its rows' elements.

    Regions are judged by their first rows; only the winner is read whole. No elements where a row is several.
    """
    known = links(outline, url)
    judged = [pair for pair in _judged(outline, known) if pair[0].sure >= THRESHOLD]
    if not judged:
        return Listing(), []
    best, region = max(judged, key=lambda pair: weight(outline, pair[0].found, pair[0].sure))
    whole = best if len(region) <= _SAMPLE else _candidate(outline, region[:_LIMIT], known)
    listing = _listing(outline, whole, known, url)
    return listing, _examples(outline, whole, listing)


def _examples(outline: Outline, whole: Candidate, listing: Listing) -> list[Example]:
    spans, named = whole.found.spans, whole.found.titles
    size = len(outline.nodes)
    simple = (
        (size <= _NODES or size <= _ROW_NODES * len(spans))
        and all(span.end - span.start < _SIMPLE for span in spans)
        and outline.nodes[spans[0].start].depth < _LEVELS
    )
    single = (
        simple
        and all(span.end == outline.nodes[span.start].end for span in spans)
        and all(title.element for title in named)
    )
    if not single or len(spans) != len(listing.rows):
        return []
    return [
        Example(row, outline.elements[span.start], outline.elements[title.element.start])
        for row, span, title in zip(listing.rows, spans, named, strict=True)
    ]


def explained(outline: Outline, url: str | None) -> list[Region]:
    """Return every region that was judged, the winner first: the heaviest of those that reach the threshold."""
    known = links(outline, url)
    seen = [
        Region(
            place=" > ".join(outline.nodes[at].tag for at in reversed(outline.ancestors(region[0].start, 4))),
            rows=len(region),
            confidence=candidate.sure,
            weight=round(weight(outline, candidate.found, candidate.sure), 2),
            title=next((title.text for title in candidate.found.titles if title.text), ""),
            reasons={reason: round(value, 2) for reason, value in reasons(outline, candidate.found).items()},
        )
        for candidate, region in _judged(outline, known)
        if candidate.found.spans
    ]
    return sorted(seen, key=lambda region: (region.confidence >= THRESHOLD, region.weight), reverse=True)


def _judged(outline: Outline, known: Sequence[Link]) -> list[tuple[Candidate, Sequence[Span]]]:
    # The table under a sure header is mostly found by its links as well: the same rows are judged once.
    found: dict[tuple[tuple[int, int], ...], Sequence[Span]] = {}
    for region in (*headed(outline, {link.at: link for link in known}), *regions(outline, known)):
        found.setdefault(tuple((span.start, span.end) for span in region), region)
    likely = [region for region in found.values() if _talks(outline, region)]
    return [(_candidate(outline, region[:_SAMPLE], known), region) for region in likely]


def _talks(outline: Outline, region: Sequence[Span]) -> bool:
    """Whether rows say more than the one word of a menu's or the figure of a pager's."""
    sample = region[: _SAMPLE // 4]
    return fmean(shapes.width(outline.text(span.start, span.end)) for span in sample) >= _WORDS


def _candidate(outline: Outline, spans: Sequence[Span], known: Sequence[Link]) -> Candidate:
    header = headers(outline, spans)
    spans, named = _speaking(outline, spans, known, header)
    rows = [pieces(outline, span, title.element) for span, title in zip(spans, named, strict=True)]
    fields = columns.fields(columns.table(outline, spans, named, rows, header))
    rule = link_rule(
        [title.link for title, filled in zip(named, fields, strict=True) if _rich(filled)]
        or [title.link for title in named]
    )
    keep = [at for at in range(len(spans)) if _rich(fields[at]) or _id(named[at].link, rule) or rule is None]
    found = Evidence(
        [spans[at] for at in keep],
        [named[at] for at in keep],
        [fields[at] for at in keep],
        len(header.columns),
        header.title is not None,
        _falling([_id(named[at].link, rule) for at in keep]),
        rule is not None and rule.where == "query",
    )
    return Candidate(found, [rows[at] for at in keep], rule, round(confidence(outline, found), 3))


def _rich(fields: columns.Fields) -> bool:
    """Whether a row prints what a list prints: one that does not, and leads elsewhere, is a button."""
    return fields.number is not None or fields.date is not None


def _speaking(
    outline: Outline, spans: Sequence[Span], known: Sequence[Link], header: Headers
) -> tuple[list[Span], list[Title]]:
    """The rows that have a title, with their titles: buttons have none, a header row says what columns are called."""
    named = titles(outline, spans, _own_links(spans, known), {link.at: link for link in known}, header)
    kept = [
        (span, title)
        for span, title in zip(spans, named, strict=True)
        if header.title or (title.text and not words.role(title.text))
    ]
    return [span for span, _ in kept], [title for _, title in kept]


def _own_links(spans: Sequence[Span], known: Sequence[Link]) -> list[list[Link]]:
    """For each row its links to the document itself: those that carry the row's identity."""
    own: list[list[Link]] = [[] for _ in spans]
    row = 0
    for link in known:
        while row < len(spans) and spans[row].end <= link.at:
            row += 1
        if row < len(spans) and spans[row].start <= link.at and _leads_to(link, spans[row].identity):
            own[row].append(link)
    return own


def _leads_to(link: Link, identity: str) -> bool:
    return identity == link.target or identity == "/".join(link.path) or identity in link.query.values()


def _id(link: Link | None, rule: LinkRule | None) -> str | None:
    return document_id(link, rule) if link else None


def _falling(ids: Sequence[str | None]) -> bool:
    """Whether documents stand newest first: their numeric ids fall, pinned ones at the top apart."""
    bare = [_ENDING.sub("", found) for found in ids if found]
    numbers = [int(found) for found in bare if found and found.isdecimal() and len(found) < 19]  # noqa: PLR2004 -- a 64-bit id
    falls = sum(later < earlier for earlier, later in pairwise(numbers))
    return len(numbers) > 4 and falls >= 0.7 * (len(numbers) - 1)  # noqa: PLR2004


def _listing(outline: Outline, best: Candidate, known: Sequence[Link], url: str | None) -> Listing:
    found = best.found
    opened = _id(page_link(url), best.rule)
    ids = [_id(title.link, best.rule) for title in found.titles]
    facts = [
        marks.Facts(span, title, row, fields.number, opened is not None and one == opened)
        for span, title, row, fields, one in zip(found.spans, found.titles, best.rows, found.fields, ids, strict=True)
    ]
    state = marks.marks(outline, facts)
    numbers = [fields.number for fields in found.fields]
    rows = [
        _row(title, fields, _number(numbers, state, at), pinned=state.pinned[at], current=state.current[at])
        for at, (title, fields) in enumerate(zip(found.titles, found.fields, strict=True))
    ]
    places = [range(span.start, span.end) for span in found.spans]
    return Listing(
        rows=tuple(dict.fromkeys(row for row in rows if row.title or row.url or row.date_text)),
        numbering=numbering(numbers, ids),
        link_rule=best.rule,
        next_page=next_page(outline, known, places, url),
        confidence=best.sure,
    )


def _number(numbers: Sequence[int | None], state: marks.Marks, at: int) -> int | None:
    unnumbered = numbers[at] is None and state.current[at] and not state.pinned[at]
    return marks.implied_number(numbers, at) if unnumbered else numbers[at]


def _row(title: Title, fields: columns.Fields, number: int | None, *, pinned: bool, current: bool) -> Row:
    return Row(
        title=(current and MARK_RUN.sub("", title.text)) or title.text,
        number=number,
        source=fields.source,
        date_text=(fields.date.text or None) if fields.date else None,
        date_exact=fields.date.exact if fields.date else None,
        url=served(title.link) if title.link else None,
        pinned=pinned,
        current=current,
        comments=fields.comments,
        category=fields.category,
    )
