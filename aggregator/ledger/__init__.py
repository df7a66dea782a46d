"""Rows, gaps and polls → what is known of a board's list, what is not, and what can be claimed with proof.

Everything is counted from what is stored, nothing taken from a counter: the audit would not find a mistake otherwise.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from aggregator.gaps import Gap
from aggregator.ledger.claim import Claim, Held, Top, sentence, unheld
from aggregator.model import Board

__all__ = ["Claim", "Held", "Ledger", "Missing", "Polled", "Range", "Renumbered", "Tally", "Walks", "ledger", "unheld"]

State = Literal["open", "closed", "unreachable"]


class Tally(Struct, frozen=True, kw_only=True):
    """How many headlines are stored: ``standing`` in the list, ``notices``, ``tombstones`` (the last one ``gone_at``).

    ``history`` of them are older than the first contact, ``missed`` were left out once; ``unplaced`` were not met in
    the list yet, the youngest of them dated ``unplaced_at``. ``relisted`` are listed under another key than their own,
    ``unlisted`` not met since keys changed.
    """

    standing: int = 0
    notices: int = 0
    tombstones: int = 0
    gone_at: datetime | None = None
    history: int = 0
    missed: int = 0
    unplaced: int = 0
    unplaced_at: datetime | None = None
    relisted: int = 0
    unlisted: int = 0


class Walks(Struct, frozen=True, kw_only=True):
    """Of so many ``polls`` that are on record those that read more than one page, all their pages, and the most."""

    polls: int = 0
    walks: int = 0
    pages: int = 0
    longest: int = 0
    last_at: datetime | None = None


class Polled(Struct, frozen=True, kw_only=True):
    """The record of a board's polls: when it last answered, what then failed, and the rows of its newest page."""

    walks: Walks = Walks()
    at: datetime | None = None
    failure: str | None = None
    rows: int = 0


class Range(Struct, frozen=True, kw_only=True):
    """Headlines with nothing unseen between them; numbers as they were printed when the rows were met last."""

    count: int = 0
    high: int | None = None
    low: int | None = None
    newest: datetime
    oldest: datetime


class Missing(Struct, frozen=True, kw_only=True):
    """A gap, between the headlines numbered ``above`` and ``below``.

    What is left to read of it, where that is known: ``rows`` as the ranks were printed last, ``pages``, or what is not
    older than ``until``. ``reason``: why it was given up.
    """

    state: State
    history: bool
    opened_at: datetime
    closed_at: datetime | None = None
    reason: str | None = None
    above: int | None = None
    below: int | None = None
    rows: int | None = None
    pages: int | None = None
    until: datetime | None = None
    tries: int = 0


class Renumbered(Struct, frozen=True, kw_only=True):
    """How often the board's keys were replaced, and by how much ranks have fallen since rows were met last."""

    keys_changed: int = 0
    ranks_fallen: int = 0


class Ledger(Struct, frozen=True, kw_only=True):
    """All that is known of a board's list. ``claim`` is None exactly where something stands ``against`` it.

    ``sentence`` says the one or the other. ``ranges`` from the top down; ``gaps`` that were not read, newest first;
    ``closed`` is how many were. ``unread`` headlines are in open gaps, as far as ranks tell.
    """

    board: str
    name: str
    numbering: str
    sentence: str
    claim: Claim | None
    against: tuple[str, ...]
    polled_at: datetime | None
    headlines: Tally
    ranges: tuple[Range, ...]
    gaps: tuple[Missing, ...]
    open: int
    unreachable: int
    closed: int
    unread: int
    walks: Walks
    renumbered: Renumbered


