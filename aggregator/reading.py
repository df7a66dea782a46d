"""The pure middle of the writing half: decode → read listing → normalize, from a fetched page to its headlines."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from aggregator import listing, normalize
from aggregator.model import Absence, Headline, Listing, Numbering, Page


class Reading(Struct, frozen=True, kw_only=True):
    """A page read to the end of the pure stages: headlines in page order, and what was found out on the way.

    ``list_url`` is set where the page is one document of its own list: there the list begins.
    """

    headlines: tuple[Headline, ...]
    absence: Absence | None = None
    charset: str
    confidence: float
    numbering: Numbering
    next_page: str | None
    list_url: str | None
    faults: tuple[str, ...]


def read(page: Page, *, url: str | None, now: datetime, zone: ZoneInfo) -> Reading:
    """Read a page's headlines; none means that no listing was found. Raises nothing: faults are listed."""
    decoded = listing.decode(page.body, page.content_type)
    found = listing.read(decoded.text, url)
    titled, faults = normalize.headlines(found, url=url, now=now, zone=zone)
    return Reading(
        headlines=titled,
        absence=found.absence,
        charset=decoded.charset,
        confidence=found.confidence,
        numbering=found.numbering,
        next_page=found.next_page,
        list_url=_list_url(found, url, titled),
        faults=(*decoded.faults, *found.faults, *faults),
    )


def _list_url(found: Listing, url: str | None, titled: Sequence[Headline]) -> str | None:
    if url is None or found.link_rule is None or not any(headline.current for headline in titled):
        return None
    try:
        return normalize.list_url(url, found.link_rule)
    except ValueError:
        return None
