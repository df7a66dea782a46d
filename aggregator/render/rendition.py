"""What every format says of an entry: the formats differ in spelling, never in what they say."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from aggregator.model import Entry
from aggregator.render import clean

AGGREGATOR = "headline-aggregator"

# What a format writes of a feed: what stands before its entries, the bytes of each, and what stands behind them.
Written = tuple[bytes, list[bytes], bytes]


class Rendition(Struct, frozen=True, kw_only=True):
    """An entry in words that are safe in every format.

    ``published`` has whole seconds, which is all that RSS can say. ``source_id`` is the id of the board's own feed.
    ``tags`` pairs a taxonomy's URL with its term and the term's name for people; it has at least the board.
    """

    guid: str
    title: str
    url: str
    author: str
    summary: str
    published: datetime
    updated: datetime
    source_id: str
    source_title: str
    source_url: str
    tags: tuple[tuple[str, str, str], ...]


def rendition(entry: Entry, page_url: str) -> Rendition:
    """An entry in words; ``page_url`` stands in for a board whose URL cannot be linked to."""
    board_name = clean.line(entry.board_name) or entry.board
    board_url = clean.link(entry.board_url) or page_url
    tags = [(board_url, entry.board, board_name)]
    if category := clean.line(entry.category or ""):
        tags.append((board_url, category, category))
    guid = clean.uri(entry.guid)
    return Rendition(
        guid=guid,
        title=clean.title(entry.title),
        # A pasted listing has no links; its list is then the only place where the headline stands.
        url=clean.link(entry.url) or board_url,
        author=clean.line(entry.source or "") or board_name,
        summary=summary(entry),
        published=published(entry),
        updated=entry.updated,
        source_id=guid.partition("/")[0],
        source_title=board_name,
        source_url=board_url,
        tags=tuple(tags),
    )


def summary(entry: Entry) -> str:
    """What there is to say of a bare headline: source, date, board, number, and the other boards that carry it.

    A headline without its own words would be an entry without text, which Atom readers warn of (CONFORMANCE B6).
    """
    parts = [
        clean.line(entry.source or ""),
        shown_date(entry),
        clean.line(entry.board_name),
        "" if entry.number is None else f"No. {entry.number}",
        also_on(entry),
    ]
    return " · ".join(part for part in parts if part) or entry.board


def also_on(entry: Entry) -> str:
    """The other boards of the same headline, empty where there are none."""
    names = ", ".join(filter(None, map(clean.line, entry.others)))
    return f"also on {names}" if names else ""


def shown_date(entry: Entry) -> str:
    """The date the board claims, in the board's own zone and no more exact than the board said; empty if unknown."""
    if entry.published is None:
        return ""
    local = entry.published.astimezone(_zone(entry.timezone))
    return local.strftime("%Y-%m-%d" if entry.precision == "day" else "%Y-%m-%d %H:%M")


def published(entry: Entry) -> datetime:
    """When the entry came out: the board's claim, but never later than our first sight of it (CONFORMANCE B23)."""
    claimed = entry.published or entry.first_seen
    return min(claimed, entry.first_seen).replace(microsecond=0)


def _zone(name: str) -> tzinfo:
    """The zone, or UTC where this machine's time zone data does not know it: no row may break a feed."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
