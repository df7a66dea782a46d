"""A store that cannot be used: what is said, with which exit code or answer, and that nothing acknowledged is lost."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from msgspec import json

from aggregator.demo import SimulatedBoard, site
from tests.harm import DISKS, OBEDIENT, cut, disk, full, garbage, locked, overwritten, read_only
from tests.program import (
    PATIENCE_SECONDS,
    JsonFeed,
    Program,
    Shown,
    command,
    entries,
    environment,
    free_port,
    serving,
    site_on_loopback,
    until,
)

LOCKED = "is locked by another program"


def now() -> datetime:
    """The time now."""
    return datetime.now(UTC)


def news() -> SimulatedBoard:
    """A board with twenty posts."""
    board = SimulatedBoard("뉴스")
    for n in range(20):
        board.post(f"처음 {n}번 기사", "연합", now())
    return board


async def added(folder: Path, environ: dict[str, str], root: str) -> None:
    """Add the board and poll it once."""
    words = ("boards", "add", f"{root}/index.php?mid=news", "--slug", "news", "--every", "200ms")
    assert (await command(folder, environ, *words))[0] == 0


async def feed(folder: Path, environ: dict[str, str]) -> list[Shown]:
    """The board's feed, by the command."""
    _, out, _ = await command(folder, environ, "feed", "--format", "json", "-n", "500")
    return json.decode(out, type=JsonFeed).items


class Running:
    """A server that polls a board, and who asks it."""

    def __init__(self, board: SimulatedBoard, program: Program, session: aiohttp.ClientSession, log: Path) -> None:
        self.board, self.program, self.session, self._log = board, program, session, log

    async def ready(self, *, sentence: str = "") -> str:
        """Wait until the server is ready or, with a ``sentence``, is not and says so; what it answers then."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                async with self.session.get(f"{self.program.root}/readyz") as answer:
                    said = await answer.text()
                    if answer.status == (503 if sentence else 200) and sentence in said:
                        kind = "application/problem+json" if sentence else "text/plain"
                        assert answer.content_type == kind
                        return said
                await asyncio.sleep(0.1)

    async def shown(self) -> list[Shown]:
        """The board's feed."""
        return await entries(self.session, f"{self.program.root}/boards/news.json")

    async def alive(self) -> bool:
        """Whether it answers at all."""
        async with self.session.get(f"{self.program.root}/healthz") as answer:
            return answer.status == 200

    async def served(self, *titles: str) -> list[Shown]:
        """Wait until headlines of these titles are served; the feed then."""
        feed = f"{self.program.root}/boards/news.json"
        return await until(self.session, feed, lambda shown: set(titles) <= {entry.title for entry in shown})

    def logged(self, words: str) -> int:
        """How many lines of its log have the words."""
        return sum(words in line for line in self._log.read_text("utf-8").splitlines())


@asynccontextmanager
async def running(folder: Path, store: Path, **more: str) -> AsyncIterator[Running]:
    """Serve and poll a board of twenty posts over ``store``, until left."""
    environ = environment(free_port(), AGGREGATOR_STORE_URL=f"sqlite:///{store}", **more)
    board = news()
    async with site_on_loopback(site({"news": board}, now)) as root, aiohttp.ClientSession() as session:
        await added(folder, environ, root)
        async with serving(folder, environ) as program:
            yield Running(board, program, session, folder / "serve.log")


@pytest.mark.parametrize("kind", DISKS)
async def test_a_full_disk_stops_the_polls_and_no_more(tmp_path: Path, kind: str) -> None:
    """What is stored is served, /readyz names the disk, and once there is room all posts arrive with no id changed."""
    with disk(kind, tmp_path / "disk") as folder:
        async with running(tmp_path, folder / "test.db") as server:
            before = await server.shown()
            with full(kind, folder, server.program.process.pid):
                titles = [f"그 사이 {n}번" for n in range(3)]
                for title in titles:
                    server.board.post(title, "연합", now())
                await server.ready(sentence="The store")
                assert [entry.id for entry in await server.shown()] == [entry.id for entry in before]
                assert await server.alive()
            after = await server.served(*titles)
            await server.ready()
    assert [entry.id for entry in after][3:] == [entry.id for entry in before]


