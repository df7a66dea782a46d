"""The header row above a listing, where there is one: which column each of its words names."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from aggregator.listing import words
from aggregator.listing.markup import INLINE, Outline
from aggregator.listing.regions import Span

_BEYOND_DOUBT: Final = 3


class Headers(NamedTuple):
    """Column ranges with their roles, left to right, and at which ``level`` of a row's cells the columns lie."""

    columns: tuple[tuple[range, words.Role], ...] = ()
    level: int = 0

    def role(self, cell: tuple[int, ...]) -> words.Role | None:
        """Return what the column of *cell* is called, None where nothing says so."""
        column = cell[self.level] if len(cell) > self.level else -1
        return next((role for span, role in self.columns if column in span), None)

    @property
    def title(self) -> range | None:
        """The title's columns where a table's header is beyond doubt: three words known, a title among them."""
        sure = self.level == 0 and len(self.columns) >= _BEYOND_DOUBT
        return next((span for span, role in self.columns if role == "title"), None) if sure else None


def headers(outline: Outline, spans: Sequence[Span]) -> Headers:
    """Return the header row before the first of *spans* that names most columns, at least two."""
    first = spans[0].start
    found = [columns(outline, _fork(outline, at)) for at in _candidates(outline, first)]
    best = max(found, key=len, default=())
    level = outline.nodes[_fork(outline, first)].depth - outline.nodes[first].depth
    return Headers(best, level) if len(best) > 1 else Headers()


def _candidates(outline: Outline, first: int) -> Iterator[int]:
    """Rows of the same table before *first*, or the blocks just before it and before its container."""
    nodes = outline.nodes
    if nodes[first].tag == "tr":
        table = next((up for up in outline.ancestors(first) if nodes[up].tag == "table"), first)
        yield from (at for at in range(table, first) if nodes[at].tag == "tr")
    for at in (first, nodes[first].parent):
        parent = nodes[at].parent
        before = [down for down in range(max(parent, 0), at) if nodes[down].parent == parent and nodes[down].end <= at]
        yield from before[-2:]


def _blocks(outline: Outline, at: int) -> list[int]:
    nodes = outline.nodes
    return [
        down
        for down in range(at + 1, nodes[at].end)
        if nodes[down].parent == at and nodes[down].tag not in INLINE and not nodes[down].text
    ]


def _fork(outline: Outline, at: int) -> int:
    """The first element from *at* downwards that holds more than one block."""
    while len(blocks := _blocks(outline, at)) == 1:
        at = blocks[0]
    return at


def columns(outline: Outline, row: int) -> tuple[tuple[range, words.Role], ...]:
    """Return the roles named in a header row, each with the columns from its cell to the next one."""
    nodes = outline.nodes
    cells = _blocks(outline, row)
    ends = [*(nodes[at].ordinal for at in cells[1:]), nodes[row].width]
    named = [(at, end, words.role(outline.text(at, nodes[at].end))) for at, end in zip(cells, ends, strict=False)]
    return tuple((range(nodes[at].ordinal, max(end, nodes[at].ordinal + 1)), role) for at, end, role in named if role)
