"""The composition root: settings to store, fetcher, schedule and web; each resource one context manager."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from msgspec import structs

from aggregator import __version__, web
from aggregator.demo import demo_site
from aggregator.fetch import Fetcher, Limits
from aggregator.look import Clock
from aggregator.model import BoardSpec
from aggregator.service import Service
from aggregator.settings import Settings
from aggregator.store import Store, boards, topics
from aggregator.store.origins import StoredMemory

FORMATS = ("atom", "rss", "json")
DEMO_EVERY = timedelta(seconds=10)


def utc_now() -> datetime:
    """Return the time now: the one clock of the program, handed to whatever needs it."""
    return datetime.now(UTC)


def limits(settings: Settings) -> Limits:
    """Return the poller's limits that the settings ask for."""
    polling = settings.polling
    contact = polling.contact or settings.public_url
    return Limits(
        timeout=polling.timeout,
        connect_timeout=polling.connect_timeout,
        read_timeout=polling.read_timeout,
        max_bytes=polling.max_bytes,
        host_gap=polling.host_gap,
        concurrency=polling.concurrency,
        allow_private=polling.allow_private,
        robots_least=polling.floor,
        proxy=polling.proxy,
        user_agent=polling.user_agent.replace("{version}", __version__).replace("{contact}", contact),
    )


@asynccontextmanager
async def opened(settings: Settings, clock: Clock = utc_now) -> AsyncIterator[Store]:
    """Open the store; a new one takes its permanent authority from the public URL's host."""
    authority = urlsplit(settings.public_url).hostname or "localhost"
    store = await Store.open(settings.store.url, authority=authority, now=clock())
    try:
        yield store
    finally:
        await store.close()


async def seed(store: Store, settings: Settings, now: datetime) -> None:
    """Put the boards and topics of the settings into the store, where their entries changed."""
    await store.write(boards.seed, settings.boards, now, settings.polling.floor)
    await store.write(topics.seed, settings.topics, now)


@asynccontextmanager
async def demonstration(settings: Settings, clock: Clock = utc_now) -> AsyncIterator[Settings]:
    """Run the demo boards on the port beside the server's; return settings that know and poll them."""
    host, port = "127.0.0.1", settings.server.port + 1
    site, shown = demo_site(clock)
    specs = [
        BoardSpec(slug=slug, name=name, url=f"http://{host}:{port}{path}", timezone="Asia/Seoul", every=DEMO_EVERY)
        for slug, name, path in shown
    ]
    polling = structs.replace(
        settings.polling,
        floor=min(settings.polling.floor, DEMO_EVERY / 2),
        allow_private=(*settings.polling.allow_private, f"{host}:{port}"),
    )
    async with web.serving(site, host, port):
        yield structs.replace(settings, polling=polling, boards=(*settings.boards, *specs))


async def serve(settings: Settings, *, demo: bool, polls: bool, say: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; ``say`` is told the feeds' URLs once they answer."""
    async with AsyncExitStack() as stack:
        if demo:
            settings = await stack.enter_async_context(demonstration(settings))
        store = await stack.enter_async_context(opened(settings))
        await seed(store, settings, utc_now())
        service = Service(store, settings, utc_now)
        site = web.application(
            store, public_url=settings.public_url, clock=utc_now, polling=settings.polling, trouble=service.trouble
        )
        await stack.enter_async_context(web.serving(site, settings.server.host, settings.server.port))
        if polls:
            fetcher = await stack.enter_async_context(
                Fetcher(limits(settings), clock=utc_now, memory=StoredMemory(store))
            )
            await stack.enter_async_context(service.polling(fetcher))
        for url in await feed_urls(store, settings.public_url):
            say(url)
        await _stopped()


async def feed_urls(store: Store, public_url: str) -> list[str]:
    """Return every feed's URL in every format: all headlines, each board, each topic."""
    names = [f"/boards/{board.slug}" for board in await store.read(boards.every)]
    names += [f"/topics/{topic.slug}" for topic in await store.read(topics.every)]
    return [f"{public_url}{name}.{ending}" for name in ["/feed", *names] for ending in FORMATS]


async def _stopped() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
