"""How a board fares: from what is stored of it, and no alarm for a night."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from aggregator.health import FAILURES, Signs, health
from aggregator.manners import Standing
from aggregator.model import Board, State

HOUR = timedelta(hours=1)
# A Friday noon in Seoul.
NOON = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
NEWS = Board(
    id=1,
    slug="news",
    name="뉴스",
    url="http://a.example/",
    timezone="Asia/Seoul",
    every=timedelta(minutes=10),
    next_poll_at=NOON,
)


def by_day(until: datetime, weeks: int = 2) -> tuple[datetime, ...]:
    """Polls with news at every half hour from nine to six in Seoul, newest first."""
    steps = (until - n * HOUR / 2 for n in range(weeks * 7 * 48))
    return tuple(at for at in steps if 0 <= at.hour < 9)


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({}, "ok"),
        ({"paused": True}, "paused"),
        ({"paused": True, "standing": Standing(notice="stopped: it answered 410")}, "gone"),
        ({"quarantined_since": NOON, "quarantine": "its rows are strangers"}, "quarantined"),
        ({"failures": FAILURES}, "failing"),
        ({"failures": FAILURES - 1}, "ok"),
        ({"failures": 9, "quarantined_since": NOON, "quarantine": "x"}, "quarantined"),
    ],
)
def test_what_stops_a_board_is_said_first(changed: dict[str, object], state: State) -> None:
    """One state at a time: stopped before quarantined, that before failing."""
    signs = Signs(board=structs.replace(NEWS, **changed), news=by_day(NOON), stage="fetch", error="timed out")
    found = health(signs, NOON)
    assert (found.state, found.board) == (state, "news")
    assert found.sentence


def test_a_silence_is_measured_by_what_is_usual() -> None:
    """A board that speaks every half hour by day is quiet after an hour and a half of it, and stale after a day."""
    told = [health(Signs(board=NEWS, news=by_day(NOON)), NOON + n * HOUR).state for n in (0, 2, 30)]
    assert told == ["ok", "quiet", "stale"]
    assert health(Signs(board=NEWS, news=by_day(NOON)), NOON + 30 * HOUR).sentence == "nothing for 30 h, usually 30 min"


@given(st.integers(0, 500))
def test_who_was_not_read_is_not_silent(hours: int) -> None:
    """After a night's sleep of the machine, or hours of a broken line, the first failure is no alarm."""
    board = structs.replace(NEWS, failures=1)
    signs = Signs(board=board, last_success=NOON, news=by_day(NOON), stage="fetch", error="timed out")
    assert health(signs, NOON + hours * HOUR).state == "ok"
    again = structs.replace(signs, last_success=NOON + 30 * HOUR)
    assert health(again, NOON + 30 * HOUR + hours * HOUR).state == "stale"


def test_no_secret_of_a_boards_url_is_told() -> None:
    """The sentence stands on a page and in a feed for everybody."""
    board = structs.replace(NEWS, failures=FAILURES)
    found = health(Signs(board=board, stage="fetch", error="asking http://a.example/?access_token=HUSH failed"), NOON)
    assert "access_token=" in found.sentence
    assert "HUSH" not in f"{found.sentence} {found.error}"


@given(st.integers(0, 14))
def test_no_night_is_an_alarm(hours: int) -> None:
    """From six in the evening until nine in the morning a board of the day may be silent."""
    evening = NOON + 6 * HOUR - HOUR / 2
    assert health(Signs(board=NEWS, news=by_day(evening)), evening + HOUR / 2 + hours * HOUR).state in {"ok", "quiet"}


@given(st.lists(st.integers(0, 10_000), max_size=11, unique=True), st.integers(0, 10_000))
def test_too_little_is_known_for_an_alarm_at_first(minutes: list[int], silent: int) -> None:
    """Eleven polls with news say nothing of what is usual, however long the silence."""
    news = tuple(NOON - timedelta(minutes=n) for n in sorted(minutes))
    found = health(Signs(board=NEWS, news=news), NOON + timedelta(minutes=silent))
    assert (found.state, found.usual) == ("ok", None)
