"""Whether a recipe still fits its page: what was read is measured against what the recipe was made for."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser, LexborNode

from aggregator.listing import datelike, shapes, words
from aggregator.listing.selectors import below, selector, text_of
from aggregator.model import Listing
from aggregator.recipe import LinkRule, Recipe

_MOST: Final = 0.6
_FEW: Final = 0.2
_COUNTED: Final = re.compile(r"[\[(]\s*\d{1,5}\s*[\])]$")
_ID_END: Final = re.compile(r"[&;#\"'<>\s]")

Columns = Mapping[str, Sequence[str | None]]


def misfit(recipe: Recipe, columns: Columns, listing: Listing, ids: Sequence[str | None]) -> str | None:
    """Why what was read is not what the recipe was made for: the first thing that most rows lack.

    *ids* are the documents that the rows' links name.
    """
    rows = listing.rows
    if not rows:
        return f"no row selected by {recipe.rows!r} has a title"
    own = [row for row in rows if not row.pinned and not row.current]
    numbers = [row.number for row in own if row.number is not None]
    falls = sum(later < earlier for earlier, later in pairwise(numbers))
    rises = sum(later > earlier for earlier, later in pairwise(numbers))
    dated = sum(datelike.date_span(row.date_text or "") is not None for row in rows)
    linked = recipe.link_rule is not None or not recipe.learnt
    unnamed = sum(row.url is not None and named is None for row, named in zip(rows, ids, strict=True))
    wrong = {
        "titles repeat themselves": len({row.title for row in rows}) < _MOST * len(rows),
        "characters cannot be read": sum("\ufffd" in row.title for row in rows) > _FEW * len(rows),
        "rows have no link": "link" in columns and linked and sum(row.url is None for row in rows) > _FEW * len(rows),
        "links name no document": recipe.link_rule is not None and unnamed > _FEW * len(rows),
        "rows have no number": "number" in columns and len(numbers) < _MOST * len(own),
        "numbers have no order": "number" in columns and max(falls, rises) < _MOST * (len(numbers) - 1),
        "rows have no date": "date" in columns and dated < _MOST * len(rows),
        "no row has a source": "source" in columns and not any(row.source for row in rows),
    }
    return next((reason for reason, true in wrong.items() if true), None)


def document_in(url: str | None, rule: LinkRule | None) -> str | None:
    """The document id in *url*, cut out of the text: taking apart every link would cost most of the reading."""
    if url is None or rule is None:
        return None
    if rule.where == "query":
        found = _parameter(rule.name).search(url)
        return unquote(found[1]) if found else None
    parts = [part for part in url.partition("?")[0].split("/")[3:] if part]
    return unquote(parts[int(rule.name)]) if int(rule.name) < len(parts) else None


@lru_cache(maxsize=256)
def _parameter(name: str) -> re.Pattern[str]:
    return re.compile(rf"[?&]{re.escape(name)}=([^&#]+)")


def doubt(
    tree: LexborHTMLParser,
    text: str,
    recipe: Recipe,
    listing: Listing,
    ids: Sequence[str | None],
    untitled: Sequence[LexborNode],
) -> str | None:
    """What was not there when the recipe was learnt, and may be a row, a counter or a badge: detection can tell.

    *ids* are the documents that the rows' links name, *untitled* the selected rows in which it found no title.
    """
    hrefs = (link.attributes.get("href") for row in untitled for link in row.css("a[href]"))
    if _unlisted(text, recipe, ids) or any(document_in(href, recipe.link_rule) for href in hrefs):
        return "documents are linked that stand in no row"
    if not recipe.comments and any(row.title[-1] in "])" and _COUNTED.search(row.title) for row in listing.rows):
        return "titles end in counters"
    inside = tree.css(below(recipe.rows, f"{selector(recipe.title).css} *")) if recipe.title else []
    if any(_badge(" ".join(text_of(node).split())) for node in inside):
        return "badges stand in titles"
    return None


def _unlisted(text: str, recipe: Recipe, ids: Sequence[str | None]) -> bool:
    """Whether the part of the page that holds all rows links more documents than these."""
    rule = recipe.link_rule
    if not recipe.within or rule is None or rule.where == "path":
        return False
    # Split by the plain name: a pattern that begins with a choice of characters takes five times as long.
    parts = text.split(f"{rule.name}=")
    named = {_ID_END.split(after, maxsplit=1)[0] for before, after in pairwise(parts) if before[-1:] in {"?", "&", ";"}}
    return len(named) > len(set(ids))


def _badge(text: str) -> bool:
    return bool(text) and (shapes.kind(text) in {"count", "number"} or words.folded(text) in words.DECORATION)
