"""What is done beside polling, at the times that settings.toml names."""

import logging
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aggregator.errors import SettingsError, StoreError
from aggregator.logs import Event, event
from aggregator.schedule.cron import trigger
from aggregator.schedule.inprocess import Chore, Named, scheduled
from aggregator.service import done
from aggregator.settings import load
from aggregator.store import Store
from aggregator.store.copies import rotate
from tests.walking import START

DAY = timedelta(days=1)
SEOUL = ZoneInfo("Asia/Seoul")


@pytest.fixture
async def url(tmp_path: Path) -> str:
    """The URL of a store that was used."""
    there = f"sqlite:///{tmp_path}/news.db"
    await (await Store.open(there, authority="a.example", now=START)).close()
    return there


def test_so_many_backups_are_kept_and_nothing_else_is_removed(url: str, tmp_path: Path) -> None:
    """The newest stay, each a whole store; another program's file and another store's backup do."""
    folder = tmp_path / "made" / "backups"
    folder.mkdir(parents=True)
    others = {"notes.txt", "forum-20260101T000000Z.db", "news-20260101T000000Z.db.old"}
    for name in others:
        (folder / name).write_text("kept", "utf-8")
    made = [rotate(url, folder, 2, START + n * DAY) for n in range(4)]
    assert {file.name for file in folder.iterdir()} == others | {file.name for file in made[2:]}
    for file in made[2:]:
        assert sqlite3.connect(file).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_backup_that_fails_removes_none(url: str, tmp_path: Path) -> None:
    """The last good ones stay where the store is gone or the folder is none."""
    made = rotate(url, tmp_path / "kept", 1, START)
    (tmp_path / "news.db").unlink()
    with pytest.raises(StoreError, match=r"news\.db"):
        rotate(url, tmp_path / "kept", 1, START + DAY)
    assert list((tmp_path / "kept").iterdir()) == [made]
    with pytest.raises(StoreError, match="The folder"):
        rotate(url, made, 1, START)


def test_postgresql_is_not_backed_up_from_here(tmp_path: Path) -> None:
    """A time for it is refused at the start, not logged as a failure each night."""
    file = tmp_path / "settings.toml"
    file.write_text('[store]\nurl = "postgresql://a@b/c"\n[housekeeping]\nbackup = "0 3 * * *"', "utf-8")
    with pytest.raises(SettingsError, match=r"\[housekeeping\] backup: .*allowed: empty"):
        load(file, {})


def test_house_keeping_has_weekdays_by_name(tmp_path: Path) -> None:
    """A digit, which the scheduler counts from another day than cron does, is refused with what is allowed."""
    file = tmp_path / "settings.toml"
    file.write_text('[housekeeping]\naudit = "0 4 * * 0"', "utf-8")
    with pytest.raises(SettingsError, match=r"\[housekeeping\] audit: .*days of the week have names"):
        load(file, {})


@pytest.mark.parametrize(
    ("said", "after", "named"),
    [
        # Clocks in Berlin go from 2:00 to 3:00 on 29 March and from 3:00 to 2:00 on 25 October.
        ("30 4 * * *", datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 2, 30, tzinfo=UTC)),
        ("30 4 * * *", datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 3, 30, tzinfo=UTC)),
        ("0 9 * * sun", datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 22, 8, tzinfo=UTC)),
    ],
)
def test_named_times_are_those_of_the_zone(said: str, after: datetime, named: datetime) -> None:
    """Across both changes of the clock, and a Sunday is a Sunday."""
    found = trigger(said, ZoneInfo("Europe/Berlin"))
    assert found.get_next_fire_time(None, after) == named


async def test_chores_stand_in_one_schedule_with_their_times() -> None:
    """By name or by interval; one that was slept through many times is done once, however late."""

    async def work() -> None:
        """Nothing."""

    schedule = scheduled([Chore(work, Named("41 4 * * sun", SEOUL)), Chore(work, DAY)])
    schedule.start(paused=True)
    jobs = sorted(schedule.get_jobs(), key=lambda job: str(job.trigger))
    friday = datetime(2026, 11, 20, tzinfo=UTC)
    assert jobs[0].trigger.get_next_fire_time(None, friday) == datetime(2026, 11, 21, 19, 41, tzinfo=UTC)
    assert jobs[1].trigger.interval == DAY
    assert [(job.coalesce, job.misfire_grace_time, job.max_instances) for job in jobs] == [(True, None, 1)] * 2
    schedule.shutdown(wait=False)


async def test_what_cannot_be_done_is_logged_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """What was done before it failed is logged as well."""

    async def work() -> AsyncIterator[Event]:
        yield event("audit", board="news")
        raise StoreError("The disk is full.")

    with caplog.at_level(logging.INFO, "aggregator"):
        await done("audit", work)
    assert caplog.messages == ["audit board=news", "audit error='The disk is full.'"]
