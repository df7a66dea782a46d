"""A walk × the store → what changes: headlines, their places, what is gone, and the gaps that are left."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct, structs

from aggregator.changes import Changes, Known
from aggregator.coverage import Bounds, Gap, Run, Standing, absent, bounds, narrowed, placed, standing, tried
from aggregator.model import Board, Headline
from aggregator.reconcile import reconcile
from aggregator.store import Transaction, gaps, headlines, places
from aggregator.walk import Walk

# A deletion that ranks do not prove is believed when a page leaves the headline out again, about an interval later.
AGAIN = 0.8


class Landed(Struct, frozen=True, kw_only=True):
    """What a walk came to: the changes that were stored, and whether anything is left to look for."""

    changes: Changes = Changes()
    unfinished: bool = False


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
        return Landed(unfinished=board.unfinished)
    board = _relisted(tx, board, walk)
    highest = places.highest(tx, board.id) if _needs_bounds(walk) else None
    spans = [_span(tx, board, walk, run, highest) for run in walk.runs]
    changes = _changes(board, walk, spans, first=highest is None and _is_new(walk), now=now)
    if changes != Changes(same=changes.same):
        headlines.apply(tx, board, changes, now)
    left = _gaps(tx, board, walk, spans, highest, now)
    return Landed(changes=changes, unfinished=left or walk.settled is False or bool(changes.missed))


def _needs_bounds(walk: Walk) -> bool:
    """Whether a row of the list has no place yet: without news nothing is asked."""
    known = walk.met.known if walk.met is not None else {}
    return any(row.key not in known or known[row.key].place is None for run in walk.runs for row in run.rows)


def _is_new(walk: Walk) -> bool:
    return not any(standing(run.rows, walk.met.known if walk.met else {}) for run in walk.runs)


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
    around = list(stored.values())
    if len(run.sights) > 1 and kept:
        around = places.between(tx, board.id, kept[0].place, kept[-1].place)
    above, below = highest, None
    if kept and not run.top and kept[0].at:
        above = places.next_above(tx, board.id, kept[0].place)
    if kept and kept[-1].at < len(found) - 1:
        below = places.next_below(tx, board.id, kept[-1].place)
    seen = {row.key for each in walk.runs for sight in each.sights for row in sight.headlines}
    numbering = walk.answer.reading.numbering if walk.answer.reading is not None else board.numbering
    gone, missed = absent(found, kept, around, seen, numbering)
    given = placed(found, kept, top=run.top, above=above, below=below)
    return _Span(run=run, rows=found, kept=kept, places=given, below=below, gone=gone, missed=missed)


def _changes(board: Board, walk: Walk, spans: Sequence[_Span], *, first: bool, now: datetime) -> Changes:
    """What is new, changed, gone, missing or back, of all pages together."""
    known, stored = (walk.met.known, walk.met.stored) if walk.met is not None else ({}, {})
    notices = [row for row in walk.runs[0].sights[0].headlines if row.pinned]
    decided = reconcile([*notices, *(row for span in spans for row in span.rows)], known)
    seen = {row.key for span in spans for row in span.rows} | {row.key for row in notices}
    perhaps = [one for span in spans for one in span.missed] + [one for one in walk.lost if one.listed not in seen]
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
        places={key: place for span in spans for key, place in span.places.items()},
        history=frozenset() if first else _history(known, spans),
        gone=tuple(sorted(gone)),
        missed=tuple(sorted({one.arrival for one in perhaps if one.missed_at is None} - gone)),
        back=tuple(sorted(one.arrival for one in back)),
        unpinned=tuple(sorted({one.arrival for one in left} - gone)),
    )


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
) -> bool:
    """Narrow the open gaps by what was read, open a new one where the walk broke off; whether any is open."""
    still = gaps.still_open(tx, board.id) if board.unfinished else []
    left = []
    for gap in still:
        after = gap
        for span in spans:
            if span.bounds is not None and after.closed_at is None:
                after = narrowed(after, span.run, span.bounds, now)
        if after == gap and gap.id in walk.refused:
            after = tried(gap, walk.refused[gap.id], now)
        if after != gap:
            gaps.keep(tx, board.id, after)
        if after.closed_at is None:
            left.append(after)
    opened = _opened(board, spans[0], highest, now)
    if opened is not None and not any(gap.newer == opened.newer for gap in left):
        gaps.keep(tx, board.id, opened)
        left.append(opened)
    return bool(left)


def _opened(board: Board, top: _Span, highest: int | None, now: datetime) -> Gap | None:
    """The gap below a top run that broke off, or the history that a first contact leaves to be read."""
    if top.bounds is None:
        return None
    if not top.kept and highest is None:
        return first_gap(board, top.bounds.bottom, now) if not _is_first(top) else None
    if top.run.end != "broke":
        return None
    older = top.below if top.kept else highest
    if top.kept and (top.kept[-1].at == len(top.rows) - 1 or older is None):
        return None
    return Gap(newer=top.bounds.bottom, older=older, opened_at=now)


def first_gap(board: Board, bottom: int, now: datetime) -> Gap | None:
    """The history below ``bottom`` that the board's ``backfill`` asks for; None where it asks for none."""
    match board.backfill:
        case "none":
            return None
        case "all":
            return Gap(newer=bottom, history=True, opened_at=now)
        case pages if pages.isdecimal():
            return Gap(newer=bottom, history=True, pages=int(pages), opened_at=now)
        case since:
            return Gap(newer=bottom, history=True, until=_midnight(since, board), opened_at=now)


def _midnight(since: str, board: Board) -> datetime:
    return datetime.fromisoformat(since).replace(tzinfo=board.zone)
