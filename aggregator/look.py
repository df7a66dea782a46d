"""One look at a page: fetched, read, and judged by what it holds."""

from collections.abc import Callable
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from msgspec import Struct

from aggregator.apart import is_large, read_apart
from aggregator.errors import NeedsPersonError, PollError, TryLaterError
from aggregator.fetch import Fetcher
from aggregator.manners import Manners, Seen
from aggregator.model import Absence, NotModified, Page, Validators
from aggregator.reading import Reading, is_same, read
from aggregator.recipe import Recipe

Clock = Callable[[], datetime]
POLITE = Manners()
NO_HEADERS = MappingProxyType[str, str]({})
# What a board gets over by itself; a login or a challenge stays until a person does something.
PASSING = frozenset[Absence | None]({"maintenance", "error"})


class Answer(Struct, frozen=True, kw_only=True):
    """What one fetch came to: the page read, or nothing new, or the error that ended it.

    ``quarantine``: the page answered, and is not what the board was.
    """

    page: Page | NotModified | None = None
    reading: Reading | None = None
    error: PollError | None = None
    quarantine: bool = False


async def look(
    fetcher: Fetcher,
    url: str,
    validators: Validators,
    *,
    zone: ZoneInfo,
    clock: Clock,
    recipe: Recipe | None = None,
    manners: Manners = POLITE,
    seen: Seen | None = None,
) -> Answer:
    """Fetch a list page and read it; an error becomes part of the answer, with the stage it happened in.

    ``seen`` is what was kept of a list's first page: one that reads the same is not modified, whatever the server says.
    """
    try:
        page = await fetcher.fetch(url, validators, recipe.headers if recipe is not None else NO_HEADERS, manners)
    except PollError as error:
        return Answer(error=error)
    if isinstance(page, NotModified):
        return Answer(page=page)
    if seen is not None and recipe is not None and is_same(page, recipe, seen):
        return Answer(page=_unmodified(page))
    first = seen is not None
    reading = None if is_large(page) else read(page, url=page.url, now=clock(), zone=zone, recipe=recipe, first=first)
    if reading is None or reading.suspect:
        reading = await read_apart(page, now=clock(), zone=zone, recipe=recipe)
    return answered(page, reading)


def answered(page: Page, reading: Reading | None) -> Answer:
    """Judge what was read: a page without a listing is an error that says why, unless the list is merely empty.

    None: it could not be read in the time there is.
    """
    if reading is None:
        slow = NeedsPersonError("the page takes too long to read", stage="read listing", url=page.url)
        return Answer(page=page, error=slow)
    if reading.headlines or reading.absence == "empty":
        return Answer(page=page, reading=reading)
    failure = TryLaterError if reading.absence in PASSING else NeedsPersonError
    failed = failure(_why(reading), stage="read listing", url=page.url, status=page.status)
    return Answer(page=page, error=failed, quarantine=reading.misfit is not None and reading.absence is None)


def _unmodified(page: Page) -> NotModified:
    return NotModified(url=page.url, validators=page.validators, fresh_for=page.fresh_for, moved_to=page.moved_to)


def _why(reading: Reading) -> str:
    """Why a page has no headlines: what its recipe missed, then what else was found out."""
    said = [f"the recipe does not fit: {reading.misfit}"] if reading.misfit is not None else []
    if reading.native_feed is not None:
        said.append(f"the page announces a feed of its own: {reading.native_feed}")
    return "; ".join([*said, *reading.faults]) or "the page holds no numbered listing"
