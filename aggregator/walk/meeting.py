"""A page's rows × the store: which are known, what stands around them, and whether this is still the board."""

from msgspec import Struct, structs

from aggregator.changes import Known
from aggregator.coverage import Run, standing
from aggregator.errors import NeedsPersonError
from aggregator.look import Answer
from aggregator.model import Board, Numbering
from aggregator.recognition import Verdict, recognise
from aggregator.store import Transaction, headlines, places

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

    def unfinished(self, board: Board, top: Run, numbering: Numbering) -> bool:
        """Whether there is more to look for than the newest rows: gaps, or ranks and notices that have changed."""
        if board.unfinished or top.end == "broke":
            return True
        if numbering != "rank":
            return False
        listed = {headline.key: headline for headline in top.sights[0].headlines}
        if any(known.pinned and known.listed not in listed for known in self.stored.values()):
            return True
        if any(key in self.known and self.known[key].pinned != row.pinned for key, row in listed.items()):
            return True
        found = top.rows
        kept = standing(found, self.known)
        return bool(kept) and found[kept[-1].at].number not in (None, kept[-1].known.number)


def meet(tx: Transaction, board: Board, answer: Answer, *, deeper: bool = False, trusted: bool = False) -> Met:
    """Look a page's rows up; those of the list's first page, unless ``trusted``, must be the board's.

    A ``deeper`` page may hold nothing that is known.
    """
    if answer.reading is None:
        return Met(answer=answer)
    found, relearnt = answer.reading.headlines, answer.reading.relearnt
    keys = {headline.key for headline in found}
    stored = {known.arrival: known for known in places.around(tx, board.id, sorted(keys))}
    known = {known.listed: known for known in stored.values() if known.listed in keys}
    if not relearnt and keys <= known.keys():
        return Met(answer=answer, known=known, stored=stored)
    namesakes = headlines.namesakes(tx, board.id, [headline.title for headline in found])
    verdict = recognise(found, known, namesakes, headlines.latest(tx, board.id, REMEMBERED), relearnt=relearnt)
    if verdict.stranger is not None and answer.page is not None and not trusted and (relearnt or not deeper):
        error = NeedsPersonError(verdict.stranger, stage="read listing", url=answer.page.url)
        answer = Answer(page=answer.page, error=error, quarantine=True)
    kept = {key: one for key, one in known.items() if key not in verdict.replaced}
    return Met(answer=answer, known={**kept, **verdict.moved}, stored=stored, verdict=verdict)
