"""A walk × the store → what changes: headlines, their places, what is gone, and the gaps that are left."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct, structs

from aggregator.changes import Changes, Known
from aggregator.coverage import Bounds, Run, Standing, absent, bounds, placed, standing
from aggregator.gaps import Gap, narrowed, tried
from aggregator.history import asked
from aggregator.model import Board, Headline, Numbering
from aggregator.reconcile import CALM, reconcile, steadied
from aggregator.store import Transaction, gaps, headlines, places, revisions
from aggregator.walk import Walk

# A deletion that ranks do not prove is believed when a page leaves the headline out again, about an interval later.
AGAIN = 0.8


class Landed(Struct, frozen=True, kw_only=True):
    """What a walk came to: the changes that were stored, and whether anything is left to look for.

    ``unfinished``: gaps are open or something was missed once. ``unsettled``: ranks are to be compared once more.
    ``more``: of a gap there is more to be read at once, by a poll that comes sooner than usual.
    """

    changes: Changes = Changes()
    unfinished: bool = False
    unsettled: bool = False
    more: bool = False


class _Span(Struct, frozen=True, kw_only=True):
    """A run with its rows, those that stand where they stood, the places of the others, and what it left out."""

    run: Run
    rows: list[Headline]
    kept: list[Standing]
    places: dict[str, int]
    below: int | None
    gone: list[Known]
    missed: list[Known]

    @property
    def bounds(self) -> Bounds | None:
        return bounds(self.rows, self.kept, self.places)


def land(tx: Transaction, board: Board, walk: Walk, now: datetime) -> Landed:
    """Store what a walk saw, all of it in the poll's transaction."""
    met = walk.met
    if met is None or met.answer.error is not None:
        return Landed(unfinished=board.unfinished, unsettled=board.unsettled)
    board = _relisted(tx, board, walk)
    highest = places.highest(tx, board.id) if _needs_bounds(walk) else None
    spans = [_span(tx, board, walk, run, highest) for run in walk.runs]
    # What joins nothing that is known has no place yet; a later walk will meet it.
    spans = [span for span in spans if span.bounds is not None or (span.run.top and span.run.end == "ended")]
    changes = _changes(board, walk, spans, first=highest is None and _is_new(walk), now=now)
    if changes.changed:
        changes = steadied(
            changes, met.known, revisions.since(tx, [met.known[row.key].arrival for row in changes.changed], now - CALM)
        )
    if changes != Changes(same=changes.same):
        headlines.apply(tx, board, changes, now)
    left = _gaps(tx, board, walk, spans, highest, now)
    doubted = any(one.arrival not in changes.gone for one in _perhaps(walk, spans))
    # What is gone, or was taken for it, may have hidden another from the count, and what moved meanwhile may be gone.
    counted = (*changes.gone, *changes.back, *changes.unpinned, *walk.lost)
    # So may a former notice that is met in the list: it had no place when stored rows were counted.
    came = any(key in met.known and met.known[key].place is None for key in changes.places)
    moved = bool(counted) or came or any(run.moved for run in walk.runs)
    again = walk.settled is False or (moved and _numbering(board, walk) == "rank")
    more = any(not gap.tries for gap in left)
    return Landed(changes=changes, unfinished=bool(left) or doubted, unsettled=again, more=more)


def _needs_bounds(walk: Walk) -> bool:
    """Whether a row of the list has no place yet: without news nothing is asked."""
    known = walk.met.known if walk.met is not None else {}
    return any(row.key not in known or known[row.key].place is None for run in walk.runs for row in run.rows)


def _is_new(walk: Walk) -> bool:
    return not any(standing(run.rows, walk.met.known if walk.met else {}) for run in walk.runs)


def _numbering(board: Board, walk: Walk) -> Numbering:
    return walk.answer.reading.numbering if walk.answer.reading is not None else board.numbering


def _relisted(tx: Transaction, board: Board, walk: Walk) -> Board:
    """Take over the keys under which the board lists known headlines now."""
    verdict = walk.met.verdict if walk.met is not None else None
    if verdict is None or not verdict.moved or walk.met is None:
        return board
    kept = [key for key in walk.met.known if key not in verdict.moved]
    headlines.relist(tx, board, verdict.moved, kept, rekeyed=verdict.rekeyed)
    return structs.replace(board, keys_changed=board.keys_changed + verdict.rekeyed)


def _span(tx: Transaction, board: Board, walk: Walk, run: Run, highest: int | None) -> _Span:
    known, stored = (walk.met.known, walk.met.stored) if walk.met is not None else ({}, {})
    found = run.rows
    kept = standing(found, known)
    high = None if run.top or not kept else kept[0].place
    around: list[Known] = []
    if run.end == "ended" and (kept or run.top):
        around = places.between(tx, board.id, high, None)
    elif len(run.sights) > 1 and kept:
        around = places.between(tx, board.id, high, kept[-1].place)
    above, below = highest, None
    if kept and not run.top and kept[0].at:
        above = places.next_above(tx, board.id, kept[0].place)
    floor = kept[-1].place if kept else None
    if floor is not None and kept[-1].at < len(found) - 1:
        # What stands below the last kept row came after what was lost there.
        missing = [one.place for one in walk.lost if one.place is not None and one.place < floor]
        floor = min([floor, *missing])
        below = places.next_below(tx, board.id, floor)
    seen = {row.key for each in walk.runs for sight in each.sights for row in sight.headlines} | walk.pinned
    stood = {**stored, **{known.arrival: known for known in around}}
    gone, missed = absent(run, found, kept, stood.values(), seen, _numbering(board, walk))
    left_out = {one.place for one in [*gone, *missed] if one.place is not None}
    given = placed(found, kept, top=run.top, above=above, floor=floor, below=below, missing=left_out)
    return _Span(run=run, rows=found, kept=kept, places=given, below=below, gone=gone, missed=missed)


