"""`aggregator export` as a process, and kept fresh: by another process's changes, by the clock, over failures."""

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from logging.handlers import QueueHandler
from pathlib import Path

import aiohttp
import pytest
from msgspec import json

from aggregator.export import Export, Report, Site, claimed, watched
from aggregator.export.folder import PART
from aggregator.model import Topic
from aggregator.store import Store, boards, topics
from tests.export.conftest import files, is_twin
from tests.program import PATIENCE_SECONDS, command, environment, free_port, serving
from tests.web.conftest import NOW, news, post, spec


class Watching:
    """A folder that is kept fresh in this process; ``now`` is what it takes for the time."""

    def __init__(self) -> None:
        """Begin at NOW."""
        self.now = NOW
        self.reports: asyncio.Queue[Report] = asyncio.Queue()

    def clock(self) -> datetime:
        """The time, which is moved by hand."""
        return self.now

    async def report(self) -> Report:
        """The next report."""
        return await asyncio.wait_for(self.reports.get(), PATIENCE_SECONDS)


@asynccontextmanager
async def watching(site: Site, root: Path) -> AsyncIterator[Watching]:
    """Keep the folder fresh until left."""
    told = Watching()
    with claimed(root) as folder:
        task = asyncio.create_task(watched(Export(site, folder), told.clock, told.reports.put_nowait))
        try:
            yield told
        finally:
            task.cancel()
            await asyncio.wait([task])


@asynccontextmanager
async def exporting(folder: Path, environ: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run ``aggregator export out --watch --json`` until left, at the latest."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "aggregator", "export", "out", "--watch", "--json"),
        cwd=folder,
        env=environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def reported(process: asyncio.subprocess.Process, *names: str) -> None:
    """Wait until the program has printed that all these files were written, together or one after the other."""
    assert process.stdout is not None
    missing = set(names)
    while missing:
        line = await asyncio.wait_for(process.stdout.readline(), PATIENCE_SECONDS)
        missing -= set(json.decode(line, type=Report).written)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
async def test_a_watched_folder_follows_another_process(tmp_path: Path, end: signal.Signals) -> None:
    """What is stored elsewhere is in the files as the server says it; then the program ends cleanly when asked to."""
    # A server that polls nothing runs no hub, and names none.
    environ = environment(free_port(), AGGREGATOR_PUSH_HUB="false")
    async with (
        await Store.open(f"sqlite:///{tmp_path}/test.db", authority="127.0.0.1", now=NOW) as store,
        serving(tmp_path, environ, "--no-poll") as program,
        exporting(tmp_path, environ) as process,
        aiohttp.ClientSession() as session,
    ):
        await reported(process, "feed.atom")
        await store.write(boards.add, spec("news", "뉴스"), NOW)
        await reported(process, "boards/news.atom")
        await post(store, "news", [news("새로 온 소식", 1)])
        await reported(process, "boards/news.atom", "feed.rss", "index.html")
        async with session.get(f"{program.root}/boards/news.atom") as response:
            assert (tmp_path / "out/boards/news.atom").read_bytes() == await response.read()
        process.send_signal(end)
        _, complaints = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    assert (process.returncode, b"Traceback" in complaints) == (0, False)
    assert list((tmp_path / "out").rglob(PART)) == []


async def test_an_export_by_hand_says_what_it_did(tmp_path: Path) -> None:
    """One sentence; the second time nothing is written. A folder of other things is refused with exit code 2."""
    environ = environment(free_port())
    code, said, _ = await command(tmp_path, environ, "export", "out")
    number = sum(not is_twin(name) for name in files(tmp_path / "out"))
    assert (code, said) == (0, f"{number} written, 0 removed, 0 unchanged\n")
    assert (await command(tmp_path, environ, "export", "out"))[1] == f"0 written, 0 removed, {number} unchanged\n"
    code, _, complaint = await command(tmp_path, environ, "export", ".")
    assert (code, complaint.count("\n")) == (2, 1)
    assert "allowed: a folder that is new, empty or was written by `aggregator export`" in complaint


async def test_time_alone_changes_what_filters_mean(site: Site, store: Store, tmp_path: Path) -> None:
    """A topic of the last hour is written anew when the hour is over, though nothing was stored."""
    await store.write(topics.add, Topic(slug="hour", title="한 시간", filter="seen:PT1H"), NOW)
    async with watching(site, tmp_path / "out") as told:
        assert "topics/hour.json" in (await told.report()).written
        told.now = NOW + timedelta(hours=2)
        report = await told.report()
    expected = {f"topics/hour.{ending}" for ending in ("rss", "atom", "json", "txt", "html")}
    assert expected <= set(report.written)
    assert "feed.atom" not in report.written


async def test_a_failure_is_said_once_and_overcome(site: Site, store: Store, tmp_path: Path) -> None:
    """Where somebody's file stands in the way it is named in the log; once it is moved away all is written."""
    complaints: asyncio.Queue[logging.LogRecord] = asyncio.Queue()
    handler = QueueHandler(complaints)
    logging.getLogger("aggregator").addHandler(handler)
    try:
        async with watching(site, tmp_path / "out") as told:
            await told.report()
            (stranger := tmp_path / "out" / "boards" / "late.rss").write_text("mine")
            await store.write(boards.add, spec("late", "늦은 게시판"), NOW)
            said = await asyncio.wait_for(complaints.get(), PATIENCE_SECONDS)
            assert "late.rss was not written by" in said.getMessage()
            stranger.unlink()
            assert "boards/late.rss" in (await told.report()).written
    finally:
        logging.getLogger("aggregator").removeHandler(handler)
    assert complaints.empty()
