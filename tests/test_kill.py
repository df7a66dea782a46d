"""kill -9 at random moments: nothing lost, nothing doubled, nothing begun from the top again."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from random import Random
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec import json

from aggregator.demo import SimulatedBoard, site
from aggregator.demo.board import Post
from aggregator.demo.site import LOG, Log
from tests.program import JsonFeed, command, environment, free_port, serving, site_on_loopback

MICROSECOND = 1_000_000
BUDGET = 10


class Watched(Mapping[str, SimulatedBoard]):
    """One board that remembers what stood on its first page at each look."""

    def __init__(self, board: SimulatedBoard) -> None:
        """Watch ``board``; ``looks`` are (microseconds since 1970, ids on page 1)."""
        self.board = board
        self.looks: list[tuple[int, list[int]]] = []

    def __getitem__(self, slug: str) -> SimulatedBoard:
        self.looks.append((now_us(), [line.post.id for line in self.board.page(1).lines]))
        return self.board

    def __iter__(self) -> Iterator[str]:
        return iter(("news",))

    def __len__(self) -> int:
        return 1


def now_us() -> int:
    """Return microseconds since 1970."""
    return int(now().timestamp() * MICROSECOND)


def now() -> datetime:
    """Return the time now."""
    return datetime.now(UTC)


def listed_at_completed_polls(watched: Watched, store: Path) -> set[int]:
    """Return the ids that stood on page 1 at a look that a completed poll took."""
    with closing(sqlite3.connect(store)) as connection:
        rows = "SELECT started_at, finished_at FROM polls WHERE result IN ('changed', 'unchanged')"
        spans = connection.execute(rows).fetchall()
    assert spans
    return {post for at, ids in watched.looks for start, end in spans if start <= at <= end for post in ids}


async def polled_and_killed(folder: Path, environ: dict[str, str], watched: Watched, log: Log, chance: Random) -> None:
    """Run the program for a few requests, post meanwhile, and kill it at a random moment."""
    async with serving(folder, environ) as program:
        await asyncio.wait_for(log.reaches(len(log.visits) + chance.randint(1, 4)), 30)
        for n in range(chance.randint(0, 7)):
            watched.board.post(f"{len(log.visits)}번째 뒤 {n}", "연합", now())
        await asyncio.sleep(chance.uniform(0, 0.3))  # the random moment itself
        program.process.kill()


async def served(folder: Path, environ: dict[str, str]) -> Counter[int]:
    """Return how often each post stands in the board's feed."""
    _, out, _ = await command(folder, environ, "feed", "board:news", "--format", "json", "-n", "500")
    return Counter(int(entry.id.rpartition("/")[2]) for entry in json.decode(out, type=JsonFeed).items)


@pytest.mark.parametrize("kills", [6, pytest.param(50, marks=pytest.mark.nightly)])
async def test_nothing_is_lost_or_doubled_by_kills(tmp_path: Path, kills: int) -> None:
    """Every post that stood on page 1 at a completed poll is served exactly once, whenever the program was killed."""
    chance, watched = Random(kills), Watched(SimulatedBoard("뉴스"))  # noqa: S311  moments, not secrets
    for n in range(20):
        watched.board.post(f"처음 {n}", "연합", now())
    application, environ = site(watched, now), environment(free_port())
    log = application[LOG]
    async with site_on_loopback(application) as root:
        url = f"{root}/index.php?mid=news"
        await command(tmp_path, environ, "boards", "add", url, "--slug", "news", "--every", "100ms", "--no-preview")
        for _ in range(kills):
            await polled_and_killed(tmp_path, environ, watched, log, chance)
        async with serving(tmp_path, environ):
            await asyncio.wait_for(log.reaches(len(log.visits) + 4), 30)
    shown = await served(tmp_path, environ)
    expected = listed_at_completed_polls(watched, tmp_path / "test.db")
    assert len(expected) >= 20
    assert {post: shown[post] for post in expected if shown[post] != 1} == {}


def long_board(posts: int) -> SimulatedBoard:
    """Return a board with a long past."""
    at = datetime(2024, 1, 1, tzinfo=UTC)
    past = tuple(Post(id=n, title=f"옛 소식 {n}", source="연합", at=at) for n in range(1, posts + 1))
    return SimulatedBoard("뉴스", past=past, first_id=posts + 1)


def pages(log: Log, since: int = 0) -> list[int]:
    """Return the pages of the list that were asked for since so many visits, in their order."""
    asked = [parse_qs(urlsplit(target).query) for target in log.targets()[since:] if target.startswith("/index.php")]
    return [int(query.get("page", ["1"])[0]) for query in asked]


async def walked_and_killed(folder: Path, environ: dict[str, str], board: SimulatedBoard, log: Log, n: Random) -> int:
    """Let the program walk, post meanwhile, kill it at a random moment; return the first page it read of history."""
    before = len(log.visits)
    async with serving(folder, environ) as program:
        await asyncio.wait_for(log.reaches(before + n.randint(2, 2 * BUDGET)), 30)
        for post in range(n.randint(0, 3)):
            board.post(f"{before}번째 뒤 {post}", "연합", now())
        await asyncio.sleep(n.uniform(0, 0.1))  # the random moment itself
        program.process.kill()
    return next((page for page in pages(log, before) if page > 1), 0)


async def finished(folder: Path, environ: dict[str, str]) -> Counter[int]:
    """Let the program read the rest of history; return how often each post is stored."""
    async with serving(folder, environ):
        code, _, complaint = await command(folder, environ, "boards", "backfill", "news", "--watch")
    assert code == 0, complaint
    with closing(sqlite3.connect(folder / "test.db")) as connection:
        rows = connection.execute("SELECT key FROM headlines WHERE deleted_at IS NULL").fetchall()
    return Counter(int(key) for (key,) in rows)


@pytest.mark.parametrize(("kills", "posts"), [(6, 1_219), pytest.param(100, 11_219, marks=pytest.mark.nightly)])
async def test_a_walk_that_is_killed_goes_on_where_it_was(tmp_path: Path, kills: int, posts: int) -> None:
    """All posts and all new ones are stored once, for a few requests more a kill than the pages there are."""
    chance, board = Random(kills), long_board(posts)  # noqa: S311  moments, not secrets
    application, environ = site({"news": board}, now), environment(free_port(), AGGREGATOR_POLLING_HOST_GAP="1ms")
    log = application[LOG]
    async with site_on_loopback(application) as root:
        added = "boards", "add", f"{root}/index.php?mid=news", "--slug", "news", "--every", "100ms"
        await command(tmp_path, environ, *added, "--no-preview", "--backfill", "all")
        starts = [await walked_and_killed(tmp_path, environ, board, log, chance) for _ in range(kills)]
        stored = await finished(tmp_path, {**environ, "AGGREGATOR_POLLING_PAGES": "100"})
    assert stored == Counter(post.id for post in board.live())
    met = [start for start in starts if start > 2]
    assert all(later >= earlier - 1 for earlier, later in pairwise(met))
    assert len(pages(log)) <= posts / board.page_size * BUDGET / (BUDGET - 2) + (BUDGET + 3) * kills
