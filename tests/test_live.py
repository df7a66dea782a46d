"""What an admin changes takes effect within two seconds, and without a restart."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest
from aiohttp import web
from msgspec import structs

from aggregator import app
from aggregator.administration import LIVE, Admin, put
from aggregator.demo import SimulatedBoard, site
from aggregator.demo.faults import hold
from aggregator.demo.site import FAULTS, LOG, Log
from aggregator.fetch import Fetcher
from aggregator.model import Board
from aggregator.service import Service
from aggregator.settings import (
    HousekeepingSettings,
    LogSettings,
    PollingSettings,
    PushSettings,
    RetentionSettings,
    Settings,
)
from aggregator.store import Store, boards, polls
from tests.program import PATIENCE_SECONDS, command, environment, free_port, serving, site_on_loopback
from tests.walking import START

HURRIED = PollingSettings(
    floor=timedelta(milliseconds=50), host_gap=timedelta(milliseconds=1), allow_private=("127.0.0.1",)
)
NEWS, FORUM = "/index.php?mid=news", "/index.php?mid=forum"
POSTS = 2_000


def now() -> datetime:
    """The time now: a real program polls."""
    return datetime.now(UTC)


async def holds(claim: Callable[[], bool]) -> None:
    """Wait until it does, two seconds at most."""

    async def claimed() -> bool:
        return claim()

    await seen(claimed)


async def seen(claim: Callable[[], Awaitable[bool]], seconds: float = 2) -> None:
    """Wait until it is, two seconds at most where nothing else is said."""
    async with asyncio.timeout(seconds):
        while not await claim():  # noqa: ASYNC110 - a service on a store sets no event
            await asyncio.sleep(0.02)


class Scene(NamedTuple):
    """A service that polls two boards of one site under two hosts' names."""

    store: Store
    service: Service
    site: web.Application

    @property
    def log(self) -> Log:
        """What the site was asked."""
        return self.site[LOG]

    async def board(self, slug: str) -> Board:
        """A board as it is stored."""
        found = await self.store.read(boards.by_slug, slug)
        assert found is not None
        return found

    async def pages(self) -> int:
        """How many pages the last poll of the long board read."""
        return (await self.store.read(polls.recent, "news", 1))[0].pages

    async def say(self, key: str, value: object) -> None:
        """Change a setting; None is as the file says."""
        await self.store.write(put, admin(), "setting", key, None if value is None else {"value": value})


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Scene]:
    """The long board's history is being read, ten pages a poll; the short one names no interval of its own."""
    long, short = SimulatedBoard("뉴스", page_size=5), SimulatedBoard("광장")
    for number in range(POSTS):
        long.post(f"소식 {number}", "랭크뉴스", START)
    short.post("인사", "운영자", START)
    served, settings = site({"news": long, "forum": short}, now), Settings(polling=HURRIED)
    async with (
        site_on_loopback(served) as root,
        await Store.open(f"sqlite:///{folder}/live.db", authority="a.example", now=START) as store,
        Fetcher(app.limits(settings), clock=now) as fetcher,
    ):
        news: dict[str, object] = {"url": root + NEWS, "every": "100ms", "backfill": "all"}
        await store.write(put, admin(), "board", "news", news)
        forum: dict[str, object] = {"url": root.replace("127.0.0.1", "localhost") + FORUM}
        await store.write(put, admin(), "board", "forum", forum)
        service = Service(store, settings, now)
        async with service.polling(fetcher):
            yield Scene(store, service, served)


def admin() -> Admin:
    """Who changes something now."""
    return Admin(who="Ann", now=now(), polling=HURRIED)


async def spaced(scene: Scene) -> bool:
    """The last two requests to a host are 300 ms apart."""
    times = [visit.at for visit in scene.log.visits if visit.target.startswith(NEWS)][-2:]
    return times[-1] - times[0] >= timedelta(milliseconds=300)


async def far_off(scene: Scene) -> bool:
    """The board that has more to be read waits for the floor."""
    return (await scene.board("news")).next_poll_at > now() + timedelta(minutes=50)


async def often(scene: Scene) -> bool:
    """The board that was to wait for ten minutes was polled again and again."""
    return scene.log.targets().count(FORUM) > 2


def read(pages: int) -> Callable[[Scene], Awaitable[bool]]:
    """The long board's polls end after so many pages."""

    async def claim(scene: Scene) -> bool:
        return await scene.pages() == pages

    return claim


