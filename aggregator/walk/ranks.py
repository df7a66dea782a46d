"""Which stored headlines are gone, where a board counts its posts: the few pages that show it."""

from collections.abc import Sequence
from itertools import pairwise

from aggregator.coverage import Run, Sight, adjoin, standing
from aggregator.settling import halfway, page_of, samples
from aggregator.store import gaps, places
from aggregator.walk.pages import Pages


async def settled(pages: Pages, runs: Sequence[Run]) -> tuple[bool, list[Run]]:
    """Whether every rank agrees with what is stored, and the pages that were read to find out."""
    before = set(pages.sights)
    left = await pages.store.read(gaps.still_open, pages.board.id)
    stand = [standing(run.rows, pages.met.known) for run in runs]
    passed = [kept[-1].place for kept in stand if kept]
    ends = [gap.newer for gap in left if not any(place < gap.newer for place in passed)]
    stored = await pages.store.read(places.standing, pages.board.id, max(ends, default=None))
    agreed = not stored or await _agreed(pages, stored)
    return agreed, _runs(pages, [pages.sights[page] for page in sorted(set(pages.sights) - before)])


async def _agreed(pages: Pages, stored: Sequence[int]) -> bool:
    met = samples(pages.sights.values(), pages.met.known)
    if not met:
        return False
    if met[-1].place > stored[-1]:
        aim = page_of(stored[-1], met, stored, pages.size)
        while aim > met[-1].page and aim not in pages.sights and await pages.read(aim) is None:
            if pages.stopped is not None:
                return False
            aim -= 1
        met = samples(pages.sights.values(), pages.met.known)
    while (page := halfway(met, stored, pages.sights)) is not None:
        if await pages.read(page) is None:
            return False
        met = samples(pages.sights.values(), pages.met.known)
    return await _bottomed(pages, met[-1].place, met[-1].page, stored)


async def _bottomed(pages: Pages, place: int, page: int, stored: Sequence[int]) -> bool:
    """Whether the lowest stored rows are met or gone: they stand below the lowest met, on the next page."""
    while place > stored[-1]:
        sight = pages.sights[page]
        last = standing(sight.own, pages.met.known)
        if pages.is_last(sight) or (last and last[-1].at < len(sight.own) - 1):
            rest = await pages.store.read(places.below, pages.board.id, place, pages.size)
            pages.lost += [known for known in rest if known.place is not None and known.place >= stored[-1]]
            return True
        page += 1
        if page not in pages.sights and await pages.read(page) is None:
            return False
        lower = standing(pages.sights[page].own, pages.met.known)
        place = min([place, *(one.place for one in lower)])
    return True


def _runs(pages: Pages, sights: Sequence[Sight]) -> list[Run]:
    """The runs that pages make where they join one another."""
    made = [[sight] for sight in sights]
    for upper, lower in pairwise(made):
        if upper[-1].page + 1 == lower[0].page and adjoin(upper[-1], lower[0], pages.numbering, {}, ()):
            lower[:0] = upper
            upper.clear()
    return [Run(sights=tuple(run), end="reached") for run in made if run]
