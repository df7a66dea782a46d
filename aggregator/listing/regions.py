"""Where a page repeats itself: families of links whose target varies, and the rows found by climbing from them.

Rows need not be siblings, nor alike: a row is the widest stretch of the page around one varying link that holds no
other member of the family. So notices and posts of different markup, cells of a gallery and nested tables all do.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from aggregator.listing.links import Link
from aggregator.listing.markup import INLINE, TEXT, Outline

_FAMILIES_LIMIT: Final = 24
_DIGITS: Final = re.compile(r"\d+")
_CELLS: Final = 2
_OFTEN: Final = 3
_OFTEN_SHARE: Final = 0.08


class Span(NamedTuple):
    """A row's place: nodes ``start`` to ``end``, its identity in the family, and ``top``, the element it climbed to."""

    start: int
    end: int
    identity: str


Member = tuple[int, str]


def regions(outline: Outline, links: Sequence[Link]) -> list[tuple[Span, ...]]:
    """Return the candidate listings of a page, each a run of two or more rows in reading order; no two alike."""
    seen: dict[tuple[int, ...], tuple[Span, ...]] = {}
    for members in _families(outline, links):
        spans = rows(outline, members)
        if len(spans) >= _CELLS:
            seen.setdefault(tuple(span.start for span in spans), spans)
    return list(seen.values())


def _families(outline: Outline, links: Sequence[Link]) -> list[list[Member]]:
    """Members by query parameter, by form of path and by place in the markup; the most varied families first."""
    groups: dict[tuple[object, ...], list[Member]] = defaultdict(list)
    for link in links:
        for name, value in link.query.items():
            groups["query", link.host, name].append((link.at, value))
        if link.path and link.url:
            first = _DIGITS.sub("#", link.path[0]) if len(link.path) > 1 else ""
            groups["path", link.host, len(link.path), first].append((link.at, "/".join(link.path)))
        groups["place", _signature(outline, link.at)].append((link.at, link.target))
    varied = [(len({identity for _, identity in members}), members) for members in groups.values()]
    varied = [pair for pair in varied if pair[0] >= _CELLS]
    varied.sort(key=lambda pair: -pair[0])
    return [members for _, members in varied[:_FAMILIES_LIMIT]] + _bare_rows(outline)


def _signature(outline: Outline, at: int) -> tuple[str, ...]:
    return tuple(outline.nodes[up].tag for up in outline.ancestors(at) if outline.nodes[up].tag not in INLINE)


def _bare_rows(outline: Outline) -> list[list[Member]]:
    """Table rows without a link in which three cells and more say something: each is its own identity."""
    nodes = outline.nodes
    told: Counter[int] = Counter()
    for node in nodes:
        if node.tag == TEXT:
            cell = next((up for up in outline.ancestors(node.parent, 4) if nodes[up].tag == "td"), -1)
            told[nodes[cell].parent] += cell >= 0
    tables: dict[int, list[Member]] = defaultdict(list)
    for at, cells in sorted(told.items()):
        if (
            cells > _CELLS
            and nodes[at].tag == "tr"
            and not any(nodes[down].tag in {"a", "tr"} for down in range(at + 1, nodes[at].end))
        ):
            tables[nodes[at].parent].append((at, str(at)))
    return [members for members in tables.values() if len(members) > _CELLS]


def rows(outline: Outline, members: Iterable[Member]) -> tuple[Span, ...]:
    """Return the rows around *members*, those that stand where most of them stand, in reading order."""
    climbs = list(_climbs(outline, members))
    if not climbs:
        return ()
    depth, tag = Counter((outline.nodes[top].depth, outline.nodes[top].tag) for _, top, _ in climbs).most_common(1)[0][
        0
    ]
    tops = [(_cut(outline, at, top, depth), identity) for at, top, identity in climbs]
    placed = _together(outline, [(top, identity) for top, identity in tops if outline.nodes[top].depth == depth], tag)
    return _extended(outline, placed)


def _climbs(outline: Outline, members: Iterable[Member]) -> Iterator[tuple[int, int, str]]:
    """Each run of links to one document, climbed to the highest element that holds no link to another."""
    runs: list[tuple[int, int, str]] = []
    for at, identity in sorted(members):
        if runs and runs[-1][2] == identity:
            runs[-1] = (runs[-1][0], at, identity)
        else:
            runs.append((at, at, identity))
    # What every other row links (a label, a section) is no document: it would cut rows to pieces.
    times = Counter(identity for _, _, identity in runs)
    often = max(_OFTEN, _OFTEN_SHARE * len(runs))
    runs = [run for run in runs if times[run[2]] <= often]
    for place, (at, _, identity) in enumerate(runs):
        floor = runs[place - 1][1] if place else -1
        ceiling = runs[place + 1][0] if place + 1 < len(runs) else len(outline.nodes)
        top = at
        for up in outline.ancestors(at)[1:-2]:
            if up <= floor or outline.nodes[up].end > ceiling:
                break
            top = up
        yield at, top, identity


