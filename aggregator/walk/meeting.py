"""A page's rows × the store: which are known, what stands around them, and whether this is still the board."""

from collections.abc import Sequence

from msgspec import Struct, structs

from aggregator.changes import Known
from aggregator.coverage import Run, Standing, standing
from aggregator.errors import NeedsPersonError
from aggregator.look import Answer
from aggregator.model import Board, Headline
from aggregator.reading import Reading
from aggregator.recognition import FEWEST, Verdict, recognise
from aggregator.store import Transaction, gaps, headlines, places, polls

REMEMBERED = 100
"""Headlines of a board, the newest, that must be among those of its page unless newer ones pushed them off."""


class Met(Struct, frozen=True, kw_only=True):
    """What the store knows of a page's rows, by the key they are listed under, and of what stands around them.

    ``answer`` is the page's, turned into an error where its rows are a stranger's.
    """

    answer: Answer
    known: dict[str, Known] = {}
    stored: dict[int, Known] = {}
    verdict: Verdict = Verdict()

    def and_also(self, other: "Met") -> "Met":
        """What is known of two pages of one walk."""
        moved = {**self.verdict.moved, **other.verdict.moved}
        return structs.replace(
            self,
            known={**self.known, **other.known},
            stored={**self.stored, **other.stored},
            verdict=structs.replace(self.verdict, moved=moved),
        )

    def disagrees(self, runs: Sequence[Run]) -> bool:
        """Whether ranks or notices are not as they were stored: posts are gone, or were moved."""
        listed = {headline.key: headline for headline in runs[0].sights[0].headlines}
        if any(known.pinned and known.listed not in listed for known in self.stored.values()):
            return True
        if any(key in self.known and self.known[key].pinned != row.pinned for key, row in listed.items()):
            return True
        return any(_renumbered(run.rows, standing(run.rows, self.known)) for run in runs)


def _renumbered(found: Sequence[Headline], kept: Sequence[Standing]) -> bool:
    return bool(kept) and found[kept[-1].at].number not in (None, kept[-1].known.number)


def unchanged(tx: Transaction, board: Board, answer: Answer) -> Answer:
    """The first page of a board that says it has not changed: what was stored of it, to go on from."""
    notices, missing = places.notices(tx, board.id), gaps.still_open(tx, board.id)
    rows = max(0, polls.latest_rows(tx, board.id) - len(notices))
    stored = [*notices, *places.top(tx, board.id, rows, max((gap.newer for gap in missing), default=None))]
    found = tuple(
        Headline(key=one.listed, title=one.title, url=one.url, number=one.number, pinned=one.pinned)
        for one in stored
        if one.listed is not None
    )
    reading = Reading(
        headlines=found,
        charset="",
        confidence=1,
        numbering=board.numbering,
        next_page=None,
        list_url=None,
        faults=(),
        recipe=board.recipe,
    )
    return structs.replace(answer, reading=reading)


def meet(tx: Transaction, board: Board, answer: Answer, *, deeper: bool = False, trusted: bool = False) -> Met:
    """Look a page's rows up; those of the list's first page, unless ``trusted``, must be the board's.

    A ``deeper`` page may hold nothing that is known.
    """
    if answer.reading is None:
        return Met(answer=answer)
    found, relearnt = answer.reading.headlines, answer.reading.relearnt
    keys = {headline.key for headline in found}
    stored = {known.arrival: known for known in places.around(tx, board.id, sorted(keys), top=not deeper)}
    known = {known.listed: known for known in stored.values() if known.listed in keys}
    if not relearnt and keys <= known.keys():
        return Met(answer=answer, known=known, stored=stored)
    namesakes = headlines.namesakes(tx, board.id, [headline.title for headline in found])
    if deeper and not relearnt and not namesakes:
        return Met(answer=answer, known=known, stored=stored)
    # Further down only whether keys were replaced is asked, and that anything is stored.
    latest = headlines.latest(tx, board.id, FEWEST if deeper and not relearnt else REMEMBERED)
    verdict = recognise(found, known, namesakes, latest, relearnt=relearnt)
    if verdict.stranger is not None and answer.page is not None and not trusted and (relearnt or not deeper):
        error = NeedsPersonError(verdict.stranger, stage="read listing", url=answer.page.url)
        answer = Answer(page=answer.page, error=error, quarantine=True)
    kept = {key: one for key, one in known.items() if key not in verdict.replaced}
    return Met(answer=answer, known={**kept, **verdict.moved}, stored=stored, verdict=verdict)
