"""The writing half for one board, once: fetch → decode → read listing → normalize → reconcile → store."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from aggregator.apart import is_large, read_apart
from aggregator.errors import GoneError, NeedsPersonError, PollError, TryLaterError
from aggregator.fetch import Fetcher
from aggregator.model import Absence, Board, BoardSpec, Changes, Known, NotModified, Page, Poll, PollResult, Validators
from aggregator.reading import Reading, read
from aggregator.recipe import Recipe
from aggregator.recognition import Verdict, recognise
from aggregator.reconcile import reconcile
from aggregator.schedule import Wishes, next_poll
from aggregator.settings import PollingSettings
from aggregator.store import Store, Transaction, boards, headlines, polls

Clock = Callable[[], datetime]
# What a board gets over by itself; a login or a challenge stays until a person does something.
REMEMBERED = 100
"""Headlines of a board, the newest, that must be among those of its page unless newer ones pushed them off."""
NO_HEADERS = MappingProxyType[str, str]({})
PASSING = frozenset[Absence | None]({"maintenance", "error"})


class Answer(Struct, frozen=True, kw_only=True):
    """What one fetch came to: the page read, or nothing new, or the error that ended it.

    ``quarantine``: the page answered, and is not what the board was.
    """

    page: Page | NotModified | None = None
    reading: Reading | None = None
    error: PollError | None = None
    quarantine: bool = False


async def look(
    fetcher: Fetcher, url: str, validators: Validators, *, zone: ZoneInfo, clock: Clock, recipe: Recipe | None = None
) -> Answer:
    """Fetch a list page and read it; an error becomes part of the answer, with the stage it happened in."""
    try:
        page = await fetcher.fetch(url, validators, recipe.headers if recipe is not None else NO_HEADERS)
    except PollError as error:
        return Answer(error=error)
    if isinstance(page, NotModified):
        return Answer(page=page)
    reading = None if is_large(page) else read(page, url=page.url, now=clock(), zone=zone, recipe=recipe)
    if reading is None or reading.suspect:
        reading = await read_apart(page, now=clock(), zone=zone, recipe=recipe)
    return answered(page, reading)


def answered(page: Page, reading: Reading | None) -> Answer:
    """Judge what was read: a page without a listing is an error that says why, unless the list is merely empty.

    None: it could not be read in the time there is.
    """
    if reading is None:
        slow = NeedsPersonError("the page takes too long to read", stage="read listing", url=page.url)
        return Answer(page=page, error=slow)
    if reading.headlines or reading.absence == "empty":
        return Answer(page=page, reading=reading)
    failure = TryLaterError if reading.absence in PASSING else NeedsPersonError
    failed = failure(_why(reading), stage="read listing", url=page.url, status=page.status)
    return Answer(page=page, error=failed, quarantine=reading.misfit is not None and reading.absence is None)


def _why(reading: Reading) -> str:
    """Why a page has no headlines: what its recipe missed, then what else was found out."""
    said = [f"the recipe does not fit: {reading.misfit}"] if reading.misfit is not None else []
    if reading.native_feed is not None:
        said.append(f"the page announces a feed of its own: {reading.native_feed}")
    return "; ".join([*said, *reading.faults]) or "the page holds no numbered listing"


async def poll(board: Board, *, fetcher: Fetcher, store: Store, clock: Clock, polling: PollingSettings) -> Poll:
    """Poll one board once and return the record; what was found and the record are stored in one transaction."""
    started = clock()
    zone = ZoneInfo(board.timezone)
    answer = await look(fetcher, board.url, board.validators, zone=zone, clock=clock, recipe=board.recipe)
    return await store.write(commit, board, answer, started, clock(), polling)


def relearn(tx: Transaction, board: Board, answer: Answer, now: datetime, polling: PollingSettings) -> Poll:
    """Take what a page holds now for the board's, whatever is stored: an admin has looked at it."""
    if answer.reading is not None:
        boards.teach(tx, board.slug, answer.reading.recipe, now)
    return commit(tx, board, answer, now, now, polling, trusted=True)


def adopt(
    tx: Transaction, spec: BoardSpec, answer: Answer | None, started: datetime, now: datetime, polling: PollingSettings
) -> Board:
    """Add a board; the look that its admin was shown counts as its first poll, so that adding costs one request."""
    board = boards.add(tx, spec, now)
    if answer is not None:
        commit(tx, board, answer, started, now, polling)
    return board


def commit(
    tx: Transaction,
    board: Board,
    answer: Answer,
    started: datetime,
    now: datetime,
    polling: PollingSettings,
    *,
    trusted: bool = False,
) -> Poll:
    """Store what a poll found, its record and the next poll's time: all of it or, on an error, nothing.

    A ``trusted`` page is the board's whatever is stored.
    """
    answer, changes = _stored(tx, board, answer, now, trusted=trusted)
    new, changed = len(changes.new), len(changes.changed)
    record = _record(board, answer, started, now, new=new, changed=changed)
    failures = 0 if answer.error is None else board.failures + 1
    page = answer.page if answer.error is None else None
    after = polls.After(
        next_poll_at=next_poll(board, record.result, failures, _wishes(answer, polling), now),
        validators=page.validators if page is not None else None,
        numbering=answer.reading.numbering if answer.reading is not None and answer.reading.headlines else None,
        failures=failures,
        recipe=_learnt(board, answer.reading),
        quarantine=_quarantine(board, answer, now),
    )
    polls.record(tx, board.id, record, after)
    if record.result == "gone":
        boards.pause(tx, board.slug, paused=True, now=now)
    return record


def _stored(tx: Transaction, board: Board, answer: Answer, now: datetime, *, trusted: bool) -> tuple[Answer, Changes]:
    """Store the rows of a page that is still the board's; one that is not becomes an error, and changes nothing."""
    if answer.reading is None:
        return answer, Changes()
    found, relearnt = answer.reading.headlines, answer.reading.relearnt
    known = headlines.known(tx, board.id, [headline.key for headline in found])
    if relearnt or any(headline.key not in known for headline in found):
        namesakes = headlines.namesakes(tx, board.id, [headline.title for headline in found])
        verdict = recognise(found, known, namesakes, headlines.latest(tx, board.id, REMEMBERED), relearnt=relearnt)
        if verdict.stranger is not None and answer.page is not None and not trusted:
            error = NeedsPersonError(verdict.stranger, stage="read listing", url=answer.page.url)
            return Answer(page=answer.page, error=error, quarantine=True), Changes()
        board, known = _relisted(tx, board, verdict, known)
    changes = reconcile(found, known)
    headlines.apply(tx, board, changes, now)
    return answer, changes


def _relisted(
    tx: Transaction, board: Board, verdict: Verdict, known: Mapping[str, Known]
) -> tuple[Board, dict[str, Known]]:
    """Take over the keys under which the board lists known headlines now."""
    kept = {key: stored for key, stored in known.items() if key not in verdict.replaced}
    if verdict.moved:
        headlines.relist(tx, board, verdict.moved, list(kept), rekeyed=verdict.rekeyed)
    changed = board.keys_changed + verdict.rekeyed
    return structs.replace(board, keys_changed=changed), {**kept, **verdict.moved}


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
