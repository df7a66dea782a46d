"""Hubs elsewhere are told which feeds have news."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from urllib.parse import parse_qsl

from msgspec import structs

from aggregator.app import callback_limits
from aggregator.changes import Changes
from aggregator.fetch import Callbacks
from aggregator.housekeeping import match_topics
from aggregator.news import News
from aggregator.push import Announcer
from aggregator.settings import PushSettings, ServerSettings, Settings
from aggregator.store import Store, boards
from tests.push.conftest import polled
from tests.push.subscriber import Delivery, Subscriber
from tests.web.conftest import NOW, PUBLIC_URL, news, spec

SETTINGS = Settings(push=PushSettings(allow_private=("127.0.0.1",)))
EVERYTHING = {"/feed", "/boards/news", "/boards/local", "/topics/chips"}


@asynccontextmanager
async def announcing(store: Store, hub: Subscriber) -> AsyncIterator[Callable[[str, str], Awaitable[None]]]:
    """Tell ``hub`` of news until left; how a board gets a headline."""
    heard, numbers = News(store), iter(range(100, 200))

    async def post(slug: str, title: str) -> None:
        await store.write(polled, slug, Changes(new=(news(title, next(numbers)),)), NOW)
        heard.stir()

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(heard.watching())
        callbacks = await stack.enter_async_context(Callbacks(callback_limits(SETTINGS)))
        announcer = Announcer(
            store,
            hubs=[f"{hub.root}/hub"],
            news=heard,
            callbacks=callbacks,
            public_url=PUBLIC_URL,
            rest=lambda _: timedelta(milliseconds=1),
        )
        await stack.enter_async_context(announcer.running())
        yield post


def named(delivery: Delivery) -> set[str]:
    """The pages whose feeds one request names, in all three formats each."""
    form = parse_qsl(delivery.body.decode())
    urls = [value for name, value in form if name == "hub.url"]
    pages = {url.removeprefix(PUBLIC_URL).rpartition(".")[0] for url in urls}
    assert form[0] == ("hub.mode", "publish")
    assert sorted(urls) == sorted(f"{PUBLIC_URL}{page}.{end}" for page in pages for end in ("atom", "rss", "json"))
    return pages


async def told(hub: Subscriber, requests: int) -> list[set[str]]:
    """What the hub was told in each of so many requests, once it was."""
    await hub.until(lambda: len(hub.deliveries) >= requests)
    return [named(delivery) for delivery in hub.deliveries]


async def test_at_a_start_every_public_feed_is_named(store: Store, subscriber: Subscriber) -> None:
    """Some may have had news while nobody told; what is hidden or removed is named to nobody."""
    await store.write(boards.add, structs.replace(spec("secret", "비밀"), private=True), NOW)
    async with announcing(store, subscriber):
        assert await told(subscriber, 1) == [EVERYTHING]


async def test_news_name_their_board_and_the_topics_that_have_them(store: Store, subscriber: Subscriber) -> None:
    """A topic that is matched at insert is named when it has grown, and not by other boards' other news."""
    await match_topics(store)
    async with announcing(store, subscriber) as post:
        await told(subscriber, 1)
        await post("local", "마을 잔치 소식")
        assert (await told(subscriber, 2))[1] == {"/feed", "/boards/local"}
        await post("news", "반도체 수출 소식")
        assert (await told(subscriber, 3))[2] == {"/feed", "/boards/news", "/topics/chips"}


async def test_an_edit_names_every_topic(store: Store, subscriber: Subscriber) -> None:
    """Any of them may show it, as may a removal, without having grown; the next news name no more than others do."""
    await match_topics(store)
    async with announcing(store, subscriber) as post:
        await told(subscriber, 1)
        await store.write(polled, "news", Changes(changed=(news("바뀐 제목", 3),)), NOW)
        assert (await told(subscriber, 2))[1] == {"/feed", "/boards/news", "/topics/chips"}
        await post("local", "마을 잔치 소식")
        assert (await told(subscriber, 3))[2] == {"/feed", "/boards/local"}


async def test_what_a_hub_refused_is_named_again_with_what_came_since(store: Store, subscriber: Subscriber) -> None:
    """It is told until it takes it."""
    subscriber.statuses = [500, 429]
    async with announcing(store, subscriber):
        assert await told(subscriber, 3) == [EVERYTHING] * 3


def test_outside_hubs_are_named_by_public_feeds_beside_our_own() -> None:
    """Subscribers find every hub in the documents."""
    server, push = ServerSettings(public_url=PUBLIC_URL), PushSettings(publish=("https://hub.example/",))
    assert Settings(server=server, push=push).hubs == (f"{PUBLIC_URL}/hub", "https://hub.example/")
