"""The composition root: settings to store, fetcher, schedule and web; each resource one context manager."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from msgspec import structs

from aggregator import __version__, web
from aggregator.demo import demo_site
from aggregator.errors import AggregatorError
from aggregator.fetch import Fetcher, Limits
from aggregator.logs import event
from aggregator.look import Clock
from aggregator.metrics import Metrics
from aggregator.model import BoardSpec
from aggregator.service import Service
from aggregator.settings import Settings
from aggregator.store import Store, boards, topics
from aggregator.store.origins import StoredMemory

Load = Callable[[], Settings]
log = logging.getLogger("aggregator")
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


class Running:
    """The service and the settings it runs by, which are read again by ``reload``."""

    def __init__(self, service: Service, store: Store, load: Load) -> None:
        """Read settings by ``load``."""
        self._service, self._store, self._load = service, store, load

    @property
    def settings(self) -> Settings:
        """What settings.toml says."""
        return self._service.settings

    async def reload(self) -> list[str]:
        """Take what settings.toml says now, unless it cannot be read; the keys that need a restart."""
        settings = self._load()
        await seed(self._store, settings, utc_now())
        return self._service.take(settings)

    async def hang_up(self) -> None:
        """Reload, and say in the log what came of it."""
        try:
            left = await self.reload()
        except AggregatorError as error:
            log.error(event("reload", result="refused", error=str(error)))  # noqa: TRY400 - the sentence says it
        else:
            log.info(event("reload", result="taken", needs_restart=", ".join(left) or None))


@asynccontextmanager
async def demonstration(settings: Settings, clock: Clock = utc_now) -> AsyncIterator[Callable[[Settings], Settings]]:
    """Run the demo boards on the port beside the server's; return how settings are made to know and poll them."""
    host, port = "127.0.0.1", settings.server.port + 1
    site, shown = demo_site(clock)
    specs = [
        BoardSpec(slug=slug, name=name, url=f"http://{host}:{port}{path}", timezone="Asia/Seoul", every=DEMO_EVERY)
        for slug, name, path in shown
    ]
    async with web.serving(site, host, port):
        yield partial(_demonstrating, specs, f"{host}:{port}")


def _demonstrating(specs: Sequence[BoardSpec], address: str, settings: Settings) -> Settings:
    polling = structs.replace(
        settings.polling,
        floor=min(settings.polling.floor, DEMO_EVERY / 2),
        allow_private=(*settings.polling.allow_private, address),
    )
    return structs.replace(settings, polling=polling, boards=(*settings.boards, *specs))


async def serve(load: Load, *, demo: bool, polls: bool, say: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM, reload at SIGHUP; ``say`` is told the feeds' URLs once they answer."""
    settings = load()
    async with AsyncExitStack() as stack:
        if demo:
            shown, told = await stack.enter_async_context(demonstration(settings)), load
            settings, load = shown(settings), lambda: shown(told())
        store = await stack.enter_async_context(opened(settings))
        await seed(store, settings, utc_now())
        metrics = Metrics()
        service = Service(store, settings, utc_now, metrics)
        running = Running(service, store, load)
        site = web.application(
            store,
            public_url=settings.public_url,
            clock=utc_now,
            polling=settings.polling,
            limits=settings.server,
            trouble=service.trouble,
            running=running,
            metrics=metrics,
        )
        await stack.enter_async_context(web.serving(site, settings.server.host, settings.server.port))
        if polls:
            fetcher = await stack.enter_async_context(
                Fetcher(limits(settings), clock=utc_now, memory=StoredMemory(store))
            )
            await stack.enter_async_context(service.polling(fetcher))
        for url in await feed_urls(store, settings.public_url):
            say(url)
        await _stopped(running)


async def feed_urls(store: Store, public_url: str) -> list[str]:
    """Return every public feed's URL in every format: all headlines, each board, each topic."""
    names = [f"/boards/{board.slug}" for board in await store.read(boards.every) if not board.private]
    names += [f"/topics/{topic.slug}" for topic in await store.read(topics.every) if not topic.private]
    return [f"{public_url}{name}.{ending}" for name in ["/feed", *names] for ending in FORMATS]


async def _stopped(running: Running) -> None:
    stop, tasks = asyncio.Event(), set[asyncio.Task[None]]()
    loop = asyncio.get_running_loop()

    def reload() -> None:
        tasks.add(task := loop.create_task(running.hang_up()))
        task.add_done_callback(tasks.discard)

    loop.add_signal_handler(signal.SIGHUP, reload)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
