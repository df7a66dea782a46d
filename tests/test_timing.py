"""When a board is polled by cron, in its hours, and as its news come."""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from aggregator.model import Board, PollResult
from aggregator.schedule import Wishes, due, usual
from aggregator.schedule.active import DAYS, hours, opening
from aggregator.schedule.adaptive import counted, hour_of_week, pace, rate
from aggregator.schedule.cron import checked, following
from aggregator.timing import HOURS_A_WEEK, Tempo, Timing

SEOUL, BERLIN = ZoneInfo("Asia/Seoul"), ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
FLOOR, HOUR = timedelta(minutes=1), timedelta(hours=1)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
clock = st.times().map(lambda at: f"{at:%H:%M}")
days = st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True).map(",".join)


def board(slug: str = "news", *, zone: str = "Asia/Seoul", **timing: object) -> Board:
    """A board with a timing."""
    return Board(
        id=1,
        slug=slug,
        name=slug,
        url="http://a.example/",
        timezone=zone,
        every=timedelta(minutes=10),
        next_poll_at=NOW,
        timing=structs.replace(Timing(), **timing),
    )


@pytest.mark.parametrize("said", ["* * * *", "*/5 7-23 * * 1-5", "61 * * * *", "a b c d e", "* * * * someday"])
def test_a_cron_expression_that_is_none_is_refused(said: str) -> None:
    """Four fields, numbered days of the week, and what is out of range."""
    with pytest.raises(ValueError, match=r".+"):
        checked(said)


@given(moments, st.sampled_from(["*/5 7-23 * * mon-fri", "0 9 * * mon", "30 2 * * *", "0 0 1 jan *"]))
def test_a_cron_boards_next_poll_is_a_time_the_expression_names(at: datetime, said: str) -> None:
    """It lies ahead, and within its minute the board's phase is the same each time, on days when clocks change too."""
    found = following(said, BERLIN, at)
    assert found is not None
    assert found > at
    again = following(said, BERLIN, found - timedelta(seconds=1))
    assert again is not None
    # A time that the clock leaves out in spring is named once, an hour later.
    assert (again, found.second) == (found, 0) or f"{found.astimezone(BERLIN):%H:%M}" == "03:30"
    told = due(board(zone="Europe/Berlin", cron=said), "unchanged", 0, Wishes(floor=timedelta()), at)
    assert timedelta() <= told.at - found < timedelta(minutes=1)


@given(moments, clock, clock, days)
def test_no_board_is_polled_outside_its_hours(at: datetime, opens: str, closes: str, on: str) -> None:
    """Whatever sets its interval, the next poll is within a window, no later than the second one from now."""
    active = hours(f"{opens}-{closes} {on}")
    found = opening(active, SEOUL, at)
    assert at <= found <= at + timedelta(days=8)
    local, began = found.astimezone(SEOUL), active.opens
    over = active.closes <= began
    first = local.date() if local.time() >= began else local.date() - timedelta(days=1)
    assert DAYS[first.weekday()] in on
    end = datetime.combine(first + timedelta(days=over), active.closes, SEOUL)
    assert datetime.combine(first, began, SEOUL) <= local < end


timings = st.fixed_dictionaries(
    {},
    optional={
        "cron": st.sampled_from(["*/5 7-23 * * mon-fri", "0 9 * * mon", "30 2 * * *"]),
        "adaptive": st.just(value=True),
        "active": st.sampled_from(["07:00-23:00 mon-fri", "22:00-02:00 sat", "00:00-00:00"]),
        "floor": st.timedeltas(timedelta(), timedelta(hours=9)),
    },
)


