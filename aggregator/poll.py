"""The writing half for one board, once: fetch → decode → read listing → normalize → reconcile → store."""

from datetime import datetime

from msgspec import structs

from aggregator.aftermath import destination, farewell, standing
from aggregator.errors import GoneError, NeedsPersonError, NotYetError, PollError, TryLaterError
from aggregator.fetch import Fetcher
from aggregator.look import Answer, Clock, look
from aggregator.manners import Seen
from aggregator.model import Board, BoardSpec, NotModified, Page, Poll, PollResult, Validators
from aggregator.reading import Reading
from aggregator.recipe import Recipe
from aggregator.schedule import Wishes, next_poll
from aggregator.schedule.adaptive import counted
from aggregator.settings import PollingSettings
from aggregator.store import Store, Transaction, boards, polls
from aggregator.timing import Tempo
from aggregator.walk import Budget, Walk, at_once, walk
from aggregator.walk.landing import Landed, land
from aggregator.walk.meeting import meet


async def poll(board: Board, *, fetcher: Fetcher, store: Store, clock: Clock, polling: PollingSettings) -> Poll:
    """Poll one board once and return the record; what was found and the record are stored in one transaction."""
    started = clock()
    manners, zone = board.manners, board.zone
    seen = Seen() if board.needed else board.standing.seen
    answer = await look(
        fetcher, board.url, board.asking, zone=zone, clock=clock, recipe=board.recipe, manners=manners, seen=seen
    )
    answer = _still(board, answer)
    recipe = answer.reading.recipe if answer.reading is not None else board.recipe

    async def visit(url: str, validators: Validators) -> Answer:
        return await look(fetcher, url, validators, zone=zone, clock=clock, recipe=recipe, manners=manners)

    budget = Budget(
        pages=manners.pages or polling.pages,
        bytes=polling.walk_bytes,
        seconds=polling.walk_time,
        host_pages=polling.host_pages,
    )
    walked = Walk(answer=answer)
    if answer.error is None:
        walked = await walk(board, answer, visit=visit, store=store, clock=clock, budget=budget)
    return await store.write(commit, board, walked, started, clock(), polling)


def relearn(tx: Transaction, board: Board, answer: Answer, now: datetime, polling: PollingSettings) -> Poll:
    """Take what a page holds now for the board's, whatever is stored: an admin has looked at it."""
    if answer.reading is not None:
        boards.teach(tx, board.slug, answer.reading.recipe, now)
    return take(tx, board, answer, now, now, polling, trusted=True)


def adopt(
    tx: Transaction, spec: BoardSpec, answer: Answer | None, started: datetime, now: datetime, polling: PollingSettings
) -> Board:
    """Add a board; the look that its admin was shown counts as its first poll, so that adding costs one request."""
    board = boards.add(tx, spec, now)
    if answer is not None:
        take(tx, board, answer, started, now, polling)
    return board


def take(
    tx: Transaction,
    board: Board,
    answer: Answer,
    started: datetime,
    now: datetime,
    polling: PollingSettings,
    *,
    trusted: bool = False,
) -> Poll:
    """Store the list's first page alone; a ``trusted`` one is the board's whatever is stored."""
    held = answer.reading is not None and answer.reading.headlines
    seen = at_once(answer, meet(tx, board, answer, trusted=trusted)) if held else Walk(answer=answer)
    return commit(tx, board, seen, started, now, polling)


def commit(
    tx: Transaction, board: Board, seen: Walk, started: datetime, now: datetime, polling: PollingSettings
) -> Poll:
    """Store what a poll found, its record and the next poll's time: all of it or, on an error, nothing."""
    landed, answer = land(tx, board, seen, now), seen.answer
    record = _record(board, seen, landed, started, now)
    stands = structs.replace(
        standing(board, answer.page, answer.error, now), only_page=_only_page(board, seen), seen=_seen(board, seen)
    )
    tempo = _tempo(board, seen, landed, now)
    board = structs.replace(board, standing=stands, tempo=tempo or board.tempo)
    failures = _failures(board, answer.error)
    wishes = _wishes(answer, polling, landed)
    after = polls.After(
        next_poll_at=next_poll(board, record.result, failures, wishes, now),
        standing=board.standing,
        validators=_validators(seen),
        numbering=answer.reading.numbering if answer.reading is not None and answer.reading.headlines else None,
        failures=failures,
        recipe=_learnt(board, answer.reading),
        quarantine=_quarantine(board, answer, now),
        unfinished=landed.unfinished,
        unsettled=landed.unsettled,
        pager=seen.pager,
        tempo=tempo,
    )
    times = polls.record(tx, board.id, record, after)
    as_it_is = structs.replace(board, **structs.asdict(times))
    if as_it_is != board:
        # Somebody has changed them while it was being polled.
        polls.postpone(tx, board.id, next_poll(as_it_is, record.result, failures, wishes, now))
    _follow(tx, board, answer.error, now)
    return record


