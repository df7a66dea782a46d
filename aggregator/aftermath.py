"""What an answer means for its board beyond the headlines: when, where and whether it is asked again; pure."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from msgspec import structs

from aggregator.errors import GoneError, NeedsPersonError, NotYetError, PollError
from aggregator.manners import MOVING_FOR, SAME_SITE_SIGHTINGS, SIGHTINGS, Move, Standing, Unread
from aggregator.model import Board, NotModified, Page

# So long a page may be missing before nobody asks for it any more (CONFORMANCE.md E7).
MISSING_FOR = timedelta(days=14)
# A longer wish is read as this one (CONFORMANCE.md E5).
LONGEST_WISH = timedelta(days=7)
_MISSING = 404


def standing(board: Board, page: Page | NotModified | None, error: PollError | None, now: datetime) -> Standing:
    """Return how a board stands after an answer: ``page`` where there was one, ``error`` where it was no use."""
    before, wish = board.standing, _wish(page, error)
    not_before = now + wish if wish else None
    if isinstance(error, NotYetError):
        return structs.replace(before, not_before=max(before.not_before or now, not_before or now))
    return Standing(
        asked_at=now,
        not_before=not_before,
        failing_since=None if error is None else before.failing_since or now,
        moving=before.moving if page is None or error is not None else _moving(before.moving, page.moved_to, now),
        unread=_unread(before.unread, page, error),
        notice=before.notice,
    )


def destination(board: Board, now: datetime) -> str | None:
    """Return where a board is to be read from now on, None where that is where it is read now.

    A permanent redirect must have been seen twice within a site, and three times over a day to another one: a
    portal's login or a parked domain redirects permanently, too. *Source*: CONFORMANCE.md E8.
    """
    moving = board.standing.moving
    if moving is None:
        return None
    if _site(moving.url) == _site(board.url):
        return moving.url if moving.times >= SAME_SITE_SIGHTINGS else None
    return moving.url if moving.times >= SIGHTINGS and now - moving.since >= MOVING_FOR else None


def farewell(board: Board, error: PollError | None, now: datetime) -> str | None:
    """Return why a board is polled no more, None where it is: 410 at once, 404 when it has lasted two weeks."""
    if isinstance(error, GoneError):
        return f"stopped: {error}, which means for good"
    since = board.standing.failing_since
    if error is not None and error.status == _MISSING and since is not None and now - since >= MISSING_FOR:
        return f"stopped: {error}, and nothing else since {since:%Y-%m-%d}"
    return None


def _wish(page: Page | NotModified | None, error: PollError | None) -> timedelta | None:
    wishes = (page.fresh_for if page is not None else None, error.retry_after if error is not None else None)
    said = [wish for wish in wishes if wish]
    return min(max(said), LONGEST_WISH) if said else None


def _moving(before: Move | None, moved_to: str | None, now: datetime) -> Move | None:
    if moved_to is None:
        return None
    if before is not None and before.url == moved_to:
        return structs.replace(before, times=before.times + 1)
    return Move(url=moved_to, since=now, times=1)


def _unread(before: Unread | None, page: Page | NotModified | None, error: PollError | None) -> Unread | None:
    if not isinstance(page, Page):
        return before
    return Unread(why=str(error), person=isinstance(error, NeedsPersonError)) if error is not None else None


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