@given(moments, timings, st.sampled_from(["changed", "later", "person"]), st.timedeltas(HOUR * 0, HOUR * 99))
def test_whatever_sets_its_times_floors_and_wishes_hold(
    at: datetime, timing: dict[str, object], outcome: PollResult, wish: timedelta
) -> None:
    """Neither cron, nor adaptive, nor hours, nor a failure lets a board be asked sooner; its own floor counts."""
    own = structs.replace(board(zone="Europe/Berlin"), timing=structs.replace(Timing(), **timing))
    told = due(own, outcome, 3, Wishes(floor=FLOOR, retry_after=wish), at)
    assert told.at >= at + max(FLOOR, own.timing.floor, wish)
    assert told == due(own, outcome, 3, Wishes(floor=FLOOR, retry_after=wish), at)


@given(st.integers(0, 400), st.floats(0.01, 200), st.integers(1, 60))
def test_ranks_count_what_was_pushed_off_unseen(new: int, after: float, rows: int) -> None:
    """All that came is spread over the hours that passed, and nothing else is counted."""
    before = Tempo(at=NOW, top=1_000, rows=rows)
    later = NOW + timedelta(hours=after)
    found = counted(before, min(new, rows), rows, 1_000 + new, SEOUL, later)
    assert sum(found.came) == pytest.approx(new, abs=0.1)
    assert sum(found.hours) == pytest.approx(min(after, HOURS_A_WEEK), abs=0.1)
    assert (found.news, found.at) == (new > 0, later)


@given(st.lists(st.floats(0, 50), min_size=HOURS_A_WEEK, max_size=HOURS_A_WEEK), st.integers(1, 100), moments)
def test_an_adaptive_board_keeps_to_its_bounds(came: list[float], rows: int, at: datetime) -> None:
    """Never longer than the ceiling; a page full of rows is not expected to have come by then."""
    tempo = Tempo(came=tuple(came), hours=(4.0,) * HOURS_A_WEEK, rows=rows)
    found = pace(tempo, Timing(adaptive=True), SEOUL, at)
    assert timedelta() < found.interval <= timedelta(hours=24)
    steps = int(found.interval / HOUR)
    expected = sum(rate(tempo, hour_of_week(at + step * HOUR, SEOUL)) for step in range(steps))
    assert expected <= rows


def test_news_bring_an_idle_board_back_at_once() -> None:
    """Two weeks without news make the interval long; the first headline makes it short again."""
    tempo, at = Tempo(at=NOW, top=5), NOW
    for _ in range(14):
        at += timedelta(days=1)
        tempo = counted(tempo, 0, 20, 5, SEOUL, at)
    idle = pace(tempo, Timing(adaptive=True), SEOUL, at)
    lively = pace(counted(tempo, 1, 20, 6, SEOUL, at + HOUR), Timing(adaptive=True), SEOUL, at + HOUR)
    assert idle.interval > timedelta(hours=1)
    assert (lively.interval, "after news" in lively.reason) == (timedelta(minutes=10), True)


def test_day_and_night_are_told_apart() -> None:
    """A board that posts from nine to six is asked more often then, after two weeks of looking."""
    chance, tempo, at = Random(1), Tempo(at=NOW, top=0), NOW  # noqa: S311  no secret
    top = 0
    for _ in range(14 * 48):
        at += HOUR / 2
        came = chance.randint(0, 2) if 9 <= at.astimezone(SEOUL).hour < 18 else 0
        top += came
        tempo = counted(tempo, came, 20, top, SEOUL, at)
    tempo = structs.replace(tempo, news=False)
    day = pace(tempo, Timing(adaptive=True), SEOUL, datetime(2026, 12, 7, 3, tzinfo=UTC))
    night = pace(tempo, Timing(adaptive=True), SEOUL, datetime(2026, 12, 7, 18, tzinfo=UTC))
    assert night.interval > 2 * day.interval


def test_the_reason_is_said() -> None:
    """Whoever looks at the schedule reads what set it."""
    assert usual(board(), NOW).reason == "every 10m"
    assert usual(board(cron="0 9 * * mon"), NOW).reason == "cron 0 9 * * mon"
    assert "rows an hour" in usual(board(adaptive=True), NOW).reason
    closed = due(board(active="07:00-08:00"), "changed", 0, Wishes(floor=FLOOR), NOW)
    assert closed.reason == "active 07:00-08:00"