EFFECTS: dict[str, tuple[object, Callable[[Scene], Awaitable[bool]]]] = {
    "pages": (4, read(4)),
    "walk_bytes": ("1B", read(2)),
    "walk_time": ("1ms", read(1)),
    "host_pages": (1, read(1)),
    "host_gap": ("300ms", spaced),
    "floor": ("1h", far_off),
    "interval": ("100ms", often),
}


@pytest.mark.parametrize("key", EFFECTS)
async def test_a_live_setting_is_seen_in_effect_within_two_seconds(tmp_path: Path, key: str) -> None:
    """At what is asked of the site and when, not at what the service says."""
    said, effect = EFFECTS[key]
    async with running(tmp_path) as scene:
        await asyncio.wait_for(scene.log.reaches(30), 20)
        await seen(lambda: read(10)(scene), 20)
        assert not await effect(scene)
        await scene.say(key, said)
        await seen(lambda: effect(scene))


async def test_more_places_are_taken_at_once(tmp_path: Path) -> None:
    """A board that waits for a place is asked as soon as there is a second one."""
    async with running(tmp_path) as scene:
        await scene.say("concurrency", 1)
        await scene.say("interval", "100ms")
        await holds(lambda: scene.service.holds.concurrency == 1)
        released = asyncio.Event()
        scene.site[FAULTS].append(hold(released))
        await holds(lambda: not scene.site[FAULTS])
        overdue = now() + timedelta(seconds=1.5)
        await holds(lambda: now() > overdue)
        asked = len(scene.log.visits)
        await scene.say("concurrency", 2)
        await holds(lambda: len(scene.log.visits) > asked)
        released.set()


def test_every_live_setting_has_its_effect_tested() -> None:
    """By the tests of this file."""
    assert {*EFFECTS, "paused", "concurrency"} == set(LIVE)


async def test_a_global_pause_stops_all_requests_until_it_ends(tmp_path: Path) -> None:
    """Once it holds nothing is asked; the boards themselves are not paused."""
    async with running(tmp_path) as scene:
        await asyncio.wait_for(scene.log.reaches(3), 10)
        await scene.say("paused", value=True)
        await holds(lambda: scene.service.holds.paused)
        assert not (await scene.board("news")).paused
        asked = len(scene.log.visits)
        await scene.say("paused", None)
        await asyncio.wait_for(scene.log.reaches(asked + 3), 10)


async def test_other_settings_are_taken_or_wait_for_a_restart(tmp_path: Path) -> None:
    """What a reload takes and what it does not is said by key."""
    async with running(tmp_path) as scene:
        other = structs.replace(HURRIED, pages=9, max_bytes=1_000_000)
        retention, log = RetentionSettings(keep_days=9), LogSettings(format="json", requests=True)
        kept, push = HousekeepingSettings(audit=""), PushSettings(streams=1)
        left = scene.service.take(Settings(polling=other, retention=retention, housekeeping=kept, push=push, log=log))
        assert left == ["[polling] max_bytes", "[housekeeping] audit", "[push] streams", "[log] format"]
        await holds(lambda: scene.service.holds.pages == 9)


async def test_settings_are_read_again_at_a_hang_up_and_by_command(tmp_path: Path) -> None:
    """Both seed what is new in the file; a broken one changes nothing, and the command says what is wrong with it."""
    file, environ = tmp_path / "settings.toml", environment(free_port())
    topic = '[[topic]]\nslug = "{0}"\ntitle = "{0}"\nfilter = "{0}"\n'
    file.write_text("", "utf-8")
    _, token, _ = await command(tmp_path, environ, "tokens", "add", "ann", "--scope", "admin")
    environ["AGGREGATOR_TOKEN"] = token.strip()
    async with serving(tmp_path, environ) as program, aiohttp.ClientSession() as session:
        file.write_text(topic.format("ai"), "utf-8")
        os.kill(program.process.pid, signal.SIGHUP)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await session.get(f"{program.root}/topics/ai.json")).status != 200:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.05)
        file.write_text(topic.format("ai") + topic.format("hbm"), "utf-8")
        assert await command(tmp_path, environ, "reload") == (0, "taken\n", "")
        assert (await session.get(f"{program.root}/topics/hbm.json")).status == 200
        file.write_text("[polling]\nflor = 1", "utf-8")
        code, _, said = await command(tmp_path, environ, "reload")
        assert (code, "flor" in said) == (2, True)
