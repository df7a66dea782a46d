"""A board is redesigned between two polls: found again within one poll, or left alone and said so, never mixed up."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from aggregator import publish
from aggregator.demo import SimulatedBoard, skins
from aggregator.look import answered
from aggregator.model import Board, BoardSpec, Entry, Page, Poll
from aggregator.poll import take
from aggregator.publish import Request
from aggregator.reading import read
from aggregator.settings import PollingSettings
from aggregator.store import Store, boards
from tests.redesign import DRESSES, WALLS, Dress

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
SEOUL = ZoneInfo("Asia/Seoul")
URL = "http://a.example/index.php?mid=news"


class Watched:
    """One simulated board, and the store that polls it; ``now`` moves by ten minutes a poll."""

    def __init__(self, store: Store) -> None:
        """Fill two pages."""
        self.store, self.now = store, NOW
        self.board = SimulatedBoard("뉴스")
        for n in range(40):
            self.post(f"{n}번째 소식이 전해졌다", days=9 - n // 5)
        self.board.pin(self.board.post("게시판 이용 안내", "운영자", NOW - timedelta(days=9)))

    def post(self, title: str, days: int = 0) -> None:
        """Post one headline."""
        self.board.post(title, f"기자{len(title) % 3}", self.now - timedelta(days=days), comments=len(title) % 4)

    def html(self, board: SimulatedBoard | None = None) -> str:
        """The first page as it is drawn."""
        drawn = board or self.board
        return skins.html(
            skins.View(
                board=drawn, slug="news", origin="http://a.example", page=drawn.page(1), now=self.now, current=None
            )
        )

    async def known(self) -> Board:
        """The board as it is stored."""
        found = await self.store.read(boards.by_slug, "news")
        assert found is not None
        return found

    async def poll(self, html: str) -> Poll:
        """Poll the board as the program does, less the network."""
        self.now += timedelta(minutes=10)
        board = await self.known()
        page = Page(url=URL, status=200, content_type="text/html; charset=utf-8", body=html.encode())
        answer = answered(page, read(page, url=page.url, now=self.now, zone=SEOUL, recipe=board.recipe))
        record: Poll = await self.store.write(take, board, answer, self.now, self.now, PollingSettings())
        return record

    async def entries(self) -> tuple[Entry, ...]:
        """What the feed of everything holds."""
        return (
            await publish.feed(self.store, Request(n=200, dup="all"), "http://feeds.example", NOW, ZoneInfo("UTC"))
        ).entries


@pytest_asyncio.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    """A board that was polled once."""
    async with await Store.open(f"sqlite:///{tmp_path}/s.db", authority="a.example", now=NOW) as store:
        spec = BoardSpec(slug="news", name="뉴스", url=URL, timezone="Asia/Seoul", every=timedelta(minutes=10))
        await store.write(boards.add, spec, NOW)
        made = Watched(store)
        assert (await made.poll(made.html())).new == 21
        yield made


@pytest.mark.parametrize("dress", DRESSES.values(), ids=DRESSES.keys())
async def test_a_redesigned_board_is_healed_within_one_poll(watched: Watched, dress: Dress) -> None:
    """New posts come in, none is lost or doubled, ids stay, and the next polls find nothing new."""
    before = {entry.title: entry.guid for entry in await watched.entries()}
    for n in range(4):
        watched.post(f"새 단장 뒤의 소식 {n}")
    record = await watched.poll(dress(watched.html()))
    assert (record.result, record.new) == ("changed", 4), record
    after = await watched.entries()
    assert Counter(entry.title for entry in after) == Counter([*before, *(f"새 단장 뒤의 소식 {n}" for n in range(4))])
    assert {entry.title: entry.guid for entry in after if entry.title in before} == before
    assert (await watched.known()).quarantined_since is None
    watched.post("그다음 소식")
    assert (await watched.poll(dress(watched.html()))).new == 1
    assert (await watched.poll(dress(watched.html()))).new == 0


@pytest.mark.parametrize("dress", DRESSES.values(), ids=DRESSES.keys())
async def test_posts_of_older_pages_stay_known_after_a_redesign(watched: Watched, dress: Dress) -> None:
    """A headline that deletions pull up again is recognised under its new link, and not published twice."""
    for n in range(10):
        watched.post(f"단장 전에 올라온 소식 {n}")
    assert (await watched.poll(watched.html())).new == 10
    assert (await watched.poll(dress(watched.html()))).new == 0
    for post in list(watched.board.live())[:8]:
        watched.board.delete(post.id)
    assert (await watched.poll(dress(watched.html()))).new == 0


@pytest.mark.parametrize("wall", WALLS.values(), ids=WALLS.keys())
async def test_a_wall_is_neither_a_redesign_nor_an_empty_board(watched: Watched, wall: str) -> None:
    """The feed keeps what it has, the poll says why, and the recipe stays."""
    before, recipe = await watched.entries(), (await watched.known()).recipe
    record = await watched.poll(wall)
    assert record.result in {"later", "person"}, record
    assert (record.stage, bool(record.error)) == ("read listing", True)
    assert (await watched.entries(), (await watched.known()).recipe) == (before, recipe)
    assert (await watched.poll(watched.html())).new == 0


async def test_an_empty_list_changes_nothing(watched: Watched) -> None:
    """A board whose table is empty for a moment is not a board whose posts were deleted."""
    before = await watched.entries()
    record = await watched.poll(watched.html(watched.board.afresh()))
    assert (record.result, record.new) == ("unchanged", 0)
    assert await watched.entries() == before


@pytest.mark.parametrize("dress", [str, *DRESSES.values()], ids=["as it was", *DRESSES])
async def test_another_board_in_its_place_is_quarantined(watched: Watched, dress: Dress) -> None:
    """Rows that are not this board's are not stored; since when and why is said, and the right page ends it."""
    other = SimulatedBoard("다른 게시판", first_id=500)
    for n in range(40):
        other.post(f"다른 게시판의 글 {n}", "누군가", watched.now - timedelta(days=9 - n // 5))
    before, recipe = await watched.entries(), (await watched.known()).recipe
    record = await watched.poll(dress(watched.html(other)))
    assert (record.result, record.new) == ("person", 0), record
    first = await watched.known()
    assert first.quarantined_since == watched.now
    assert first.quarantine == record.error
    await watched.poll(dress(watched.html(other)))
    assert (await watched.known()).quarantined_since == first.quarantined_since
    assert (await watched.entries(), first.recipe) == (before, recipe)
    assert (await watched.poll(watched.html())).result == "unchanged"
    assert (await watched.known()).quarantined_since is None
