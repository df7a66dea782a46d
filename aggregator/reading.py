"""The pure middle of the writing half: decode → read listing → normalize, from a fetched page to its headlines."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from aggregator import listing, normalize
from aggregator.manners import Seen
from aggregator.model import Absence, Headline, Listing, Numbering, Page
from aggregator.recipe import Recipe


class Reading(Struct, frozen=True, kw_only=True):
    """A page read to the end of the pure stages: headlines in page order, and what was found out on the way.

    ``list_url`` is set where the page is one document of its own list: there the list begins. ``recipe`` reads the page
    again; ``relearnt`` where it is of another layout than the one given. ``misfit`` is why the one given did not do;
    ``suspect``: parsing the page might take very long, so it was not. ``seen`` is what to keep of it, where asked for.
    """

    headlines: tuple[Headline, ...]
    absence: Absence | None = None
    charset: str
    confidence: float
    numbering: Numbering
    next_page: str | None
    list_url: str | None
    faults: tuple[str, ...]
    recipe: Recipe | None = None
    relearnt: bool = False
    misfit: str | None = None
    suspect: bool = False
    native_feed: str | None = None
    seen: Seen = Seen()


def read(
    page: Page,
    *,
    url: str | None,
    now: datetime,
    zone: ZoneInfo,
    recipe: Recipe | None = None,
    guarded: bool = True,
    first: bool = False,
) -> Reading:
    """Read a page's headlines by *recipe*, by detection where there is none or it does not fit.

    No headlines: no listing was found. A recipe written by hand is never replaced. Without being *guarded* a suspect
    page is parsed too. Of a list's *first* page it says what to keep of it. Raises nothing: faults are listed.
    """
    decoded = listing.decode(page.body, page.content_type, recipe.charset if recipe is not None else "")
    found, learnt, misfit = _listing(decoded.text, url, recipe, guarded=guarded)
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
        recipe=learnt,
        relearnt=recipe is not None and learnt is not None and not listing.alike(recipe, learnt),
        misfit=misfit,
        suspect=found.suspect,
        native_feed=found.native_feed,
        seen=listing.kept(recipe, decoded.text, page.url, found.rows)
        if first and recipe and learnt is recipe
        else Seen(),
    )


def is_same(page: Page, recipe: Recipe, seen: Seen) -> bool:
    """Whether a page reads as the one did of which *seen* was kept."""
    return bool(seen.digest) and listing.same(
        seen, recipe, listing.decode(page.body, page.content_type, recipe.charset).text, page.url
    )


def may_go_on(page: Page, reading: Reading) -> bool:
    """Whether a page of which *reading* found no link to a next one may have one all the same."""
    text = listing.decode(page.body, page.content_type, reading.charset).text
    return listing.may_go_on(text, page.url, [headline.url for headline in reading.headlines if headline.url])


def _listing(
    text: str, url: str | None, recipe: Recipe | None, *, guarded: bool
) -> tuple[Listing, Recipe | None, str | None]:
    if recipe is None or not recipe.rows:
        found = listing.detect(text, url, recipe, guarded=guarded)
        return found.listing, found.recipe, None
    fit = listing.follow(recipe, text, url)
    if fit.misfit is None and fit.doubt is None:
        return fit.listing, recipe, None
    if not recipe.learnt:
        return Listing(faults=fit.listing.faults, suspect=fit.listing.suspect), recipe, fit.misfit
    found = listing.detect(text, url, recipe, guarded=guarded)
    return found.listing, found.recipe, fit.misfit


def _list_url(found: Listing, url: str | None, titled: Sequence[Headline]) -> str | None:
    if url is None or found.link_rule is None or not any(headline.current for headline in titled):
        return None
    try:
        return normalize.list_url(url, found.link_rule)
    except ValueError:
        return None
