"""A native feed → ``Listing``: the RSS, Atom or RDF that a board itself offers. feedparser's one home.

feedparser takes any markup that calls itself a feed, however broken. Its dates are not used: it reads 2024.04.20 as the
1st of November; the text of a date goes on to our own shapes.
"""

import re
from typing import Any, Final
from urllib.parse import urljoin

import feedparser

from aggregator.listing.links import link_rule, page_link
from aggregator.listing.markup import Outline
from aggregator.model import Listing, Row

# What may stand before a feed's first tag is taken whole and never tried again: a page of comments would cost for ever.
FEED: Final = re.compile(r"(?>\s+|\ufeff|<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^>]*>)*+<(?:rss|feed|rdf:RDF)\b", re.DOTALL)
_SURE: Final = 0.95
_TAGS: Final = re.compile(r"<[^>]*>")


def read_native(text: str, url: str | None) -> Listing:
    """Return the entries of a native feed as rows in its own order; none where it has none.

    A feed prints no numbers, and what it has dropped from its window is not there.

    >>> read_native("<rss version='2.0'><channel><item><title>A</title><link>http://a.kr/7</link></item></channel></rss>",
    ...             None).rows[0].url
    'http://a.kr/7'
    """
    found = feedparser.parse(
        text.encode("utf-8", "replace"),
        response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url or ""},
        sanitize_html=False,
    )
    rows = tuple(_row(entry) for entry in found.entries)
    rows = tuple(dict.fromkeys(row for row in rows if row.title or row.url))
    links = [page_link(row.url) for row in rows]
    return Listing(rows=rows, link_rule=link_rule(links) if any(links) else None, confidence=_SURE if rows else 0.0)


def native_feed(outline: Outline, url: str | None) -> str | None:
    """Return the URL of the first feed that a page announces; feeds of comments are announced after those of posts."""
    for href in outline.feeds:
        try:
            link = page_link(urljoin(urljoin(url or "", outline.base or ""), href))
        except ValueError:
            continue
        if link is not None:
            return link.url
    return None


def _row(entry: Any) -> Row:  # noqa: ANN401  feedparser has no types
    title, link = str(entry.get("title") or ""), str(entry.get("link") or "")
    if (entry.get("title_detail") or {}).get("type") != "text/plain":
        title = _TAGS.sub("", title)
    comments = str(entry.get("slash_comments") or "")
    tags = entry.get("tags") or [{}]
    return Row(
        title=" ".join(title.split()),
        source=str(entry.get("author") or (entry.get("source") or {}).get("title") or "") or None,
        date_text=str(entry.get("published") or entry.get("updated") or "") or None,
        url=link if link.startswith(("http://", "https://")) else None,
        comments=int(comments) if comments.isdecimal() else None,
        category=str(tags[0].get("term") or "") or None,
    )
