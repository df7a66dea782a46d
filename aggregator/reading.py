"""The pure middle of the writing half: decode → read listing → normalize, from a fetched page to its headlines."""

from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from aggregator import listing, normalize
from aggregator.model import Headline, Numbering, Page


class Reading(Struct, frozen=True, kw_only=True):
    """A page read to the end of the pure stages: headlines in page order, and what was found out on the way."""

    headlines: tuple[Headline, ...]
    charset: str
    confidence: float
    numbering: Numbering
    next_page: str | None
    faults: tuple[str, ...]


def read(page: Page, *, url: str | None, now: datetime, zone: ZoneInfo) -> Reading:
    """Read a page's headlines; none means that no listing was found. Raises nothing: faults are listed."""
    decoded = listing.decode(page.body, page.content_type)
    found = listing.read(decoded.text, url)
    titled, faults = normalize.headlines(found, url=url, now=now, zone=zone)
    return Reading(
        headlines=titled,
        charset=decoded.charset,
        confidence=found.confidence,
        numbering=found.numbering,
        next_page=found.next_page,
        faults=(*decoded.faults, *found.faults, *faults),
    )
