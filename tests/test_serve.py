"""The whole line as a newcomer meets it: processes, sockets, a real store."""

import gc
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from msgspec import json

from aggregator.app import settle
from aggregator.demo import SimulatedBoard, site
from tests.program import command, entries, environment, free_port, serving, site_on_loopback, until

WHEN = datetime(2024, 4, 20, 3, 0, tzinfo=UTC)


def now() -> datetime:
    """Return the time now: the boards here are polled by a real program."""
    return datetime.now(UTC)


@pytest.fixture
def news() -> SimulatedBoard:
    """A board with thirty posts, two of them notices."""
    board = SimulatedBoard("뉴스")
    ids = [board.post(f"제목 {n}번 기사", "연합", WHEN) for n in range(30)]
    board.pin(ids[3])
    board.pin(ids[5])
    return board


def test_what_is_there_once_a_server_is_up_is_left_alone_by_the_collector() -> None:
    """It stays, and to look at it would take time in which nobody is answered."""
    try:
        settle()
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()


async def test_the_demo_serves_headlines_in_every_format(tmp_path: Path) -> None:
    """`serve --demo` prints feed URLs; each answers, and the feed of everything soon has twenty entries."""
    environ = environment(free_port(), AGGREGATOR_POLLING_FLOOR="5m", AGGREGATOR_POLLING_ALLOW_PRIVATE="")
    async with serving(tmp_path, environ, "--demo", feeds=9) as program, aiohttp.ClientSession() as session:
        await until(session, f"{program.root}/feed.json", lambda shown: len(shown) >= 20)
        for url in (*program.feeds, f"{program.root}/", f"{program.root}/healthz"):
            async with session.get(url) as response:
                assert response.status == 200


async def test_a_server_imports_nothing_that_only_commands_need(tmp_path: Path) -> None:
    """Making a store, polling and serving take neither Alembic nor rich, which would stay in its memory."""
    environ = environment(free_port(), AGGREGATOR_POLLING_ALLOW_PRIVATE="", PYTHONPROFILEIMPORTTIME="1")
    async with serving(tmp_path, environ, "--demo", feeds=9) as program, aiohttp.ClientSession() as session:
        await until(session, f"{program.root}/feed.json", lambda shown: len(shown) >= 20)
    log = (tmp_path / "serve.log").read_text("utf-8")
    imported = {
        line.rpartition("|")[2].strip().partition(".")[0] for line in log.splitlines() if "import time:" in line
    }
    assert {"sqlalchemy", "aiohttp", "typer"} <= imported
    assert not imported & {"alembic", "rich", "mako"}


async def test_an_added_board_is_polled_at_once_and_on_schedule(tmp_path: Path, news: SimulatedBoard) -> None:
    """`boards add` shows rows from one request; new posts then appear, and an edit keeps the id and moves updated."""
    environ = environment(free_port())
    application = site({"news": news}, now)
    async with (
        site_on_loopback(application) as root,
        serving(tmp_path, environ) as program,
        aiohttp.ClientSession() as session,
    ):
        added = await command(
            tmp_path, environ, "boards", "add", f"{root}/index.php?mid=news", "--slug", "news", "--every", "200ms"
        )
        assert (added[0], "제목 29번 기사" in added[1]) == (0, True)
        feed = f"{program.root}/boards/news.json"
        before = {entry.title: entry for entry in await entries(session, feed)}
        assert len(before) == 22
        posted = news.post("새로 온 소식", "연합", WHEN)
        await until(session, feed, lambda shown: any(entry.title == "새로 온 소식" for entry in shown))
        news.edit(posted, "고쳐 쓴 소식")
        after = await until(session, feed, lambda shown: any(entry.title == "고쳐 쓴 소식" for entry in shown))
        assert [entry.title for entry in after if entry.id.endswith(f"/{posted}")] == ["고쳐 쓴 소식"]
        assert {e.id for e in before.values()} < {e.id for e in after}


async def test_a_poll_without_news_changes_no_byte_of_any_feed(tmp_path: Path, news: SimulatedBoard) -> None:
    """Re-polling an unchanged board leaves bytes and ETags of every feed as they were."""
    environ = environment(free_port())
    async with site_on_loopback(site({"news": news}, now)) as root, aiohttp.ClientSession() as session:
        await command(tmp_path, environ, "boards", "add", f"{root}/index.php?mid=news", "--slug", "news")
        async with serving(tmp_path, environ, "--no-poll", feeds=6) as program:

            async def documents() -> list[tuple[bytes, str]]:
                answers = []
                for url in program.feeds:
                    async with session.get(url) as response:
                        answers.append((await response.read(), response.headers["ETag"]))
                return answers

            before = await documents()
            polled = await command(tmp_path, environ, "poll", "news", "--json")
            assert json.decode(polled[1])[0]["result"] == "unchanged"
            assert await documents() == before


async def test_a_taken_port_is_a_sentence_and_exit_one(tmp_path: Path) -> None:
    """Starting beside another server says which address is taken."""
    async with site_on_loopback(site({}, now)) as root:
        port = int(root.rpartition(":")[2])
        code, _, complaint = await command(tmp_path, environment(port), "serve", "--no-poll")
    assert (code, complaint.count("\n")) == (1, 1)
    assert f"127.0.0.1:{port}" in complaint