def ledger(board: Board, tally: Tally, held: Iterable[Held], gaps: Sequence[Gap], polled: Polled) -> Ledger:
    """The ledger of a board: of its rows that have a place, gone ones too, from the top down, each looked at once."""
    unread = sorted(
        (gap for gap in gaps if gap.closed_at is None or gap.reason is not None), key=lambda gap: -gap.newer
    )
    floor = unread[0].newer if unread else None
    top = Top(board.numbering, floor=floor, page=max(0, polled.rows - tally.notices))
    stretches = _stretches(top, held, [-gap.newer for gap in unread])
    missing = tuple(_missing(board, gap, *stretches[at : at + 2]) for at, gap in enumerate(unread))
    still = [gap for gap in missing if gap.state == "open"]
    claim = top.claim([(gap.newer, gap.closed_at) for gap in gaps if gap.closed_at is not None and gap.reason is None])
    against = _against(board, top, claim, polled, _strays(board, tally, claim))
    rows = sum(gap.rows or 0 for gap in still)
    return Ledger(
        board=board.slug,
        name=board.name,
        numbering=board.numbering,
        sentence=_sentence(board, claim, against, len(still), rows),
        claim=None if against else claim,
        against=against,
        polled_at=polled.at,
        headlines=tally,
        ranges=tuple(stretch for stretch in stretches if stretch is not None),
        gaps=missing,
        open=len(still),
        unreachable=len(missing) - len(still),
        closed=len(gaps) - len(missing),
        unread=rows,
        walks=polled.walks,
        renumbered=Renumbered(keys_changed=board.keys_changed, ranks_fallen=top.fallen),
    )


class _Stretch:
    """Rows between two gaps, as they are added from the top down."""

    def __init__(self) -> None:
        self.count = 0
        self.first: Held | None = None
        self.last: Held | None = None
        self.high: int | None = None
        self.low: int | None = None

    def add(self, row: Held) -> None:
        self.count += 1
        self.first, self.last = self.first or row, row
        if row.number is not None:
            self.high, self.low = row.number if self.high is None else self.high, row.number

    def range(self) -> Range | None:
        if self.first is None or self.last is None:
            return None
        newest, oldest = self.first.moment, self.last.moment
        return Range(count=self.count, high=self.high, low=self.low, newest=newest, oldest=oldest)


def _stretches(top: Top, held: Iterable[Held], floors: Sequence[int]) -> list[Range | None]:
    """The rows above each gap and below the last one; ``floors`` are the gaps' upper places, negative and rising."""
    stretches = [_Stretch() for _ in range(len(floors) + 1)]
    for row in held:
        top.add(row)
        if row.stands:
            stretches[bisect_left(floors, -row.place)].add(row)
    return [stretch.range() for stretch in stretches]


def _missing(board: Board, gap: Gap, upper: Range | None, lower: Range | None) -> Missing:
    above, below = upper.low if upper is not None else None, lower.high if lower is not None else None
    rows = None
    if board.numbering == "rank" and above is not None:
        under = below if below is not None else (0 if gap.older is None else None)
        rows = None if under is None else max(0, above - under - 1)
    return Missing(
        state="open" if gap.closed_at is None else "unreachable",
        history=gap.history,
        opened_at=gap.opened_at,
        closed_at=gap.closed_at,
        reason=gap.reason,
        above=above,
        below=below,
        rows=rows,
        pages=gap.pages,
        until=gap.until,
        tries=gap.tries,
    )


def _strays(board: Board, tally: Tally, claim: Claim | None) -> bool:
    """Whether a headline that left the notices stands in the stretch, nobody knows where: ranks would tell."""
    youngest = tally.unplaced_at
    return board.numbering != "rank" and claim is not None and youngest is not None and youngest >= claim.back_to


def _against(
    board: Board,
    top: Top,
    claim: Claim | None,
    polled: Polled,
    strays: bool,  # noqa: FBT001 - as said above
) -> tuple[str, ...]:
    """What keeps the claim from being made, in words."""
    if polled.at is None:
        return ("it was never polled",)
    missed = f"{_counted(top.missed, 'headline')} left out by a page once"
    stands = (
        (claim is None, "nothing is stored that its list shows now"),
        (board.quarantined_since is not None, f"nothing is taken from its page: {board.quarantine}"),
        (polled.failure is not None and board.quarantined_since is None, f"the last poll failed: {polled.failure}"),
        (board.unsettled, "ranks are still to be compared with what is stored"),
        (top.missed > 0, missed),
        (strays, "a headline that was a notice was not met in the list since"),
    )
    return tuple(words for holds, words in stands if holds)


def _sentence(board: Board, claim: Claim | None, against: Sequence[str], still: int, unread: int) -> str:
    if claim is not None and not against:
        return sentence(claim, board.zone)
    left = [f"{_counted(still, 'gap')} open"] if still else []
    left += [f"{_counted(unread, 'headline')} to read"] if unread else []
    return f"not complete: {', '.join([*against, *left])}"


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
