"""A server on loopback over a real SQLite store: two boards that share headlines, one removed, one topic."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from msgspec import Struct, structs

from aggregator import web
from aggregator.changes import Changes
from aggregator.model import BoardSpec, Headline, Topic
from aggregator.store import Store, boards, headlines, topics
from tests.program import site_on_loopback
from tests.render.samples import HEADLINES

NOW = datetime(2024, 4, 20, 4, 30, tzinfo=UTC)
PUBLIC_URL = "https://feeds.example.org"


def news(title: str, number: int, **given: str) -> Headline:
    """A headline of the sample boards, a minute younger than the one before it."""
    plain = Headline(
        key=str(number),
        title=title,
        number=number,
        source="랭크뉴스",
        published=NOW - timedelta(minutes=60 - number),
        precision="minute",
        url=f"https://board.example.kr/news/{number}",
    )
    return structs.replace(plain, **given)


async def post(store: Store, slug: str, new: Sequence[Headline], now: datetime = NOW) -> None:
    """Store headlines as a poll of the board would."""
    board = await store.read(boards.by_slug, slug)
    assert board is not None
    await store.write(headlines.apply, board, Changes(new=tuple(new)), now)


async def edit(store: Store, slug: str, changed: Headline, now: datetime) -> None:
    """Store a headline's new title as a poll of the board would."""
    board = await store.read(boards.by_slug, slug)
    assert board is not None
    await store.write(headlines.apply, board, Changes(changed=(changed,)), now)


def spec(slug: str, name: str) -> BoardSpec:
    """A board polled every ten minutes."""
    url = f"https://board.example.kr/{slug}"
    return BoardSpec(slug=slug, name=name, url=url, timezone="Asia/Seoul", every=timedelta(minutes=10))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store in a file: twenty headlines on one board, two of them on another too, one topic, one board gone."""
    url = f"sqlite:///{tmp_path}/store.db"
    async with await Store.open(url, authority="feeds.example.org", now=NOW - timedelta(days=1)) as opened:
        for slug, name in (("news", "종합 뉴스"), ("local", "지역 소식"), ("gone", "옛 게시판")):
            await opened.write(boards.add, spec(slug, name), NOW)
        await opened.write(boards.remove, "gone", NOW)
        await opened.write(topics.add, Topic(slug="chips", title="반도체", filter="반도체"), NOW)
        await opened.write(topics.add, Topic(slug="old", title="옛 주제", filter="옛"), NOW)
        await opened.write(topics.remove, "old", NOW)
        await post(opened, "news", [news(title, number) for number, title in enumerate(HEADLINES)])
        twins = [news(HEADLINES[number], number, url=f"https://local.example.kr/{number}") for number in (0, 1)]
        await post(opened, "local", twins)
        yield opened


class Answer(Struct, frozen=True, kw_only=True):
    """A response read to its end, its body as sent."""

    status: int
    headers: dict[str, str]
    body: bytes


class Server:
    """The server under test: every request names its headers itself, nothing is decoded or followed."""

    def __init__(self, root: str, session: aiohttp.ClientSession) -> None:
        self.root = root
        self._session = session

    async def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """What the server answers; header names are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        asked = self._session.request(method, self.root + path, headers=named, allow_redirects=False)
        async with asked as response:
            said = {name.title(): value for name, value in response.headers.items()}
            return Answer(status=response.status, headers=said, body=await response.read())


@pytest.fixture
async def server(store: Store) -> AsyncIterator[Server]:
    """The server of the store, on a free port."""
    application = web.application(store, public_url=PUBLIC_URL, clock=lambda: NOW)
    async with (
        site_on_loopback(application) as root,
        aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=["Accept-Encoding"]) as session,
    ):
        yield Server(root, session)
