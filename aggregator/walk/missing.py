"""What was not seen: gaps are read from the page where they should begin, the newest first."""

from collections.abc import Sequence
from datetime import datetime

from aggregator.coverage import Gap, Run, Sight, rows, standing
from aggregator.store import places
from aggregator.walk.down import down
from aggregator.walk.pages import Pages

_AIMS = 6


async def through(pages: Pages, gaps: Sequence[Gap]) -> list[Run]:
    """The runs through ``gaps``, as far as the budget goes; why one's page could not be had stands in ``refused``."""
    found = []
    for gap in gaps:
        if pages.spent:
            break
        start = await _start(pages, gap)
        if start is None:
            if pages.stopped:
                pages.refused[gap.id] = pages.stopped
            continue

        async def reached(sights: Sequence[Sight], gap: Gap = gap) -> bool:
            kept = standing(rows(sights), pages.met.known)
            return bool(kept) and (kept[-1].place < gap.newer or _is_past(sights[-1], gap.until))

        found.append(await down(pages, [start], reached, most=gap.pages))
    return found


async def _start(pages: Pages, gap: Gap) -> Sight | None:
    """The page on which the row above the gap stands, found from where it should be; None where it cannot be."""
    above = len(await pages.store.read(places.standing, pages.board.id, gap.newer))
    new = sum(row.key not in pages.met.known for row in rows(pages.sights.values()))
    aim, least = 1 + max(above + new - 1, 0) // pages.size, 1
    for _ in range(_AIMS):
        sight = pages.sights.get(aim) or await pages.read(aim)
        if sight is None:
            if pages.stopped is not None or aim <= least:
                return None
            aim -= 1
            continue
        kept = standing(sight.own, pages.met.known)
        if not kept or kept[0].at or kept[0].place < gap.newer:
            if aim <= least:
                return sight if kept and aim == 1 else pages.sights.get(aim - 1)
            aim -= 1
        elif kept[-1].at == len(sight.own) - 1 and kept[-1].place > gap.newer:
            apart = len(await pages.store.read(places.between, pages.board.id, kept[-1].place, gap.newer))
            least = aim + 1
            aim += max(1, apart // pages.size)
        else:
            return sight
    return None


def _is_past(sight: Sight, until: datetime | None) -> bool:
    times = [row.published for row in sight.own if row.published is not None]
    return until is not None and bool(times) and max(times) < until