def _changes(board: Board, walk: Walk, spans: Sequence[_Span], *, first: bool, now: datetime) -> Changes:
    """What is new, changed, gone, missing or back, of all pages together."""
    known, stored = (walk.met.known, walk.met.stored) if walk.met is not None else ({}, {})
    notices = _notices(walk)
    decided = reconcile([*notices, *(row for span in spans for row in span.rows)], known)
    seen = {row.key for span in spans for row in span.rows} | {row.key for row in notices} | walk.pinned
    perhaps = _perhaps(walk, spans)
    again = now - board.every * AGAIN
    sure = [one for one in perhaps if one.missed_at is not None and one.missed_at <= again]
    left = [one for one in stored.values() if one.pinned and one.deleted_at is None and one.listed not in seen]
    # A notice that was never met in the list may have gone back to where nobody has looked yet.
    deep = [one for one in left if one.place is None]
    ended = any(span.run.end == "ended" or _is_first(span) for span in spans)
    dead = deep if walk.settled and ended else []
    gone = {one.arrival for one in [*(one for span in spans for one in span.gone), *sure, *dead]}
    back = [one for key, one in known.items() if key in seen and (one.deleted_at or one.missed_at)]
    return structs.replace(
        decided,
        # What two runs show belongs to the upper one.
        places={key: place for span in reversed(spans) for key, place in span.places.items()},
        history=frozenset() if first else _history(known, spans),
        gone=tuple(sorted(gone)),
        missed=tuple(sorted({one.arrival for one in perhaps if one.missed_at is None} - gone)),
        back=tuple(sorted(one.arrival for one in back)),
        unpinned=tuple(sorted({one.arrival for one in left} - gone)),
    )


def _perhaps(walk: Walk, spans: Sequence[_Span]) -> list[Known]:
    """What the pages left out without proof that it is gone."""
    seen = {row.key for span in spans for row in span.rows} | {row.key for row in _notices(walk)} | walk.pinned
    return [one for span in spans for one in span.missed] + [one for one in walk.lost if one.listed not in seen]


def _notices(walk: Walk) -> list[Headline]:
    """The notices of all pages: where there are many they may fill more than the first."""
    shown = (row for run in walk.runs for sight in run.sights for row in sight.headlines)
    return list({row.key: row for row in shown if row.pinned}.values())


def _is_first(span: _Span) -> bool:
    """Whether the span goes down to the board's first post."""
    return bool(span.rows) and span.rows[-1].number == 1


def _history(known: Mapping[str, Known], spans: Sequence[_Span]) -> frozenset[str]:
    """The unknown rows below everything that is stored: older than the board's first contact."""
    return frozenset(
        row.key
        for span in spans
        if span.kept and span.below is None
        for row in span.rows[span.kept[-1].at + 1 :]
        if row.key not in known
    )


def _gaps(
    tx: Transaction, board: Board, walk: Walk, spans: Sequence[_Span], highest: int | None, now: datetime
) -> list[Gap]:
    """Narrow the open gaps by what was read, open a new one where the walk broke off; those that are open then."""
    still = gaps.still_open(tx, board.id) if board.unfinished else []
    left = []
    for gap in still:
        after = _after(gap, walk, spans, now)
        if after != gap:
            gaps.keep(tx, board.id, after)
        if after.closed_at is None:
            left.append(after)
    top = next((span for span in spans if span.run.top), None)
    opened = _opened(board, top, highest, now) if top is not None else None
    if opened is not None and not any(gap.newer == opened.newer for gap in left):
        gaps.keep(tx, board.id, opened)
        left.append(opened)
    return left


def _after(gap: Gap, walk: Walk, spans: Sequence[_Span], now: datetime) -> Gap:
    """What a walk left of a gap."""
    after = gap
    for span in spans:
        if span.bounds is not None and after.closed_at is None:
            after = narrowed(after, span.run, span.bounds, walk.aims.get(gap.id), now)
    if after == gap and gap.id in walk.refused:
        after = tried(gap, walk.refused[gap.id], now)
    # A page that only its URL leads to is where it was.
    moved = after.newer != gap.newer or gap.id not in walk.aims or not walk.pager
    return after if moved else structs.replace(after, page=walk.aims[gap.id])


def _opened(board: Board, top: _Span, highest: int | None, now: datetime) -> Gap | None:
    """The gap below a top run that broke off, or the history that a first contact leaves to be read."""
    if top.bounds is None:
        return None
    last = top.run.sights[-1]
    if not top.kept and highest is None:
        history = asked(board, top.bounds.bottom, now) if top.run.end != "ended" else None
        return history and structs.replace(history, page=last.page, url=last.url)
    if top.run.end != "broke":
        return None
    older = top.below if top.kept else highest
    if top.kept and (top.kept[-1].at == len(top.rows) - 1 or older is None):
        return None
    return Gap(newer=top.bounds.bottom, older=older, page=last.page, url=last.url, opened_at=now)
