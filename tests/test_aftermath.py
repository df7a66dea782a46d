"""What an answer means for its board: when, where and whether it is asked again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from aggregator.aftermath import LONGEST_WISH, MISSING_FOR, destination, farewell, standing
from aggregator.errors import GoneError, NeedsPersonError, NotYetError, PollError, TryLaterError
from aggregator.manners import Standing
from aggregator.model import Board, NotModified, Page

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
OLD = "http://a.example/list"
BOARD = Board(id=1, slug="a", name="a", url=OLD, timezone="UTC", every=timedelta(minutes=10), next_poll_at=NOW)


def board(stands: Standing) -> Board:
    """The board, standing so."""
    return structs.replace(BOARD, standing=stands)


def moved(to: str | None) -> Page:
    """A page that a permanent redirect led to, if at all."""
    return Page(url=to or OLD, status=200, content_type=None, body=b"", moved_to=to)


def failed(kind: type[PollError], status: int | None = None, wish: timedelta | None = None) -> PollError:
    """An error of a fetch."""
    return kind("failed", stage="fetch", url=OLD, status=status, retry_after=wish)


def after(pages: list[tuple[timedelta, str | None]]) -> tuple[Board, datetime]:
    """The board after pages that came so long after the first, and the time of the last."""
    there, now = BOARD, NOW
    for later, to in pages:
        now = NOW + later
        there = board(standing(there, moved(to), None, now))
    return there, now


@pytest.mark.parametrize(
    ("to", "days", "followed"),
    [
        ("http://a.example/new", [0], False),
        ("http://a.example/new", [0, 0], True),
        ("https://www.a.example/list", [0, 0], True),
        ("http://b.example/list", [0, 0.5, 0.9], False),
        ("http://b.example/list", [0, 1], False),
        ("http://b.example/list", [0, 0.5, 1], True),
    ],
)
def test_a_move_is_believed_once_confirmed(to: str, days: list[float], followed: bool) -> None:  # noqa: FBT001 -- a case
    """Within a site the second sighting is enough; to another one it must stand a day and be seen three times."""
    there, now = after([(day * DAY, to) for day in days])
    assert destination(there, now) == (to if followed else None)


def test_a_move_that_was_none_is_forgotten() -> None:
    """One visit without the redirect, or to another place, begins the count anew."""
    for other in (None, "http://a.example/other"):
        there, now = after([(timedelta(0), "http://a.example/new"), (DAY, other), (2 * DAY, "http://a.example/new")])
        assert destination(there, now) is None


def test_a_304_confirms_a_move() -> None:
    """A target that has not changed is as good a sighting as one that has."""
    answer = NotModified(url=OLD, moved_to="http://a.example/new")
    there = board(standing(BOARD, answer, None, NOW))
    assert destination(board(standing(there, answer, None, NOW)), NOW) == "http://a.example/new"


def test_gone_is_gone_at_once() -> None:
    """410 needs no second try."""
    assert "for good" in (farewell(BOARD, failed(GoneError, 410), NOW) or "")


@pytest.mark.parametrize(
    ("status", "since", "stops"),
    [
        (404, MISSING_FOR - DAY, False),
        (404, MISSING_FOR, True),
        (403, MISSING_FOR, False),
        (None, 10 * MISSING_FOR, False),
    ],
)
def test_a_page_that_stays_missing_is_given_up(status: int | None, since: timedelta, stops: bool) -> None:  # noqa: FBT001 -- a case
    """Two weeks of failures that end in a 404 stop the board; anything else may come back."""
    there = board(Standing(failing_since=NOW - since))
    assert (farewell(there, failed(NeedsPersonError, status), NOW) is not None) == stops


def test_a_success_ends_the_failures() -> None:
    """The time since when a board fails begins with the first failure after a success."""
    failing = standing(BOARD, None, failed(TryLaterError), NOW)
    still = standing(board(failing), None, failed(TryLaterError), NOW + DAY)
    assert (failing.failing_since, still.failing_since) == (NOW, NOW)
    assert standing(board(still), moved(None), None, NOW + DAY).failing_since is None


def test_nothing_asked_changes_nothing() -> None:
    """Where the far side was left alone only the time of the next question is learnt."""
    before = Standing(asked_at=NOW - DAY, failing_since=NOW - DAY)
    left = standing(board(before), None, failed(NotYetError, wish=DAY), NOW)
    assert left == structs.replace(before, not_before=NOW + DAY)


@given(st.timedeltas(timedelta(0), timedelta(days=400)), st.timedeltas(timedelta(0), timedelta(days=400)))
def test_the_longer_wish_holds_for_a_week_at_most(fresh: timedelta, wish: timedelta) -> None:
    """Freshness and Retry-After are both kept to, and no server silences a board for ever."""
    page = structs.replace(moved(None), fresh_for=fresh)
    stands = standing(BOARD, page, failed(TryLaterError, 503, wish), NOW)
    expected = min(max(fresh, wish), LONGEST_WISH)
    assert stands.not_before == (NOW + expected if expected else None)
