"""One poll's way through a board's list: down until what is stored is met, then to what is still missing.

The first page is read by the poll. From there on: the pages below it, until a row that stood there before; the open
gaps, newest first, from the page where they should begin; on boards that print ranks, the few pages that show which
headlines were deleted; history last. What the budget leaves over stays a gap.
"""

from collections.abc import Sequence

from msgspec import Struct

from aggregator.changes import Known
from aggregator.coverage import Run, Sight
from aggregator.look import Answer, Clock
from aggregator.model import Board
from aggregator.store import Store, gaps
from aggregator.walk.down import down, top_reached
from aggregator.walk.meeting import Met, meet
from aggregator.walk.missing import through
from aggregator.walk.pages import Budget, Pages, Visit, sighted
from aggregator.walk.ranks import settled

__all__ = ["Budget", "Met", "Visit", "Walk", "at_once", "meet", "walk"]


class Walk(Struct, frozen=True, kw_only=True):
    """What a poll saw. ``met`` is None where the first page had no headlines.

    ``settled``: every rank agrees with what is stored; None where nobody looked. ``refused``: why a gap, by its id,
    could not be looked into. ``faults``: what could not be read below the first page.
    """

    answer: Answer
    met: Met | None = None
    runs: tuple[Run, ...] = ()
    pages: int = 1
    settled: bool | None = None
    lost: tuple[Known, ...] = ()
    refused: dict[int, str] = {}
    faults: tuple[str, ...] = ()


def at_once(answer: Answer, met: Met) -> Walk:
    """A walk of one page: all of it there is, or all that anybody wants to see now."""
    return Walk(answer=met.answer, met=met, runs=(Run(sights=(sighted(1, answer),), end="reached", top=True),))


async def walk(board: Board, answer: Answer, *, visit: Visit, store: Store, clock: Clock, budget: Budget) -> Walk:
    """Go on from the first page as far as need be and the ``budget`` goes; one statement where there is no news."""
    if answer.reading is None or not answer.reading.headlines:
        return Walk(answer=answer)
    met = await store.read(meet, board, answer)
    if met.answer.error is not None or met.verdict.rekeyed:
        return at_once(answer, met)
    pages = Pages(board, answer, met, visit, store, clock, budget)

    async def reached(sights: Sequence[Sight]) -> bool:
        return await top_reached(pages, sights)

    runs, agreed = [await down(pages, [pages.sights[1]], reached, top=True)], None
    if pages.met.unfinished(board, runs[0], pages.numbering):
        wanted = await store.read(gaps.still_open, board.id)
        runs += await through(pages, [gap for gap in wanted if not gap.history])
        if pages.numbering == "rank" and runs[0].end != "broke":
            agreed, settling = await settled(pages, runs)
            runs += settling
        runs += await through(pages, [gap for gap in wanted if gap.history])
    return Walk(
        answer=pages.met.answer,
        met=pages.met,
        runs=tuple(runs),
        pages=pages.requests,
        settled=agreed,
        lost=tuple(pages.lost),
        refused=pages.refused,
        faults=tuple(pages.faults),
    )
