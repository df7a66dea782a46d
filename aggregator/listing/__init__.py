"""Bytes → ``Decoded`` → ``Listing``: the list on a page, found by its shape.

::

    decode      charset     bytes → text
    read        markup      text → Outline (guard, then the one parse)
                links, regions      links whose target varies → rows
                titles, pieces, headers, columns      rows → fields
                confidence          which region is the listing, if any
                marks, numbering, pager     pinned, current, rank or stable, next page
                absence     why there is no listing: an empty one, or no answer of the board
    beside      text        a listing pasted as plain text
                native      the RSS, Atom or RDF that a board itself offers
                sitemap     a sitemap, with titles or without
                records     an endpoint's JSON, or a JSON Feed

Pure: no I/O, no clock. selectolax, charset-normalizer and feedparser have their one home here.
"""

import re
from typing import Final, NamedTuple

from msgspec.structs import replace

from aggregator.listing.absence import absence
from aggregator.listing.charset import decode
from aggregator.listing.checking import checked
from aggregator.listing.confidence import Region
from aggregator.listing.guard import suspicion
from aggregator.listing.learning import learn
from aggregator.listing.markup import Outline, parse
from aggregator.listing.native import FEED, native_feed, read_native
from aggregator.listing.pager import may_go_on, paged, pages
from aggregator.listing.reading import explained, read_outline
from aggregator.listing.recipe import Fit, read_recipe
from aggregator.listing.records import read_paths, read_records
from aggregator.listing.sameness import kept, same
from aggregator.listing.sitemap import SITEMAP, read_sitemap
from aggregator.listing.text import read_text
from aggregator.model import Absence, Listing
from aggregator.recipe import Recipe

__all__ = [
    "Fit",
    "Learnt",
    "Region",
    "alike",
    "checked",
    "decode",
    "detect",
    "explain",
    "follow",
    "kept",
    "may_go_on",
    "paged",
    "pages",
    "read",
    "same",
]

_JSON: Final = re.compile(r"[\ufeff \t\r\n]*[{\[]")
_MARKUP: Final = re.compile(
    r"(?i)<(?:!doctype\s+html|html|head|body|table|tr|td|div|ul|ol|li|dl|section|article|main|a\s+[^>]*href)\b"
)

_ABSENT: Final[dict[Absence, str]] = {
    "empty": "the list is empty",
    "login": "the page asks for a login",
    "challenge": "the page is a challenge for browsers",
    "maintenance": "the board is under maintenance",
    "error": "the page reports an error",
}


class Learnt(NamedTuple):
    """A listing that was detected, and how it can be read again; None where there is none."""

    listing: Listing
    recipe: Recipe | None


def read(text: str, url: str | None) -> Listing:
    r"""Return the listing on a page, HTML, text, native feed or JSON; *url* is its own, for relative links.

    Never raises. No rows where there is no listing; a page that would be slow to parse has a fault and no rows.

    >>> read("번호 제목 글쓴이 날짜\n3 셋 가 2024.04.20\n2 둘 가 2024.04.19\n1 하나 가 2024.04.18", None).rows[0].title
    '셋'
    """
    found = _beside(text, url)
    if isinstance(found, Listing):
        return found
    listing, _ = read_outline(found, url)
    return listing if listing.rows else _absent(text, found)


def detect(text: str, url: str | None, known: Recipe | None = None, *, guarded: bool = True) -> Learnt:
    """Return the listing as :func:`read` does, with the recipe that reads it again: *known* while it looks the same.

    Without being *guarded* a suspect page is parsed all the same, for minutes maybe: in a process that can be killed.
    """
    found = _beside(text, url, guarded=guarded)
    if isinstance(found, Listing):
        kind = (
            "feed"
            if FEED.match(text)
            else "sitemap"
            if SITEMAP.match(text)
            else "json"
            if text.lstrip("\ufeff \t\r\n")[:1] in {"{", "["}
            else "text"
        )
        recipe = Recipe(layout=kind, link_rule=found.link_rule, learnt=True)
        return Learnt(found, recipe if found.rows else None)
    listing, examples = read_outline(found, url)
    if not listing.rows or found.root is None:
        return Learnt(replace(_absent(text, found), native_feed=native_feed(found, url)), None)
    listing = replace(listing, native_feed=native_feed(found, url))
    return Learnt(listing, learn(text, url, listing, found.root, examples, known))


def alike(one: Recipe, other: Recipe) -> bool:
    """Whether two recipes mean the same layout: the same rows and the same part of the links."""
    return (one.rows or one.layout, one.link_rule) == (other.rows or other.layout, other.link_rule)


def follow(recipe: Recipe, text: str, url: str | None) -> Fit:
    """Return what *recipe*, made of selectors, reads on a page, and why it does not fit, None where it does."""
    if _JSON.match(text):
        found = read_paths(recipe, text.lstrip("\ufeff"), url)
        return Fit(found, None if found.rows else f"nothing with a title is at {recipe.rows!r}")
    if FEED.match(text) or not _MARKUP.search(text):
        return Fit(Listing(), "the page is no HTML")
    return read_recipe(recipe, text, url)


def _beside(text: str, url: str | None, *, guarded: bool = True) -> Listing | Outline:
    """The listing of what is no HTML, else the page's outline."""
    if FEED.match(text):
        return read_native(text, url)
    if SITEMAP.match(text):
        return read_sitemap(text)
    if _JSON.match(text) and (records := read_records(text.lstrip("\ufeff"), url)).rows:
        return records
    if not _MARKUP.search(text):
        return read_text(text)
    if guarded and (danger := suspicion(text)) is not None:
        return Listing(faults=(f"not parsed: {danger}",), suspect=True)
    return parse(text)


def _absent(text: str, outline: Outline) -> Listing:
    found = absence(text, outline)
    return (
        Listing() if found is None else Listing(absence=found.kind, faults=(f"{_ABSENT[found.kind]}: {found.said!r}",))
    )


def explain(text: str, url: str | None) -> list[Region]:
    """Return every region of an HTML page that was judged, the winner first; none for other inputs."""
    if FEED.match(text) or not _MARKUP.search(text) or suspicion(text) is not None:
        return []
    return explained(parse(text), url)
