"""Which stored headlines are gone, where a board counts its posts: the few pages that show it."""

from collections.abc import Sequence
from itertools import pairwise

from aggregator.coverage import Run, adjoin, standing
from aggregator.settling import astray, halfway, page_of, samples
from aggregator.store import gaps, places
from aggregator.walk.pages import Pages


async def settled(pages: Pages, runs: Sequence[Run]) -> bool:
    """Whether every rank agrees with what is stored, once the pages that show it were read.

    What is stored below an open gap is compared once that is closed: until then it may not agree. Below history nothing
    is.
    """
    left = await pages.store.read(gaps.still_open, pages.board.id)
    stand = [standing(run.rows, pages.met.known) for run in runs]
    passed = [kept[-1].place for kept in stand if kept]
    ends = [gap for gap in left if not any(place < gap.newer for place in passed)]
    stored = await pages.store.read(places.standing, pages.board.id, max((gap.newer for gap in ends), default=None))
    pages.halving(len(stored))
    agreed = not stored or await _agreed(pages, stored)
    pages.most = pages.budget.pages
    return agreed and all(gap.history for gap in ends)


async def _agreed(pages: Pages, stored: Sequence[int]) -> bool:
    if not await _bottomed(pages, stored):
        return False
    met = samples(pages.sights.values(), pages.met.known)
    while (page := halfway(met, stored, pages.sights)) is not None:
        if await pages.read(page) is None:
            return False
        met = samples(pages.sights.values(), pages.met.known)
    # Two pages that were read before and after something moved may have what is gone between them.
    return not any(_is_torn(pages, one.page, other.page) for one, other in astray(met, stored))


def _is_torn(pages: Pages, upper: int, lower: int) -> bool:
    """Whether two pages that follow each other, from one page down to another, were seen not to join."""
    sights = [pages.sights[page] for page in range(upper, lower + 1) if page in pages.sights]
    following = (
        (one, other) for one, other in pairwise(sights) if one.page + 1 == other.page and one.own and other.own
    )
    return any(adjoin(one, other, pages.numbering) is False for one, other in following)


async def _bottomed(pages: Pages, stored: Sequence[int]) -> bool:
    """Whether the lowest stored row was met, or it is known that all below the lowest met are gone."""
    met = samples(pages.sights.values(), pages.met.known)
    if not met:
        return False
    aim, past = page_of(stored[-1], met, stored, pages.size), None
    while met[-1].place > stored[-1] and not _ends(pages, met[-1].page) and met[-1].page + 1 != past:
        aim = max(aim, met[-1].page + 1)
        sight = pages.sights.get(aim) or await pages.read(aim)
        if sight is None and pages.stopped is not None:
            return False
        met = samples(pages.sights.values(), pages.met.known)
        if met[-1].page < aim:
            # Too deep, by a page as a rule: else halfway to the lowest met.
            aim, past = (aim - 1 if past is None else (met[-1].page + aim) // 2), aim
        elif past is not None:
            aim = (aim + past) // 2
    if met[-1].place > stored[-1]:
        rest = await pages.store.read(places.below, pages.board.id, met[-1].place, pages.size)
        pages.lost += [known for known in rest if known.place is not None and known.place >= stored[-1]]
    return True


def _ends(pages: Pages, page: int) -> bool:
    """Whether what stands below the lowest stored row of a page was never stored, or nothing does."""
    sight = pages.sights[page]
    kept = standing(sight.own, pages.met.known)
    return pages.is_last(sight) or (bool(kept) and kept[-1].at < len(sight.own) - 1)
