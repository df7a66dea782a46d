"""A listing to headlines: every row cleaned, dated and keyed, copies of one document merged, ties in time spread."""

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec import structs

from aggregator import dates
from aggregator.folding import fold
from aggregator.model import Headline, Listing, Row
from aggregator.normalize.identity import key
from aggregator.normalize.links import canonical_link
from aggregator.normalize.spreading import spread
from aggregator.normalize.text import clean_text, clean_title
from aggregator.recipe import LinkRule

SOURCE_LIMIT_CHARS = 200
DATE_LIMIT_CHARS = 100
# The largest number that every store holds as a 64-bit integer.
_LARGEST_NUMBER = 2**63 - 1


class _Clean(NamedTuple):
    """What a row's key is made of: its clean title and source, its canonical link and the day it claims."""

    title: str
    source: str | None
    link: str | None
    day: str | None


def headlines(
    listing: Listing, *, url: str | None, now: datetime, zone: ZoneInfo
) -> tuple[tuple[Headline, ...], tuple[str, ...]]:
    """The headlines of *listing* in page order, one a document, and what was wrong with its links and dates.

    *url* is the page's own, *now* the moment it was read, *zone* the board's. A document listed twice (a pinned row
    that stands in the list as well) is one headline, pinned only where every copy is. Times on one page differ by
    whole seconds at least, the newest row's latest, and none is later than *now*.
    """
    rows, rule = listing.rows, listing.link_rule
    links = [_link(row.url, rule) for row in rows]
    times = dates.published(rows, now=now, zone=zone, numbering=listing.numbering)
    # Without a rule a link back to the page itself (`#`) leads nowhere.
    own = _link(url, rule) if rule is None else None
    clean = [
        _Clean(
            title=clean_title(row.title),
            source=clean_text(row.source, SOURCE_LIMIT_CHARS),
            link=None if link == own else link,
            day=time.published.astimezone(zone).date().isoformat() if time.published else None,
        )
        for row, link, time in zip(rows, links, times.values, strict=True)
    ]
    found = [
        _headline(row, part, row_key, time)
        for row, part, row_key, time in zip(rows, clean, _keys(clean, rule), times.values, strict=True)
    ]
    return spread(_merged(found), numbering=listing.numbering, now=now), (*_refused(rows, links), *times.faults)


def _link(url: str | None, rule: LinkRule | None) -> str | None:
    try:
        return None if url is None else canonical_link(url, rule)
    except ValueError:
        return None


def _refused(rows: Sequence[Row], links: Sequence[str | None]) -> tuple[str, ...]:
    refused = sum(link is None and row.url is not None for row, link in zip(rows, links, strict=True))
    return (f"links that are not absolute http(s): {refused}",) if refused else ()


def _keys(rows: Sequence[_Clean], rule: LinkRule | None) -> list[str]:
    """A key a row. One that different headlines would share identifies none of them, so all of them give it up.

    A list over several tables counts ids in each of them; a list of script links leads every row to one place.
    """
    keys = [key(row.link, rule, title=row.title, source=row.source, day=row.day) for row in rows]
    titles, links = defaultdict[str, set[str]](set), defaultdict[str, set[str | None]](set)
    for row_key, row in zip(keys, rows, strict=True):
        titles[row_key].add(row.title)
        links[row_key].add(row.link)
    shared = {
        row_key
        for row_key, held in titles.items()
        if len(held) > 1 and (rule is None or len(links[row_key]) > 1) and len({fold(title) for title in held}) > 1
    }
    return [
        key(None if rule is None else row.link, None, title=row.title, source=row.source, day=row.day)
        if row_key in shared
        else row_key
        for row_key, row in zip(keys, rows, strict=True)
    ]


def _headline(row: Row, clean: _Clean, row_key: str, time: dates.Time) -> Headline:
    return Headline(
        key=row_key,
        title=clean.title,
        written=_written(row.title, clean.title),
        number=row.number if row.number is not None and 0 <= row.number <= _LARGEST_NUMBER else None,
        source=clean.source,
        date_text=clean_text(row.date_text, DATE_LIMIT_CHARS),
        published=time.published,
        precision=time.precision,
        url=clean.link,
        pinned=row.pinned,
        current=row.current,
        comments=row.comments,
        category=clean_text(row.category, SOURCE_LIMIT_CHARS),
    )


def _written(raw: str, title: str) -> str | None:
    """The blanks of *raw* made single, where *title* is the same text in other characters (composed syllables)."""
    plain = " ".join(raw.split())
    return plain if plain != title and unicodedata.normalize("NFC", plain) == title else None


def _merged(found: Sequence[Headline]) -> list[Headline]:
    """One headline a key, standing where its first unpinned copy stands, or its first copy where all are pinned."""
    copies = defaultdict[str, list[Headline]](list)
    for headline in found:
        copies[headline.key].append(headline)
    lead = {row_key: next((copy for copy in group if not copy.pinned), group[0]) for row_key, group in copies.items()}
    return [
        structs.replace(headline, current=any(copy.current for copy in copies[headline.key]))
        for headline in found
        if headline is lead[headline.key]
    ]
