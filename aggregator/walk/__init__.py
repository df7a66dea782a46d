"""One poll's way through a board's list: down until what is stored is met, then to what is still missing.

The first page is read by the poll. From there on: the pages below it, until a row that stood there before; the open
gaps, newest first, from the page where they should begin; on boards that print ranks, the few pages that show which
headlines were deleted; history last. What the budget leaves over stays a gap.
"""

from functools import partial

from msgspec import Struct, structs

from aggregator.changes import Known
from aggregator.coverage import Refusal, Run
from aggregator.look import Answer, Clock
from aggregator.model import Board, NotModified
from aggregator.store import Store, gaps
from aggregator.walk.down import down, top_reached
from aggregator.walk.meeting import Met, meet, unchanged
from aggregator.walk.missing import through
from aggregator.walk.pages import Budget, Pages, Visit, sighted
from aggregator.walk.ranks import settled

__all__ = ["Budget", "Met", "Visit", "Walk", "at_once", "meet", "walk"]


class Walk(Struct, frozen=True, kw_only=True):
    """What a poll saw. ``met`` is None where the first page had no headlines.

    ``settled``: every rank agrees with what is stored; None where nobody looked. ``refused``: why a gap, by its id,
    could not be looked into, ``aims`` on which page it was looked for. ``alone``: the first page, as it was read,
    links no other. ``pinned`` stood on it at the end, where posts were gone or moved. ``faults``: what could not be
    read further down.
    """

    answer: Answer
    met: Met | None = None
    runs: tuple[Run, ...] = ()
    pages: int = 1
    alone: bool = False
    settled: bool | None = None
    lost: tuple[Known, ...] = ()
    pinned: frozenset[str] = frozenset()
    refused: dict[int, Refusal] = {}
    aims: dict[int, int] = {}
    pager: str | None = None
    faults: tuple[str, ...] = ()


def at_once(answer: Answer, met: Met) -> Walk:
    """A walk of one page: all of it there is, or all that anybody wants to see now."""
    return Walk(answer=met.answer, met=met, runs=(Run(sights=(sighted(1, answer),), end="reached", top=True),))


async def walk(board: Board, answer: Answer, *, visit: Visit, store: Store, clock: Clock, budget: Budget) -> Walk:
    """Go on from the first page as far as need be and the ``budget`` goes; one statement where there is no news."""
    if isinstance(answer.page, NotModified) and (board.unfinished or board.unsettled):
        answer = await store.read(unchanged, board, answer)
    if answer.reading is None or not answer.reading.headlines:
        return Walk(answer=answer)
    met = await store.read(meet, board, answer)
    if met.answer.error is not None or met.verdict.rekeyed:
        return at_once(answer, met)
    pages = Pages(board, answer, met, visit, store, clock, budget)

    top = await down(pages, [pages.sights[1]], partial(top_reached, pages), top=True)
    alone = not pages.further()
    if alone and (pages.is_last(top.sights[-1]) or not top.rows):
        top = structs.replace(top, end="ended")
    runs, agreed = await _further(pages, top)
    moved = pages.numbering == "rank" and pages.requests > 1 and pages.met.disagrees(pages.with_all(runs, still=True))
    pinned, still = await pages.again() if moved else (frozenset[str](), True)
    runs, agreed = pages.with_all(runs, still=still), agreed if still else False
    if pages.doubts and not await pages.stayed():
        runs = [run.until(pages.doubts) for run in runs]
    return Walk(
        answer=pages.met.answer,
        met=pages.met,
        runs=tuple(runs),
        pages=pages.requests,
        alone=alone,
        settled=agreed,
        lost=tuple(pages.lost),
        pinned=pinned,
        refused=pages.refused,
        aims=pages.aims,
        pager=pages.pattern,
        faults=tuple(pages.faults),
    )


async def _further(pages: Pages, top: Run) -> tuple[list[Run], bool | None]:
    """The runs through what the first one leaves to be looked for, and whether all ranks agree, if that was asked."""
    board, runs, agreed = pages.board, [top], top.end == "ended"
    wanted = await pages.store.read(gaps.still_open, board.id) if board.unfinished else []
    runs = await through(pages, [gap for gap in wanted if not gap.history], runs)
    needed = pages.numbering == "rank" and (board.unsettled or pages.met.disagrees(runs))
    if needed and top.end in ("reached", "enough"):
        agreed = await settled(pages, runs)
    runs = await through(pages, [gap for gap in wanted if gap.history], runs)
    if not needed:
        # Ranks that were met further down and do not agree are for the next poll.
        return runs, False if pages.numbering == "rank" and pages.met.disagrees(runs) else None
    return runs, agreed
