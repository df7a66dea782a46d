"""Page × recipe → ``Listing``: rows by one selector, every field by one more, a whole column at a time.

What the texts mean (a number, a notice's word, a pointer) is told by their shape, as detection tells it.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from urllib.parse import quote, urljoin

from msgspec.structs import replace
from selectolax.lexbor import LexborHTMLParser, LexborNode

from aggregator.listing import shapes, words
from aggregator.listing.fitting import Columns, document_in, doubt, misfit
from aggregator.listing.guard import is_deep, suspicion
from aggregator.listing.links import link_rule, page_link
from aggregator.listing.marks import implied_number, led
from aggregator.listing.numbering import numbering
from aggregator.listing.selectors import below, cut, flat, marked, placed, said, selector, selectors
from aggregator.listing.titles import MARK_RUN
from aggregator.model import Listing, Row
from aggregator.recipe import Recipe

_ROWS_LIMIT: Final = 2000
_STATES: Final = ("pinned", "current")
_MOST: Final = 0.6
_SAMPLE: Final = 50
# A selector is tried on every tag, and counts the siblings before each anew: thousands beside a few rows take a second.
_TAGS_LIMIT: Final = 4000
_ROW_TAGS_LIMIT: Final = 150
# The parser is quadratic: what takes six seconds in 38 KB takes a quarter of one in this.
_SHORT: Final = 8_000
_WORD: Final = 24
_BASE: Final = re.compile(r"""<base\s[^>]*?href\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_SIMPLE: Final = re.compile(r"/(?!/)[^\s#\\]*|\?[^\s#\\]*")


class Fit(NamedTuple):
    """What a recipe read, why it does not fit the page, and what leaves a doubt of its titles; None where nothing."""

    listing: Listing
    misfit: str | None = None
    doubt: str | None = None


def read_recipe(recipe: Recipe, text: str, url: str | None) -> Fit:
    """Return the rows that *recipe* reads on an HTML page, in page order; those without a title are none.

    Where the recipe knows the tag *within* which they stand, only that part is parsed, unless it does not fit.
    """
    part = cut(text, recipe.within) if recipe.within else None
    if part is not None and (len(part) < _SHORT or (suspicion(part) is None and not is_deep(part))):
        fit = _read(recipe, part, _address(text, url), url)
        if fit.misfit is None:
            return fit
    if (danger := suspicion(text)) is not None:
        return Fit(Listing(faults=(f"not parsed: {danger}",), suspect=True), f"not parsed: {danger}")
    if is_deep(text):
        return Fit(Listing(), "nested too deeply for selectors")
    return _read(recipe, text, _address(text, url), url)


def _read(recipe: Recipe, text: str, base: str | None, url: str | None) -> Fit:
    tree = LexborHTMLParser(text)
    found = tree.css(recipe.rows)[:_ROWS_LIMIT]
    if not found:
        return Fit(Listing(), f"nothing is selected by {recipe.rows!r}")
    if (tags := text.count("<")) > _TAGS_LIMIT and tags > _ROW_TAGS_LIMIT * len(found):
        return Fit(Listing(), "few rows stand among too many tags")
    place = {node.mem_id: at for at, node in enumerate(found)}
    columns = _columns(tree, recipe, place, plain=flat(text))
    listing, ids = _listing(recipe, columns, len(found), base, url)
    following = _next_page(tree, recipe.next_page, base, url) if recipe.next_page else None
    listing = replace(listing, next_page=following)
    titles = columns.get("title", ())
    untitled = [node for node, title in zip(found, titles, strict=False) if not title]
    unsure = doubt(tree, text, recipe, listing, ids, untitled) if recipe.learnt else None
    return Fit(listing, misfit(recipe, columns, listing, ids), unsure)


def _columns(tree: LexborHTMLParser, recipe: Recipe, place: Mapping[int, int], *, plain: bool) -> Columns:
    """What every role says in each row; comments are counted before what is dropped, for they may be.

    Roles of one element (a title and its link) look for it once.
    """
    chosen = selectors(recipe)
    columns: dict[str, Sequence[str | None]] = {}
    elements: dict[str, list[tuple[int, LexborNode]]] = {}
    for role in sorted(chosen, key=lambda role: role != "comments"):
        css, attribute = chosen[role]
        if role in _STATES:
            columns[role] = marked(tree, css, place)
            continue
        if recipe.drop and role != "comments":
            _drop(tree, recipe)
        if css not in elements:
            elements[css] = placed(tree, below(recipe.rows, css), place)
        columns[role] = said(elements[css], len(place), attribute, recipe.keep.get(role), flat=plain)
        if recipe.drop:
            elements.clear()
    return columns


def _drop(tree: LexborHTMLParser, recipe: Recipe) -> None:
    for node in tree.css(below(recipe.rows, recipe.drop)):
        node.decompose()


def _address(text: str, url: str | None) -> str | None:
    head = text.find("</head")
    base = _BASE.search(text) if text.find("<base", 0, head if head > 0 else len(text)) >= 0 else None
    return urljoin(url or "", base[1]) if base else url


class _State(NamedTuple):
    """For each row its number, and whether it is pinned or the one being read."""

    numbers: Sequence[int | None]
    pinned: Sequence[bool]
    current: Sequence[bool]


