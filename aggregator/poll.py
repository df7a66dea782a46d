"""The writing half for one board, once: fetch → decode → read listing → normalize → reconcile → store."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from aggregator.errors import GoneError, NeedsPersonError, PollError, TryLaterError
from aggregator.fetch import Fetcher
from aggregator.model import Absence, Board, BoardSpec, NotModified, Page, Poll, PollResult, Validators
from aggregator.reading import Reading, read
from aggregator.reconcile import reconcile
from aggregator.schedule import Wishes, next_poll
from aggregator.settings import PollingSettings
from aggregator.store import Store, Transaction, boards, headlines, polls

Clock = Callable[[], datetime]
# What a board gets over by itself; a login or a challenge stays until a person does something.
PASSING = frozenset[Absence | None]({"maintenance", "error"})


class Answer(Struct, frozen=True, kw_only=True):
    """What one fetch came to: the page read, or nothing new, or the error that ended it."""

    page: Page | NotModified | None = None
    reading: Reading | None = None
    error: PollError | None = None


async def look(fetcher: Fetcher, url: str, validators: Validators, *, zone: ZoneInfo, clock: Clock) -> Answer:
    """Fetch a list page and read it; an error becomes part of the answer, with the stage it happened in."""
    try:
        page = await fetcher.fetch(url, validators)
    except PollError as error:
        return Answer(error=error)
    if isinstance(page, NotModified):
        return Answer(page=page)
    reading = read(page, url=page.url, now=clock(), zone=zone)
    if reading.headlines or reading.absence == "empty":
        return Answer(page=page, reading=reading)
    why = "; ".join(reading.faults) or "the page holds no numbered listing"
    failure = TryLaterError if reading.absence in PASSING else NeedsPersonError
    return Answer(page=page, error=failure(why, stage="read listing", url=page.url, status=page.status))


async def poll(board: Board, *, fetcher: Fetcher, store: Store, clock: Clock, polling: PollingSettings) -> Poll:
    """Poll one board once and return the record; what was found and the record are stored in one transaction."""
    started = clock()
    answer = await look(fetcher, board.url, board.validators, zone=ZoneInfo(board.timezone), clock=clock)
    return await store.write(commit, board, answer, started, clock(), polling)


def adopt(
    tx: Transaction, spec: BoardSpec, answer: Answer | None, started: datetime, now: datetime, polling: PollingSettings
) -> Board:
    """Add a board; the look that its admin was shown counts as its first poll, so that adding costs one request."""
    board = boards.add(tx, spec, now)
    if answer is not None:
        commit(tx, board, answer, started, now, polling)
    return board


def commit(
    tx: Transaction, board: Board, answer: Answer, started: datetime, now: datetime, polling: PollingSettings
) -> Poll:
    """Store what a poll found, its record and the next poll's time: all of it or, on an error, nothing."""
    new = changed = 0
    if answer.reading is not None:
        found = answer.reading.headlines
        known = headlines.known(tx, board.id, [headline.key for headline in found])
        changes = reconcile(found, known)
        headlines.apply(tx, board, changes, now)
        new, changed = len(changes.new), len(changes.changed)
    record = _record(board, answer, started, now, new=new, changed=changed)
    failures = 0 if answer.error is None else board.failures + 1
    page = answer.page if answer.error is None else None
    polls.record(
        tx,
        board.id,
        record,
        next_poll_at=next_poll(board, record.result, failures, _wishes(answer, polling), now),
        validators=page.validators if page is not None else None,
        numbering=answer.reading.numbering if answer.reading is not None and answer.reading.headlines else None,
        failures=failures,
    )
    if record.result == "gone":
        boards.pause(tx, board.slug, paused=True, now=now)
    return record


def _record(board: Board, answer: Answer, started: datetime, now: datetime, *, new: int, changed: int) -> Poll:
    error = answer.error
    return Poll(
        board=board.slug,
        started_at=started,
        finished_at=now,
        result=_outcome(error, news=new + changed),
        rows=len(answer.reading.headlines) if answer.reading is not None else 0,
        new=new,
        changed=changed,
        stage=error.stage if error is not None else None,
        error=str(error) if error is not None else None,
        status=error.status if error is not None else None,
        faults=answer.reading.faults if answer.reading is not None else (),
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


def _wishes(answer: Answer, polling: PollingSettings) -> Wishes:
    return Wishes(
        floor=polling.floor,
        fresh_for=answer.page.fresh_for if answer.page is not None else None,
        retry_after=answer.error.retry_after if isinstance(answer.error, TryLaterError) else None,
    )
