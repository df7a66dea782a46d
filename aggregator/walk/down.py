"""Down a list, page after page, with no row missed at the edges between them."""

from collections.abc import Awaitable, Callable, Sequence

from aggregator.coverage import Run, Sight, adjoin, rows, standing
from aggregator.store import places
from aggregator.walk.pages import Pages

Reached = Callable[[Sequence[Sight]], Awaitable[bool]]
_ROUNDS = 3


async def down(
    pages: Pages, sights: list[Sight], reached: Reached, *, top: bool = False, most: int | None = None
) -> Run:
    """Read page after page below ``sights``, at most so many, until ``reached`` says so, the list ends, or it fails."""
    repeated = False
    while not await reached(sights):
        page = sights[-1].page + 1 + repeated
        if pages.is_last(sights[-1]) or (most is not None and len(sights) > most):
            return Run(sights=tuple(sights), end="ended", top=top)
        lower = pages.sights.get(page) or await pages.read(page)
        if lower is None and pages.stopped is not None:
            return Run(sights=tuple(sights), end="broke", top=top, reason=pages.stopped or None)
        if lower is None:
            return Run(sights=tuple(sights), end="ended", top=top)
        if not lower.own or {row.key for row in lower.own} <= {row.key for row in rows(sights)}:
            # Past the end some boards show the last page again, or the first; once it may be a page of new posts.
            if repeated or lower.next_page is None:
                return Run(sights=tuple(sights), end="broke" if pages.numbering == "rank" else "ended", top=top)
            repeated = True
            continue
        joined = await _joined(pages, sights, lower)
        if joined is None:
            return Run(sights=tuple(sights), end="broke", top=top)
        sights.append(joined)
        repeated = False
    return Run(sights=tuple(sights), end="reached", top=top)


async def top_reached(pages: Pages, sights: Sequence[Sight]) -> bool:
    """Whether the rows end in ones that stood there before, or in what is older than all that is stored."""
    found = rows(sights)
    kept = standing(found, pages.met.known)
    if not kept:
        return await pages.store.read(places.highest, pages.board.id) is None
    last, tail = kept[-1], len(found) - 1 - kept[-1].at
    if not tail:
        return True
    under = await pages.store.read(places.below, pages.board.id, last.place, pages.size + 1)
    under = [known for known in under if known.listed not in pages.met.known]
    if not under:
        return True
    if len(under) <= pages.size <= tail:
        # A whole page stands where no more than a page was stored: that is gone, or it would be seen by now.
        pages.lost += under
        return True
    return False


async def _joined(pages: Pages, sights: list[Sight], lower: Sight) -> Sight | None:
    """The lower page, once nothing can have slipped up past its edge: else the page above is read again.

    A deletion pulls rows onto a page that was read already. None where the two could not be made to join.
    """
    for _ in range(_ROUNDS):
        upper = sights[-1]
        if await _adjoin(pages, upper, lower):
            return lower
        again = await pages.read(upper.page)
        if again is None:
            return None
        if [row.key for row in again.own] != [row.key for row in upper.own]:
            sights.append(again)
        if await _adjoin(pages, again, lower) or pages.numbering != "rank":
            return lower
        newer = await pages.read(lower.page)
        if newer is None:
            return None
        lower = newer
    return None


async def _adjoin(pages: Pages, upper: Sight, lower: Sight) -> bool:
    known = pages.met.known
    above = known.get(upper.own[-1].key) if upper.own else None
    below = known.get(lower.own[0].key) if lower.own else None
    between: list[int] = []
    if above and below and above.standing is not None and below.standing is not None:
        found = await pages.store.read(places.between, pages.board.id, above.standing, below.standing)
        between = [one.place for one in found if one.place is not None]
    return adjoin(upper, lower, pages.numbering, known, between)