def _tempo(board: Board, seen: Walk, landed: Landed, now: datetime) -> Tempo | None:
    """What is known of how its news arrive, for boards whose interval depends on it; a failure says nothing of that."""
    if not board.timing.adaptive or seen.answer.error is not None:
        return None
    rows = seen.runs[0].sights[0].own if seen.runs else []
    new = len(landed.changes.new) - len(landed.changes.history)
    ranked = rows and seen.answer.reading is not None and seen.answer.reading.numbering == "rank"
    top = rows[0].number if ranked else board.tempo.top
    return counted(board.tempo, new, len(rows) or board.tempo.rows, top, board.zone, now)


def _still(board: Board, answer: Answer) -> Answer:
    """A page that could not be read and has not changed since can still not be read."""
    unread = board.standing.unread
    if unread is None or not isinstance(answer.page, NotModified):
        return answer
    failure = NeedsPersonError if unread.person else TryLaterError
    error = failure(unread.why, stage="read listing", url=answer.page.url, status=304)
    return Answer(page=answer.page, error=error, quarantine=board.quarantined_since is not None)


def _only_page(board: Board, seen: Walk) -> bool:
    """Whether the first page links no other, as it was when it was read last: asking for it again finds none."""
    if not isinstance(seen.answer.page, Page) or not seen.runs:
        return board.standing.only_page
    return seen.alone


def _seen(board: Board, seen: Walk) -> Seen:
    """What to tell the first page by, next time; nothing where it was not taken, or tells no news of the second."""
    if not isinstance(seen.answer.page, Page):
        return board.standing.seen
    taken = seen.answer.error is None and seen.answer.reading is not None and not _is_filled(seen)
    return seen.answer.reading.seen if taken and seen.answer.reading is not None else Seen()


def _is_filled(seen: Walk) -> bool:
    """Whether notices fill the first page, which tells no news of the second."""
    return bool(seen.runs) and not seen.runs[0].sights[0].own and len(seen.runs[0].sights) > 1


def _failures(board: Board, error: PollError | None) -> int:
    """Failures in a row; where nothing was asked there was none."""
    if isinstance(error, NotYetError):
        return board.failures
    return board.failures + 1 if error is not None else 0


def _follow(tx: Transaction, board: Board, error: PollError | None, now: datetime) -> None:
    """Read the board where it has moved to, or stop polling it."""
    notice = farewell(board, error, now)
    if (url := destination(board, now)) is not None:
        taken = boards.by_url(tx, url)
        if taken is None or taken.id == board.id:
            boards.repoint(tx, board, url, now)
        else:
            notice = f"stopped: it has moved to {url}, which the board {taken.slug!r} reads"
    if notice is not None:
        boards.stop(tx, board, notice)


def _validators(seen: Walk) -> Validators | None:
    """What to ask with next time; nothing where notices fill the first page."""
    page = seen.answer.page
    return None if page is None else Validators() if _is_filled(seen) else page.validators


def _learnt(board: Board, reading: Reading | None) -> Recipe | None:
    """The recipe to keep: a page without a list teaches nothing."""
    if reading is None or not reading.headlines or reading.recipe == board.recipe:
        return None
    return reading.recipe


def _quarantine(board: Board, answer: Answer, now: datetime) -> tuple[datetime, str] | None:
    """Since when and why nothing is taken from the board's page; a failing network says nothing about the page."""
    if answer.error is None:
        return None
    if answer.quarantine:
        return board.quarantined_since or now, str(answer.error)
    return (board.quarantined_since, board.quarantine or "") if board.quarantined_since is not None else None


def _record(board: Board, seen: Walk, landed: Landed, started: datetime, now: datetime) -> Poll:
    error, reading = seen.answer.error, seen.answer.reading
    new, changed, gone = (len(part) for part in (landed.changes.new, landed.changes.changed, landed.changes.gone))
    return Poll(
        board=board.slug,
        started_at=started,
        finished_at=now,
        result=_outcome(error, news=new + changed + gone),
        rows=len(reading.headlines) if reading is not None else 0,
        new=new,
        changed=changed,
        gone=gone,
        pages=0 if isinstance(error, NotYetError) else seen.pages,
        stage=error.stage if error is not None else None,
        error=str(error) if error is not None else None,
        status=error.status if error is not None else None,
        faults=(*board.manners.liberties, *(reading.faults if reading is not None else ()), *seen.faults),
    )


def _outcome(error: PollError | None, *, news: int) -> PollResult:
    match error:
        case None:
            return "changed" if news else "unchanged"
        case TryLaterError():
            return "later"
        case GoneError():
            return "gone"
        case _:
            return "person"


def _wishes(answer: Answer, polling: PollingSettings, landed: Landed) -> Wishes:
    return Wishes(
        floor=polling.floor,
        fresh_for=answer.page.fresh_for if answer.page is not None else None,
        retry_after=answer.error.retry_after if answer.error is not None else None,
        more=landed.more,
    )
