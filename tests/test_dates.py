"""Dates: a closed list of shapes, and what the rows of a page prove together."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aggregator.dates import newest_first, published, said
from aggregator.model import Numbering, Row

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2024, 4, 20, 4, 30, tzinfo=UTC)  # 13:30 in Seoul


def rows(texts: Sequence[str | None], top: int = 100) -> list[Row]:
    """Rows newest first whose numbers fall by one."""
    return [Row(title="제목", number=top - at, date_text=text) for at, text in enumerate(texts)]


def read(*texts: str | None, numbering: Numbering = "rank", now: datetime = NOW) -> list[str | None]:
    """The rows' times in Seoul, to the minute."""
    times = published(rows(texts), now=now, zone=SEOUL, numbering=numbering).values
    return [time.published.astimezone(SEOUL).strftime("%Y-%m-%d %H:%M") if time.published else None for time in times]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2024.04.19", "2024-04-19 12:00"),
        ("令和6年4月19日", "2024-04-19 12:00"),
        ("民國113年4月19日", "2024-04-19 12:00"),
        ("19. April 2024", "2024-04-19 12:00"),
        ("19 avril 2024", "2024-04-19 12:00"),
        ("19 de abril de 2024", "2024-04-19 12:00"),
        ("19 апреля 2024 г.", "2024-04-19 12:00"),
        ("19 เม.ย. 2567", "2024-04-19 12:00"),
        ("19 tháng 4, 2024", "2024-04-19 12:00"),
        ("2024-04-19", "2024-04-19 12:00"),
        ("2024/04/19", "2024-04-19 12:00"),
        ("2024. 4. 19.", "2024-04-19 12:00"),
        ("24.04.19", "2024-04-19 12:00"),
        ("2024년 4월 19일", "2024-04-19 12:00"),
        ("2024年4月19日", "2024-04-19 12:00"),
        ("2024-04-19 09:05", "2024-04-19 09:05"),
        ("2024-04-19T09:05:07", "2024-04-19 09:05"),
        ("2024-04-19T00:05:07Z", "2024-04-19 09:05"),
        ("2024-04-19 오후 1:05", "2024-04-19 13:05"),
        ("2024-04-19 12:05 AM", "2024-04-19 00:05"),
        ("Apr 19, 2024", "2024-04-19 12:00"),
        ("19 Apr 2024", "2024-04-19 12:00"),
        ("Fri, 19 Apr 2024 00:05:07 +0000", "2024-04-19 09:05"),
        ("2024.04.19 (금)", "2024-04-19 12:00"),
        ("04-19", "2024-04-19 12:00"),
        ("4월 19일", "2024-04-19 12:00"),
        ("어제", "2024-04-19 12:00"),
        ("어제 09:05", "2024-04-19 09:05"),
        ("3분 전", "2024-04-20 13:27"),
        ("2 hours ago", "2024-04-20 11:30"),
        ("방금", "2024-04-20 13:30"),
        ("2024.04.20", "2024-04-20 13:30"),
        ("09:05", "2024-04-20 09:05"),
    ],
)
def test_a_shape_is_read_as_the_board_means_it(text: str, meant: str) -> None:
    """Each shape of the closed list, in the board's zone: noon for a day, now for today, else what is printed."""
    assert read(text) == [meant]


@pytest.mark.parametrize(
    "text", ["2024.13.45", "30.02", "조회 20", "25:61", "1,234", "v2.0", "0000-00-00", "내일", "1"]
)
def test_what_no_shape_takes_is_none_and_a_fault(text: str) -> None:
    """A wrong date is worse than none."""
    times = published(rows([text]), now=NOW, zone=SEOUL, numbering="rank")
    assert [time.published for time in times.values] == [None]
    assert len(times.faults) == 1


def test_a_clock_time_below_midnight_is_yesterdays() -> None:
    """HH:MM means today until the clock jumps up from one row to the older one."""
    assert read("01:10", "00:05", "23:50") == ["2024-04-20 01:10", "2024-04-20 00:05", "2024-04-19 23:50"]


def test_a_clock_time_that_has_not_come_is_yesterdays() -> None:
    """Nothing is published after now."""
    assert read("13:31", "09:00", now=NOW - timedelta(hours=8))[0] == "2024-04-19 13:31"


def test_a_missing_year_follows_the_order_of_the_numbers() -> None:
    """Below January of this year December is last year's."""
    now = datetime(2024, 1, 3, tzinfo=UTC)
    assert read("01-02", "12-31", "12-30", now=now) == ["2024-01-02 12:00", "2023-12-31 12:00", "2023-12-30 12:00"]


def test_day_and_month_are_told_apart_by_a_neighbour() -> None:
    """A number above twelve is no month, and speaks for every row of its pattern; without it nothing is guessed."""
    assert read("03-04-2024", "13-03-2024") == ["2024-04-03 12:00", "2024-03-13 12:00"]
    assert read("03-04-2024", "02-03-2024") == [None, None]


def test_an_exact_attribute_wins_over_the_text() -> None:
    """What a board says in `datetime=` is more than what it shows."""
    row = Row(title="제목", date_text="어제", date_exact="2024-04-19T09:05:07+09:00")
    (time,) = published([row], now=NOW, zone=SEOUL, numbering="none").values
    assert (time.published, time.precision) == (datetime(2024, 4, 19, 0, 5, 7, tzinfo=UTC), "second")


def test_rows_without_a_date_are_no_fault() -> None:
    """A board that prints no dates is not wrong."""
    assert published(rows([None, None]), now=NOW, zone=SEOUL, numbering="rank").faults == ()


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text says something or nothing, and never a time after now."""
    for time in published(rows([text]), now=NOW, zone=SEOUL, numbering="rank").values:
        assert time.published is None or time.published <= NOW + timedelta(minutes=10)
    assert said(text) is None or text.strip()


@given(
    st.lists(st.dates(date(2001, 1, 1), date(2024, 4, 19)), min_size=1, max_size=20),
    st.sampled_from(["%Y.%m.%d", "%Y-%m-%d", "%Y/%m/%d", "%Y년 %m월 %d일", "%d %b %Y", "%B %d, %Y"]),
)
def test_every_written_day_is_read_back(days: list[date], shape: str) -> None:
    """A full date means itself, whatever stands beside it."""
    written = [day.strftime(shape) for day in sorted(days, reverse=True)]
    times = published(rows(written), now=NOW, zone=SEOUL, numbering="rank").values
    assert [time.published and time.published.astimezone(SEOUL).date() for time in times] == sorted(days, reverse=True)


@given(st.lists(st.integers(1, 600), min_size=2, max_size=25))
def test_yearless_days_in_order_are_read_back(gaps: list[int]) -> None:
    """Numbers vouch for the order, so a day without its year is the latest that fits below its neighbours."""
    days = [date(2024, 4, 19)]
    for gap in gaps:
        days.append(days[-1] - timedelta(days=gap % 180))
    assume(all((day.month, day.day) != (2, 29) for day in days))
    times = published(rows([f"{day:%m-%d}" for day in days]), now=NOW, zone=SEOUL, numbering="rank").values
    assert [time.published and time.published.astimezone(SEOUL).date() for time in times] == days


def test_pinned_rows_stand_outside_the_order() -> None:
    """A notice at the top says nothing of the rows below it."""
    mixed = [Row(title="공지", pinned=True), *rows(["04-20", "04-19"])]
    assert newest_first(mixed, "rank") == [1, 2]
