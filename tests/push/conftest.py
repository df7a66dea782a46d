"""A server with a hub on loopback, over the store of the web tests, and a clock that is moved by hand."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

import aiohttp
import pytest
from msgspec import structs

from aggregator import web
from aggregator.app import Push, pushing
from aggregator.changes import Changes
from aggregator.model import Headline, Poll
from aggregator.news import News
from aggregator.settings import PushSettings, ServerSettings, Settings
from aggregator.store import Store, Transaction, boards, headlines, polls
from aggregator.store.polls import After
from aggregator.web.keys import Told
from tests.program import site_on_loopback
from tests.push.subscriber import Subscriber
from tests.web.conftest import NOW, PUBLIC_URL, Server, store

__all__ = ["store"]
TOPIC = f"{PUBLIC_URL}/boards/news.atom"
HUB = f"{PUBLIC_URL}/hub"


class Pushing:
    """A store's server and hub, which are stopped and started at will; ``now`` is what they take for the time."""

    def __init__(self, store: Store, subscriber: Subscriber) -> None:
        """Have ``subscriber`` for the far side."""
        self.store, self.subscriber, self.now = store, subscriber, NOW
        self.settings = Settings(
            server=ServerSettings(public_url=PUBLIC_URL), push=PushSettings(allow_private=("127.0.0.1",))
        )
        self.news = News(store)
        self.push: Push
        self.server: Server
        self._stack = AsyncExitStack()
        self._running = AsyncExitStack()

    async def start(self, **push: object) -> None:
        """Serve, and run the hub."""
        self.settings = structs.replace(self.settings, push=structs.replace(self.settings.push, **push))
        session = aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=["Accept-Encoding"])
        await self._stack.enter_async_context(session)
        await self._stack.enter_async_context(self.news.watching())
        there = await self._stack.enter_async_context(pushing(self.settings, self.store, self.news, lambda: self.now))
        assert there is not None
        self.push = there
        site = web.application(
            self.store,
            public_url=PUBLIC_URL,
            clock=lambda: self.now,
            settings=self.settings,
            told=Told(self.push.reception, self.news, 5),
        )
        self.server = Server(await self._stack.enter_async_context(site_on_loopback(site)), session)
        await self._running.enter_async_context(self.push.hub.running())

    async def stop(self) -> None:
        """End all of it, as a program ends."""
        await self._running.aclose()
        await self._stack.aclose()

    def later(self, **passed: float) -> None:
        """Let time pass."""
        self.now += timedelta(**passed)
        self.push.hub.wake()

    async def wish(self, path: str = "/callback?own=1", mode: str = "subscribe", **said: str) -> tuple[int, str]:
        """What the hub says at once of a wish."""
        form = {"mode": mode, "topic": TOPIC, "callback": self.subscriber.root + path, **said}
        return await self.post({f"hub.{name}": value for name, value in form.items() if value})

    async def post(self, form: Mapping[str, str] | bytes, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        """What the hub says of a form."""
        url = f"{self.server.root}/hub"
        async with aiohttp.ClientSession() as session, session.post(url, data=form, headers=headers) as answer:
            return answer.status, await answer.text()

    async def subscribed(self, path: str = "/callback?own=1", **said: str) -> None:
        """Subscribe, and take the first delivery."""
        before = len(self.subscriber.deliveries)
        assert (await self.wish(path, **said))[0] == 202
        await self.subscriber.until(lambda: len(self.subscriber.deliveries) > before)

    async def poll(self, new: Sequence[Headline], changed: Sequence[Headline] = (), slug: str = "news") -> None:
        """Commit what a poll found, as the service does."""
        await self.store.write(polled, slug, Changes(new=tuple(new), changed=tuple(changed)), self.now)
        self.news.stir()


def polled(tx: Transaction, slug: str, changes: Changes, now: datetime) -> None:
    board = boards.by_slug(tx, slug)
    assert board is not None
    headlines.apply(tx, board, changes, now)
    record = Poll(board=slug, started_at=now, finished_at=now, result="changed", new=len(changes.new))
    record = structs.replace(record, changed=len(changes.changed))
    polls.record(tx, board.id, record, After(next_poll_at=now))


@pytest.fixture
async def subscriber() -> AsyncIterator[Subscriber]:
    """A subscriber on a port of its own."""
    one = Subscriber()
    async with one.listening():
        yield one


@pytest.fixture
async def pushed(store: Store, subscriber: Subscriber) -> AsyncIterator[Pushing]:
    """A server with its hub, running."""
    there = Pushing(store, subscriber)
    await there.start()
    yield there
    await there.stop()
