"""Tables under a header row that leaves no doubt: their rows are known before any link is compared.

So a list of one post is found, and one whose titles are all alike or look like dates, numbers and counters.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from aggregator.listing.headers import Headers, columns
from aggregator.listing.links import Link
from aggregator.listing.markup import INLINE, Outline
from aggregator.listing.regions import Span

Form = tuple[str, int, frozenset[str]]


def headed(outline: Outline, known: Mapping[int, Link]) -> list[tuple[Span, ...]]:
    """Return the rows of each such table, in reading order; *known* are the page's links by node."""
    found = []
    for at, node in enumerate(outline.nodes):
        title = Headers(columns(outline, at)).title if node.tag == "tr" else None
        if title is not None and (rows := _rows(outline, known, at, title)):
            found.append(rows)
    return found


def _rows(outline: Outline, known: Mapping[int, Link], header: int, title: range) -> tuple[Span, ...]:
    """The rows after *header* in its own table that have a link in the title's column, or several cells and no link."""
    nodes = outline.nodes
    table = _table(outline, header)
    rows = [
        at
        for at in range(nodes[header].end, nodes[table].end)
        if nodes[at].tag == "tr" and _table(outline, at) == table
    ]
    linked = {at: [known[link] for link in range(at, nodes[at].end) if link in known] for at in rows}
    titled = {at: [link for link in linked[at] if column(outline, at, link.at) in title] for at in rows}
    best = _form_of_titles(outline, [link for links in titled.values() for link in links])
    found = []
    for at in rows:
        link = next((link for link in titled[at] if _form(link) == best), next(iter(titled[at]), None))
        if link is not None:
            found.append(Span(at, nodes[at].end, link.target))
        elif not linked[at] and nodes[at].width > title.stop and outline.text(at, nodes[at].end):
            found.append(Span(at, nodes[at].end, str(at)))
    return tuple(found)


def _form_of_titles(outline: Outline, links: Sequence[Link]) -> Form | None:
    """The form of link that leads to most different places; of two alike the one that says more."""
    targets: dict[Form, set[str]] = defaultdict(set)
    said: Counter[Form] = Counter()
    for link in links:
        targets[_form(link)].add(link.target)
        said[_form(link)] += len(outline.text(link.at, outline.nodes[link.at].end))
    return max(targets, key=lambda form: (len(targets[form]), said[form]), default=None)


def _form(link: Link) -> Form:
    return link.host, len(link.path), frozenset(link.query)


def _table(outline: Outline, at: int) -> int:
    return next((up for up in outline.ancestors(at) if outline.nodes[up].tag == "table"), at)


def column(outline: Outline, row: int, at: int) -> int:
    """Return the column of table row *row* in which node *at* stands, -1 where it stands in none."""
    nodes = outline.nodes
    while at > row and nodes[at].parent != row:
        at = nodes[at].parent
    return nodes[at].ordinal if at > row and nodes[at].tag not in INLINE else -1
