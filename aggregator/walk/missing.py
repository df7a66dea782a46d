"""What was not seen: gaps are read from the page where they should begin, the newest first."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from aggregator.coverage import End, Run, Sight, rows, standing
from aggregator.gaps import Gap
from aggregator.store import places
from aggregator.walk.down import down
from aggregator.walk.pages import Pages

_AIMS = 6


async def through(pages: Pages, gaps: Sequence[Gap], runs: Sequence[Run]) -> list[Run]:
    """The ``runs`` and those through ``gaps``, as far as the budget goes; ``refused`` says why one could not begin.

    A gap that begins on a page of the first run makes that longer.
    """
    found = list(runs)
    for gap in gaps:
        if pages.spent:
            break
        start = await _start(pages, gap, sum(row.key not in pages.met.known for row in found[0].rows))
        if start is None:
            if pages.stopped:
                pages.refused[gap.id] = pages.stopped
            continue

        pages.aims[gap.id] = start.page
        reached = partial(_reached, pages, gap)
        if start.page <= found[0].sights[-1].page:
            found[0] = await down(pages, list(found[0].sights), reached, top=True)
        else:
            found.append(await down(pages, [start], reached))
    return found


async def _start(pages: Pages, gap: Gap, new: int) -> Sight | None:
    """The page on which the row above the gap stands, found from where it should be; None where it cannot be.

    ``new`` rows stand on top of what is stored.
    """
    least, step = 1, 1
    aim = await _counted(pages, gap, new) if gap.page is None else gap.page + new // pages.size
    if gap.page is not None and gap.url is not None and not pages.counts():
        # No number leads there: what stood on that page stands there still, or a little further down.
        aim, pages.urls[gap.page] = gap.page, gap.url
    for _ in range(_AIMS):
        pages.aims[gap.id] = aim
        sight = pages.sights.get(aim) or await pages.read(aim)
        if sight is None and pages.stopped is not None:
            return None
        kept = standing(sight.own, pages.met.known) if sight is not None else []
        if sight is None or not kept or kept[0].at or kept[0].place < gap.newer:
            # Too deep, or the gap begins at this page's top: then it stands below the page before.
            if aim <= least:
                return sight if aim == 1 else pages.sights.get(aim - 1)
            aim, step = max(least, min(aim - step, await _counted(pages, gap, new))), step * 2
        elif kept[-1].at == len(sight.own) - 1 and kept[-1].place > gap.newer:
            apart = len(await pages.store.read(places.between, pages.board.id, kept[-1].place, gap.newer))
            least = aim + 1
            aim += max(1, apart // pages.size) if pages.counts() else 1
        else:
            return sight
    return None


async def _counted(pages: Pages, gap: Gap, new: int) -> int:
    """The page on which the gap begins if what is stored above it still stands, below ``new`` rows."""
    above = new + await pages.store.read(places.count, pages.board.id, gap.newer)
    return 1 + max(0, above - 1) // pages.size


async def _reached(pages: Pages, gap: Gap, sights: Sequence[Sight]) -> End | None:
    """``reached`` below the gap, ``enough`` where history need not go on."""
    # Below history nothing is stored, so that one page tells; a walk through it should not weigh all it read each time.
    found = sights[-1].own if gap.history else rows(sights)
    kept = standing(found, pages.met.known)
    if kept and kept[-1].place < gap.newer:
        return "reached"
    over = gap.pages is not None and sights[-1].page - pages.aims[gap.id] >= gap.pages
    return "enough" if over or _is_past(sights[-1], gap.until) else None


def _is_past(sight: Sight, until: datetime | None) -> bool:
    times = [row.published for row in sight.own if row.published is not None]
    return until is not None and bool(times) and max(times) < until
