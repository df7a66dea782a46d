"""Down a list, page after page, with no row missed at the edges between them."""

from collections.abc import Awaitable, Callable, Sequence

from aggregator.changes import Known
from aggregator.coverage import End, Run, Sight, Standing, adjoin, rows, standing
from aggregator.store import Transaction, gaps, places
from aggregator.walk.pages import Pages

Reached = Callable[[Sequence[Sight]], Awaitable[End | None]]
_ROUNDS = 3


async def down(pages: Pages, sights: list[Sight], reached: Reached, *, top: bool = False) -> Run:
    """Read page after page below ``sights`` until ``reached`` says why no further, the list ends, or it fails."""
    again = False
    while (far := await reached(sights)) is None:
        upper = sights[-1]
        page = upper.page + 1 + again
        if pages.is_last(upper):
            return Run(sights=tuple(sights), end="ended", top=top)
        lower = await pages.below(upper, page)
        if lower is None or not set(lower.keys).difference(*(sight.keys for sight in sights)):
            # Past the end some boards show the last page again, or notices; once it may be a page of new posts.
            if lower is not None and lower.next_page is not None and not again:
                again = True
                continue
            if lower is not None and pages.numbering == "rank":
                return Run(sights=tuple(sights), end="broke", top=top)
            end, last = await _ended(pages, upper)
            if last is None:
                return Run(sights=tuple(sights), end=end, top=top, reason=pages.refusal)
            sights.append(last)
            again = False
        elif (joined := await _joined(pages, sights, lower)) is None:
            return Run(sights=tuple(sights), end="broke", top=top)
        else:
            sights.append(joined)
            again = False
    return Run(sights=tuple(sights), end=far, top=top)


async def _ended(pages: Pages, last: Sight) -> tuple[End, Sight | None]:
    """How the list ends below its ``last`` page; the page as it is now where its rows have slipped up meanwhile."""
    if pages.stopped is not None:
        return "broke", None
    again = await pages.read(last.page)
    if again is None:
        return "broke", None
    return "ended", again if again.keys != last.keys else None


async def top_reached(pages: Pages, sights: Sequence[Sight]) -> End | None:
    """``reached`` where the rows end in ones that stood there before, or in what is older than all that is stored."""
    return "reached" if await _is_reached(pages, sights) else None


async def _is_reached(pages: Pages, sights: Sequence[Sight]) -> bool:
    found = rows(sights)
    kept = standing(found, pages.met.known)
    if not found and len(sights) == 1:
        # Notices fill the first page: the list begins on the second, if there is one.
        return not pages.further()
    if not kept:
        return await pages.store.read(places.highest, pages.board.id) is None
    last, tail = kept[-1], len(found) - 1 - kept[-1].at
    if not tail:
        return True
    near, gap = await stored_under(pages, last)
    if len(near) <= pages.size <= tail:
        # A whole page stands where no more than a page was stored: that is gone, or it would be seen by now.
        pages.lost += near
        near = []
    return not near and gap is None


async def stored_under(pages: Pages, last: Standing) -> tuple[list[Known], int | None]:
    """The next rows that are stored below the ``last`` one that stands and were not met, down to where a gap is open.

    The second is the place above that gap, None where none is.
    """
    under = await pages.store.read(places.below, pages.board.id, last.place, pages.size + 1)
    met = {*pages.met.known, *(known.listed for known in pages.lost)}
    missing = await pages.store.read(gaps.still_open, pages.board.id) if pages.board.unfinished else []
    gap = max((gap.newer for gap in missing if gap.newer <= last.place and not gap.history), default=None)
    near = [known for known in under if known.listed not in met]
    return [known for known in near if gap is None or (known.place is not None and known.place >= gap)], gap


async def _joined(pages: Pages, sights: list[Sight], lower: Sight) -> Sight | None:
    """The lower page, once nothing can have slipped up past its edge: else the page above is read again.

    A deletion pulls rows onto a page that was read already. Where no number or neighbour proves that two pages join,
    the upper one must stay as it is; that is in doubt until it is sure that no new post hid a deletion. None where the
    two could not be made to join.
    """
    for _ in range(_ROUNDS):
        upper = sights[-1]
        if await _adjoin(pages, upper, lower):
            return lower
        again = await pages.read(upper.page)
        if again is None:
            return None
        sights.append(again)
        if lower.keys and lower.keys[0] in again.keys:
            return lower
        if again.keys == upper.keys and pages.numbering != "rank":
            pages.doubts.append(lower)
            return lower
        newer = await pages.read(lower.page)
        if newer is None:
            return None
        lower = newer
    return None


async def _adjoin(pages: Pages, upper: Sight, lower: Sight) -> bool:
    told = adjoin(upper, lower, pages.numbering)
    if told is not None:
        return told
    above, below = pages.met.known.get(upper.own[-1].key), pages.met.known.get(lower.own[0].key)
    if above is None or below is None or above.standing is None or below.standing is None:
        return False
    return await pages.store.read(_neighbours, pages.board.id, above.standing, below.standing)


def _neighbours(tx: Transaction, board_id: int, above: int, below: int) -> bool:
    """Whether two rows stood next to each other, as far as that was seen."""
    return (
        above > below
        and not places.between(tx, board_id, above, below)
        and not gaps.between(tx, board_id, above, below)
    )
