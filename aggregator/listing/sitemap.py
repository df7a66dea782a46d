"""A sitemap or news sitemap → ``Listing``: titles and dates where it has them, the words of the link where not.

Source: sitemaps.org protocol 0.9; Google's news sitemap extension.
"""

import re
from typing import Final
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element, ParseError, fromstring

from aggregator.listing.links import link_rule, page_link
from aggregator.model import Listing, Row

SITEMAP: Final = re.compile(r"(?>\s+|\ufeff|<!--.*?-->|<\?.*?\?>)*+<(?:\w+:)?(?:urlset|sitemapindex)\b", re.DOTALL)
_SURE: Final = 0.9
_ROWS_LIMIT: Final = 2000


def read_sitemap(text: str) -> Listing:
    """Return the pages of a sitemap as rows, newest first where it dates them; an index of sitemaps has none.

    >>> read_sitemap("<urlset><url><loc>http://a.kr/news/bridge-reopens.html</loc></url></urlset>").rows[0].title
    'bridge reopens'
    """
    try:
        root = fromstring(text.lstrip("\ufeff \t\r\n"))  # noqa: S314 -- expat bounds what entities may grow to
    except ParseError as error:
        return Listing(faults=(f"a sitemap that is not XML: {error}",))
    if _name(root) == "sitemapindex":
        parts = [said["loc"] for part in root if (said := _said(part)).get("loc")]
        return Listing(faults=(f"an index of {len(parts)} sitemaps: add one of them, such as {', '.join(parts[-1:])}",))
    rows = [row for page in root if (row := _row(_said(page))) is not None]
    rows.sort(key=lambda row: row.date_text or "", reverse=True)
    rows = list(dict.fromkeys(rows[:_ROWS_LIMIT]))
    links = [page_link(row.url) for row in rows]
    return Listing(
        rows=tuple(rows), link_rule=link_rule(links) if any(links) else None, confidence=_SURE if rows else 0.0
    )


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _said(page: Element) -> dict[str, str]:
    """The texts in an element by their names without namespaces; a news title under its own."""
    return {_name(part): " ".join((part.text or "").split()) for part in page.iter() if part.text}


def _row(said: dict[str, str]) -> Row | None:
    url = said.get("loc", "")
    title = said.get("title") or _words(url)
    if not url.startswith(("http://", "https://")) or not title:
        return None
    return Row(
        title=title,
        source=said.get("name"),
        date_text=said.get("publication_date") or said.get("lastmod"),
        url=url,
    )


def _words(url: str) -> str:
    """The words of a link's last part, where it has any: what people call a slug."""
    try:
        last = unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2]
    except ValueError:
        return ""
    words = re.sub(r"\.\w{2,5}$", "", last)
    return " ".join(re.split(r"[-_+\s]+", words)).strip() if re.search(r"[^\W\d]{2}", words) else ""
