"""What was not seen: gaps are read from the page where they should begin, the newest first."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from aggregator.coverage import End, Refusal, Run, Sight, rows, standing
from aggregator.gaps import Gap
from aggregator.store import places
from aggregator.walk.down import down, stored_under
from aggregator.walk.pages import Pages

_AIMS = 6
UNLINKED = Refusal("the list only links its next page, too far above")


async def through(pages: Pages, gaps: Sequence[Gap], runs: Sequence[Run]) -> list[Run]:
    """The ``runs`` and those through ``gaps``, as far as the budget goes; ``refused`` says why one could not begin.

    A gap that begins on a page of the first run makes that longer.
    """
    found = list(runs)
    for gap in gaps:
        if pages.spent:
            break
        start = await _start(pages, gap, found[0])
        if start is None:
            if refusal := pages.refusal or (None if pages.counts() else UNLINKED):
                pages.refused[gap.id] = refusal
            continue

        pages.aims[gap.id] = start.page
        reached = partial(_reached, pages, gap)
        if start.page <= found[0].sights[-1].page:
            found[0] = run = await down(pages, list(found[0].sights), reached, top=True)
        else:
            found.append(run := await down(pages, [start], reached))
        if run.reason is not None:
            pages.refused[gap.id] = run.reason
        if gap.history:
            await _lose(pages, run)
    return found


async def _lose(pages: Pages, run: Run) -> None:
    """Take for lost what was stored lowest and does not stand above a whole page of history: else that had no room."""
    kept = standing(run.rows, pages.met.known)
    tail = len(run.rows) - 1 - kept[-1].at if kept else 0
    if tail < pages.size:
        return
    near, _ = await stored_under(pages, kept[-1])
    if len(near) <= pages.size:
        pages.lost += near


async def _start(pages: Pages, gap: Gap, top: Run) -> Sight | None:
    """The page on which the row above the gap stands, found from where it should be; None where it cannot be."""
    # Notices may fill the pages above the list.
    least = first = next((sight.page for sight in top.sights if sight.own), 1)
    step, new = 1, sum(row.key not in pages.met.known for row in top.rows)
    aim = max(first, await _counted(pages, gap, new) if gap.page is None else gap.page + new // pages.size)
    if not pages.counts():
        aim = _linked(pages, gap, top)
    for _ in range(_AIMS):
        pages.aims[gap.id] = aim
        sight = pages.sights.get(aim) or await pages.read(aim)
        if sight is None and pages.stopped is not None:
            return None
        kept = standing(sight.own, pages.met.known) if sight is not None else []
        if sight is None or not kept or kept[0].at or kept[0].place < gap.newer:
            # Too deep, or the gap begins at this page's top: then it stands below the page before.
            if aim <= least:
                return sight if aim == first else pages.sights.get(aim - 1)
            aim, step = max(least, min(aim - step, await _counted(pages, gap, new))), step * 2
        elif kept[-1].at == len(sight.own) - 1 and kept[-1].place > gap.newer:
            apart = len(await pages.store.read(places.between, pages.board.id, kept[-1].place, gap.newer))
            least = aim + 1
            aim += max(1, apart // pages.size) if pages.counts() else 1
        else:
            return sight
    return None


def _linked(pages: Pages, gap: Gap, top: Run) -> int:
    """The page to begin at where no number leads to one: that on which the gap began, else the last one read."""
    last = top.sights[-1].page
    if gap.page is None or gap.url is None or gap.page <= last:
        return last
    # It says below which row it begins, or it would count: it shows what it showed.
    pages.urls[gap.page] = gap.url
    return gap.page


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
