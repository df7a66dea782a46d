"""What an admin changes takes effect within two seconds, and without a restart."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from msgspec import structs

from aggregator import app
from aggregator.administration import LIVE, Admin, put
from aggregator.demo import SimulatedBoard, site
from aggregator.demo.site import LOG, Log
from aggregator.fetch import Fetcher
from aggregator.service import Service
from aggregator.settings import PollingSettings, Settings
from aggregator.store import Store, boards
from tests.program import PATIENCE_SECONDS, command, environment, free_port, serving, site_on_loopback
from tests.walking import START

HURRIED = PollingSettings(
    floor=timedelta(milliseconds=50), host_gap=timedelta(milliseconds=1), allow_private=("127.0.0.1",)
)
SAID = {
    "paused": True,
    "concurrency": 3,
    "pages": 7,
    "walk_bytes": "1MB",
    "walk_time": "5s",
    "host_pages": 50,
    "host_gap": "5ms",
    "floor": "60ms",
    "interval": "1h",
}


def now() -> datetime:
    """The time now: a real program polls."""
    return datetime.now(UTC)


async def holds(claim: Callable[[], bool]) -> None:
    """Wait until it does, two seconds at most."""
    async with asyncio.timeout(2):
        while not claim():  # noqa: ASYNC110 - a service on a store sets no event
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[Store, Service, Log]]:
    """A service that polls one board of a site every tenth of a second."""
    served = site({"news": SimulatedBoard("뉴스")}, now)
    settings = Settings(polling=HURRIED)
    async with (
        site_on_loopback(served) as root,
        await Store.open(f"sqlite:///{folder}/live.db", authority="a.example", now=START) as store,
        Fetcher(app.limits(settings), clock=now) as fetcher,
    ):
        entry: dict[str, object] = {"url": f"{root}/index.php?mid=news", "every": "100ms"}
        await store.write(put, admin(), "board", "news", entry)
        service = Service(store, settings, now)
        async with service.polling(fetcher):
            yield store, service, served[LOG]


def admin() -> Admin:
    """Who changes something now."""
    return Admin(who="Ann", now=now(), polling=HURRIED)


@pytest.mark.parametrize("key", LIVE)
async def test_every_live_setting_holds_within_two_seconds(tmp_path: Path, key: str) -> None:
    """And is the file's again as soon as it is taken back."""
    async with running(tmp_path) as (store, service, _):
        before = getattr(service.holds, key)
        await store.write(put, admin(), "setting", key, {"value": SAID[key]})
        await holds(lambda: getattr(service.holds, key) != before)
        await store.write(put, admin(), "setting", key, None)
        await holds(lambda: getattr(service.holds, key) == before)


async def test_a_global_pause_stops_all_requests_until_it_ends(tmp_path: Path) -> None:
    """Once it holds nothing is asked; the boards themselves are not paused."""
    async with running(tmp_path) as (store, service, log):
        await asyncio.wait_for(log.reaches(3), 10)
        await store.write(put, admin(), "setting", "paused", {"value": True})
        await holds(lambda: service.holds.paused)
        board = await store.read(boards.by_slug, "news")
        assert board is not None
        assert not board.paused
        asked = len(log.visits)
        await store.write(put, admin(), "setting", "paused", None)
        await asyncio.wait_for(log.reaches(asked + 3), 10)


async def test_other_settings_are_taken_or_wait_for_a_restart(tmp_path: Path) -> None:
    """What a reload takes and what it does not is said by key."""
    async with running(tmp_path) as (_, service, _log):
        other = structs.replace(HURRIED, pages=9, max_bytes=1_000_000)
        assert service.take(Settings(polling=other)) == ["[polling] max_bytes"]
        await holds(lambda: service.holds.pages == 9)


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