@pytest.mark.parametrize("seconds", [0, pytest.param(60, marks=pytest.mark.nightly)])
async def test_a_locked_store_delays_and_loses_nothing(tmp_path: Path, seconds: float) -> None:
    """Another process holds the lock: commands say so and end with 1, the server says so and catches up afterwards."""
    store = tmp_path / "test.db"
    async with running(tmp_path, store) as server:
        before = await server.shown()
        async with locked(store):
            server.board.post("잠긴 사이", "연합", now())
            environ = environment(free_port(), AGGREGATOR_STORE_URL=f"sqlite:///{store}")
            code, _, complaint = await command(tmp_path, environ, "poll", "news")
            assert (code, LOCKED in complaint, complaint.count("\n")) == (1, True, 1)
            await server.ready(sentence=LOCKED)
            assert (await server.alive(), await server.shown()) == (True, before)
            await asyncio.sleep(seconds)  # the lock itself, as long as the claim says
        after = await server.served("잠긴 사이")
        await server.ready()
        assert server.logged(LOCKED) >= 1
    assert [entry.id for entry in after][1:] == [entry.id for entry in before]


async def test_a_store_overwritten_under_a_server_is_restored_under_it(tmp_path: Path) -> None:
    """The server lives on, says what to do, and serves the backup as soon as it is there, without a new start."""
    store, environ = tmp_path / "test.db", environment(free_port())
    async with running(tmp_path, store) as server:
        before = await server.shown()
        assert (await command(tmp_path, environ, "db", "backup", "copy.db"))[0] == 0
        await asyncio.to_thread(overwritten, store)
        await server.ready(sentence="aggregator db restore")
        assert await server.alive()
        code, said, complaint = await command(tmp_path, environ, "db", "restore", "copy.db", "--force")
        assert (code, complaint) == (0, ""), said
        await server.ready()
        server.board.post("되살린 뒤", "연합", now())
        after = await server.served("되살린 뒤")
    assert [entry.id for entry in after][1:] == [entry.id for entry in before]


@pytest.mark.parametrize(
    ("spoil", "said"), [(cut, "is damaged"), (garbage, "is not an SQLite file"), (Path.unlink, "is not there")]
)
async def test_a_damaged_file_is_a_sentence_and_a_backup_brings_all_back(
    tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    """Commands end with 1 and one line, change nothing of the file, and the restored feeds are those of before."""
    store, environ = tmp_path / "test.db", environment(free_port())
    async with site_on_loopback(site({"news": news()}, now)) as root:
        await added(tmp_path, environ, root)
    before = await feed(tmp_path, environ)
    await command(tmp_path, environ, "db", "backup", "copy.db")
    await asyncio.to_thread(spoil, store)
    left = await asyncio.to_thread(lambda: store.read_bytes() if store.exists() else None)
    refusing = [("db", "check")] if left is None else [("db", "check"), ("feed",), ("poll",), ("serve", "--no-poll")]
    for words in refusing:
        code, _, complaint = await command(tmp_path, environ, *words)
        assert (code, said in complaint, complaint.count("\n")) == (1, True, 1), complaint
    assert await asyncio.to_thread(lambda: store.read_bytes() if store.exists() else None) == left
    assert (await command(tmp_path, environ, "db", "restore", "copy.db"))[0] == 0
    assert len(before) == 20
    assert await feed(tmp_path, environ) == before


async def test_a_read_only_store_is_a_sentence_and_exit_one(tmp_path: Path) -> None:
    """What may not be written is said by every command that must write; afterwards all is as before."""
    folder = tmp_path / "disk"
    await asyncio.to_thread(folder.mkdir)
    environ = environment(free_port(), AGGREGATOR_STORE_URL=f"sqlite:///{folder}/test.db")
    async with site_on_loopback(site({"news": news()}, now)) as root:
        await added(tmp_path, environ, root)
        before = await feed(tmp_path, environ)
        with read_only(folder):
            for words in (("poll", "news"), ("serve",), ("db", "purge")):
                code, _, complaint = await command(tmp_path, environ, *words, under=OBEDIENT)
                assert (code, complaint.count("\n")) == (1, 1), complaint
                assert "writ" in complaint
        assert (await command(tmp_path, environ, "poll", "news"))[0] == 0
    assert await feed(tmp_path, environ) == before
