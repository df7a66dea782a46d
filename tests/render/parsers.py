"""The readers' own parsers, each brought to one shape: (id, link, title) of every entry, in document order.

feedparser, and reader whose parser it is, sanitize what looks like markup in a title (documented: "HTML
sanitization", "Relative link resolution"). Both are asked for here without it where that can be switched off.
What cannot be switched off is feedparser's repair of text that was encoded twice: see ``repaired``.
"""

import io
from collections.abc import Callable, Iterable
from typing import Any

import atoma
import fastfeedparser
import feedparser
from reader._parser.feedparser import FeedparserParser
from reader._parser.jsonfeed import JSONFeedParser

from aggregator.render import Format

Triple = tuple[str, str, str]
Parser = Callable[[bytes], list[Triple]]


def by_feedparser(body: bytes) -> list[Triple]:
    """What feedparser reads when it is told to leave titles alone; a document that is not well-formed fails."""
    parsed = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)
    assert not parsed.bozo, parsed.get("bozo_exception")
    return _triples(parsed.entries)


def by_feedparser_sanitizing(body: bytes) -> list[Triple]:
    """What feedparser reads by default."""
    return _triples(feedparser.parse(body).entries)


def by_fastfeedparser(body: bytes) -> list[Triple]:
    """What fastfeedparser reads in any of the three formats."""
    return _triples(fastfeedparser.parse(body).entries)


def by_reader(body: bytes) -> list[Triple]:
    """What reader reads of XML: it uses feedparser with its sanitizing, and raises on anything not well-formed."""
    _, entries = FeedparserParser()("https://feeds.example.org/", io.BytesIO(body))
    return _triples(entries)


def by_reader_json(body: bytes) -> list[Triple]:
    """What reader reads of JSON."""
    _, entries = JSONFeedParser()("https://feeds.example.org/", io.BytesIO(body))
    return _triples(entries)


def by_atoma_rss(body: bytes) -> list[Triple]:
    """What atoma reads of RSS."""
    return [(entry.guid, entry.link, entry.title) for entry in atoma.parse_rss_bytes(body).items]


def by_atoma_atom(body: bytes) -> list[Triple]:
    """What atoma reads of Atom."""
    return [(entry.id_, entry.links[0].href, entry.title.value) for entry in atoma.parse_atom_bytes(body).entries]


def by_atoma_json(body: bytes) -> list[Triple]:
    """What atoma reads of JSON."""
    return [(entry.id_, entry.url, entry.title) for entry in atoma.parse_json_feed_bytes(body).items]


def repaired(text: str) -> str:
    """What feedparser makes of text that reads like UTF-8 taken for Latin-1: it decodes it a second time."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


EXACT: dict[Format, tuple[Parser, ...]] = {
    "rss": (by_feedparser, by_fastfeedparser, by_atoma_rss),
    "atom": (by_feedparser, by_fastfeedparser, by_atoma_atom),
    "json": (by_fastfeedparser, by_atoma_json, by_reader_json),
}
SANITIZING: tuple[Parser, ...] = (by_feedparser_sanitizing, by_reader)


def _triples(entries: Iterable[Any]) -> list[Triple]:
    return [(entry.id, entry.link, entry.title) for entry in entries]