def _cut(outline: Outline, at: int, top: int, depth: int) -> int:
    """Where a row climbed higher than the others (alone in its table), the highest ancestor at their height."""
    if outline.nodes[top].depth <= depth:
        for up in reversed(outline.ancestors(at)):
            if up >= top and outline.nodes[up].depth == depth:
                return up
    return top


def _together(outline: Outline, tops: list[Member], tag: str) -> list[Member]:
    """The rows of the fullest container, and those of further ones built like it; each identity once.

    Rows that hold few siblings each (a gallery's cells, a body per row) are counted by their grandparent.
    """
    nodes = outline.nodes
    alike = [top for top, _ in tops if nodes[top].tag == tag]
    parents = Counter(nodes[top].parent for top in alike)
    lift = len(parents) > 1 and len(alike) <= 6 * len(parents) and max(parents.values()) <= 6  # noqa: PLR2004
    container = {top: nodes[nodes[top].parent].parent if lift else nodes[top].parent for top, _ in tops}
    main = Counter(container[top] for top in alike).most_common(1)[0][0]
    signature = _signature(outline, main)
    kept: dict[str, int] = {}
    for top, identity in tops:
        same_place = container[top] == main
        if not same_place and (nodes[top].tag != tag or _signature(outline, container[top]) != signature):
            continue
        before = kept.get(identity)
        if (
            before is None
            or (same_place and container[before] != main)
            or _weight(outline, top) > _weight(outline, before)
        ):
            kept[identity] = top
    return sorted((top, identity) for identity, top in kept.items())


def _weight(outline: Outline, top: int) -> int:
    return len(outline.text(top, outline.nodes[top].end))


def _extended(outline: Outline, placed: list[Member]) -> tuple[Span, ...]:
    """The rows with the siblings that follow most of them (``dt`` + ``dd``, a title row and its subtext row)."""
    nodes = outline.nodes
    ends = [nodes[top].end for top, _ in placed]
    nexts = [place for place, _ in placed[1:]] + [0]
    gaps = [
        (at, follower)
        for at, follower in enumerate(nexts[:-1])
        if nodes[placed[at][0]].parent == nodes[follower].parent and _speaks(outline, ends[at], follower)
    ]
    if len(gaps) * 2 > len(placed) - 1 and (starts := _led(outline, placed, gaps)):
        return tuple(Span(start, end, identity) for start, end, (_, identity) in zip(starts, ends, placed, strict=True))
    if len(gaps) * 2 > len(placed) - 1:
        for at, follower in gaps:
            ends[at] = follower
        siblings = Counter(_siblings(outline, placed[at][0], follower) for at, follower in gaps).most_common(1)[0][0]
        ends[-1] = _end_after(outline, placed[-1][0], siblings)
    return tuple(Span(top, end, identity) for (top, identity), end in zip(placed, ends, strict=True))


def _led(outline: Outline, placed: Sequence[Member], gaps: Sequence[tuple[int, int]]) -> list[int]:
    """Where rows begin that are led by what stands between them (a date in ``dt``, its link in ``dd``); else nothing.

    What leads stands before the first row as well, and not after the last.
    """
    nodes = outline.nodes
    between = Counter(_tags(outline, nodes[placed[at][0]].end, follower) for at, follower in gaps).most_common(1)[0][0]
    first, last = placed[0][0], placed[-1][0]
    parent = nodes[first].parent
    siblings = [at for at in range(parent + 1, first) if nodes[at].parent == parent and nodes[at].tag != TEXT]
    before = siblings[-len(between) :] if between else []
    after = _tags(outline, nodes[last].end, nodes[nodes[last].parent].end)[: len(between)]
    if not between or tuple(nodes[at].tag for at in before) != between or after == between:
        return []
    starts = [before[0]]
    for (above, _), (top, _) in pairwise(placed):
        starts.append(nodes[above].end if nodes[above].parent == nodes[top].parent else top)
    return starts


def _tags(outline: Outline, start: int, end: int) -> tuple[str, ...]:
    """The tags of the siblings from *start* on."""
    tags, at = [], start
    while at < end:
        if outline.nodes[at].tag != TEXT:
            tags.append(outline.nodes[at].tag)
        at = outline.nodes[at].end
    return tuple(tags)


def _speaks(outline: Outline, start: int, end: int) -> bool:
    return any(outline.nodes[at].tag in {TEXT, "img"} and outline.nodes[at].text for at in range(start, end))


def _siblings(outline: Outline, top: int, follower: int) -> int:
    count, at = 0, outline.nodes[top].end
    while at < follower:
        count, at = count + 1, outline.nodes[at].end
    return count


def _end_after(outline: Outline, top: int, siblings: int) -> int:
    nodes = outline.nodes
    limit = nodes[nodes[top].parent].end
    end = nodes[top].end
    for _ in range(siblings):
        if end < limit:
            end = nodes[end].end
    return end