def _listing(
    recipe: Recipe, columns: Columns, size: int, base: str | None, url: str | None
) -> tuple[Listing, list[str | None]]:
    """The rows that have titles, each once, and the documents that their links name."""
    titles = columns.get("title", [None] * size)
    # A header row's title is one word; asking of every headline would cost as much as reading it.
    keep = [at for at, title in enumerate(titles) if title and (len(title) > _WORD or words.role(title) is None)]
    kept = {role: [column[at] for at in keep] for role, column in columns.items()}
    links = linked(recipe, kept.get("link", [None] * len(keep)), base)
    ids = [document_in(link, recipe.link_rule) for link in links]
    state = _state(recipe, kept, ids, url)
    named = dict(zip(_rows(kept, links, state), ids, strict=True))
    learnt = recipe.link_rule or recipe.learnt
    listing = Listing(
        rows=tuple(named),
        numbering=numbering(state.numbers[:_SAMPLE], ids[:_SAMPLE]),
        link_rule=recipe.link_rule if learnt else link_rule([page_link(link) for link in links]),
        confidence=1.0 if named else 0.0,
    )
    return listing, list(named.values())


def _state(recipe: Recipe, columns: Columns, ids: Sequence[str | None], url: str | None) -> _State:
    blank: Sequence[str | None] = [None] * len(ids)
    texts = columns.get("number", blank)
    kinds = [shapes.kind(text) if text else None for text in texts]
    numbers = [shapes.number(text or "") for text in texts]
    current = _current(recipe, ids, url)
    if not any(current):
        marks = columns.get("current", blank)
        current = [kind == "current" or mark is not None for kind, mark in zip(kinds, marks, strict=True)]
    marks = columns.get("pinned", blank)
    noticed = [kind in {"notice", "symbol"} or mark is not None for kind, mark in zip(kinds, marks, strict=True)]
    missing = [number is None for number in numbers]
    if not any(numbers) or sum(missing) > _MOST * len(missing):
        missing = [False] * len(missing)
    pinned = led([any(flag) for flag in zip(noticed, missing, strict=True)], current, noticed)
    return _State(numbers, pinned, current)


def _rows(columns: Columns, links: Sequence[str | None], state: _State) -> list[Row]:
    """The rows as written; the number of the one being read is what its neighbours leave."""
    blank: Sequence[str | None] = [None] * len(links)
    said = [columns.get(role, blank) for role in ("title", "source", "date", "date_exact", "comments", "category")]
    numbers, pins = state.numbers, state.pinned
    return [
        Row(
            title=(current and MARK_RUN.sub("", title or "")) or title or "",
            number=numbers[at] if numbers[at] is not None or pins[at] or not current else implied_number(numbers, at),
            source=source or None,
            date_text=date or None,
            date_exact=exact or None,
            url=links[at],
            pinned=pins[at],
            current=current,
            comments=counted(comments) if comments else None,
            category=category or None,
        )
        for at, (title, source, date, exact, comments, category), current in zip(
            range(len(links)), zip(*said, strict=True), state.current, strict=True
        )
    ]


def linked(recipe: Recipe, hrefs: Sequence[str | None], base: str | None) -> list[str | None]:
    """Return absolute http(s) links without fragments; the plain ones joined by hand, for that is most of the cost."""
    if recipe.link_template:
        return [recipe.link_template.replace("{id}", quote(href, safe="")) if href else None for href in hrefs]
    origin = re.match(r"https?://[^/?#]+", base or "")
    bare = (base or "").partition("#")[0].partition("?")[0]
    return [_link(href, origin[0] if origin else "", bare, base) for href in hrefs]


def _link(href: str | None, origin: str, bare: str, base: str | None) -> str | None:
    if not href or href.startswith(("#", "javascript:")):
        return None
    if origin and _SIMPLE.fullmatch(href) and "/." not in href:
        return origin + href if href.startswith("/") else bare + href
    try:
        whole = urljoin(base or "", href).partition("#")[0]
    except ValueError:
        return None
    return whole if whole.startswith(("http://", "https://")) else None


def _current(recipe: Recipe, ids: Sequence[str | None], url: str | None) -> list[bool]:
    """The row whose document the page's own URL names, where exactly one is."""
    opened = document_in(url, recipe.link_rule)
    flags = [opened is not None and found == opened for found in ids]
    return flags if sum(flags) == 1 else [False] * len(ids)


def counted(text: str | None) -> int | None:
    """Return the figure of a counter's text, with brackets or without."""
    if not text:
        return None
    found = shapes.count(text)
    said = shapes.counter(text) if found is None else None
    return shapes.number(said[0] if said else text) if found is None else found


def _next_page(tree: LexborHTMLParser, following: str, base: str | None, url: str | None) -> str | None:
    if "{page}" in following:
        here = re.fullmatch(re.escape(following).replace(r"\{page\}", r"(\d{1,6})"), url or "")
        return following.replace("{page}", str(int(here[1]) + 1 if here else 2))
    css, attribute = selector(following)
    node = tree.css_first(css)
    return _link(node.attributes.get(attribute or "href"), "", "", base) if node is not None else None
