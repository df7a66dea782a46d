"""The composition root: settings to store, fetcher, schedule and web; each resource one context manager."""

import asyncio
import gc
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from msgspec import structs

from aggregator import __version__, web
from aggregator.administration import effective
from aggregator.demo import demo_site
from aggregator.export import Export, Report, Site, claimed, watched
from aggregator.fetch import Callbacks, Fetcher, Limits
from aggregator.look import Clock
from aggregator.mail import Mail
from aggregator.metrics import Metrics
from aggregator.model import BoardSpec
from aggregator.news import News
from aggregator.push import Announcer, Bounds, Documents, Hub, Reception
from aggregator.running import WHOLE, Load, Part, Running, bound, heard
from aggregator.service import Service
from aggregator.settings import Settings, require_secrets
from aggregator.store import Store, boards, edits, topics
from aggregator.store.origins import StoredMemory
from aggregator.web.keys import Told
from aggregator.webhooks import Teller

FORMATS = ("atom", "rss", "json")
TOLD_WITHIN = timedelta(seconds=10)
DEMO_EVERY = timedelta(seconds=10)
# How long a thread that reads the store may keep the loop waiting, which must come to its turn for every answer: at
# Python's own 5 ms a server with much to do took three times as long to refuse, and a third less was done.
SWITCH_SECONDS = 0.0002
# All is looked at once in so many times that the younger is; usually in ten.
OLD_SELDOM = 50


def settle() -> None:
    """Spare the collector of garbage all there is once a server is up, because that stays, and let it look seldom.

    To look at it took 60 ms each time, in which nobody was answered; at all that a busy server keeps 100 to 250 ms,
    every few seconds, and found little: what has lived long goes on to live.
    """
    gc.collect()
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, OLD_SELDOM)


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


def callback_limits(settings: Settings) -> Limits:
    """Return the limits of asking callbacks, which are strangers' as boards are."""
    push = settings.push
    return structs.replace(
        limits(settings),
        timeout=push.timeout,
        connect_timeout=min(push.timeout, settings.polling.connect_timeout),
        read_timeout=min(push.timeout, settings.polling.read_timeout),
        concurrency=push.concurrency,
        allow_private=push.allow_private,
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
    polling = effective(settings.polling, await store.read(edits.settings))
    specs = [structs.replace(spec, every=polling.interval) if spec.follows else spec for spec in settings.boards]
    await store.write(boards.seed, specs, now, polling.floor)
    await store.write(topics.seed, settings.topics, now)


class Push(NamedTuple):
    """The hub and where its subscribers are taken."""

    hub: Hub
    reception: Reception


@asynccontextmanager
async def pushing(
    settings: Settings, store: Store, news: News, clock: Clock = utc_now, *, delivered: bool = True
) -> AsyncIterator[Push | None]:
    """The hub, not running yet, and where its subscribers are taken.

    None where the settings want none, and where nothing would be ``delivered``, by this process or the one it helps.
    """
    push = settings.push
    if not (push.hub and delivered):
        yield None
        return
    documents = Documents(
        store=store,
        public_url=settings.public_url,
        hubs=settings.hubs,
        clock=clock,
        zone=ZoneInfo(settings.polling.timezone),
    )
    bounds = Bounds(
        lease=push.lease,
        lease_most=push.lease_most,
        subscriptions=push.subscriptions,
        of_host=push.host_subscriptions,
    )
    async with Callbacks(callback_limits(settings)) as callbacks:
        hub = Hub(store, news=news, documents=documents, callbacks=callbacks, clock=clock, concurrency=push.concurrency)
        reception = Reception(documents=documents, callbacks=callbacks, clock=clock, bounds=bounds, wake=hub.wake)
        yield Push(hub, reception)


@asynccontextmanager
async def telling(running: Running, store: Store, metrics: Metrics) -> AsyncIterator[None]:
    """Tell of changes, by webhook and mail, until left."""
    settings = running.settings
    async with Callbacks(structs.replace(limits(settings), timeout=TOLD_WITHIN)) as callbacks:
        teller = Teller(
            store,
            callbacks,
            webhooks=lambda: running.settings.webhooks,
            public_url=settings.public_url,
            clock=utc_now,
            metrics=metrics,
            mail=lambda: Mail(running.settings.mail, running.settings.mail_password),
        )
        async with teller.running():
            yield


@asynccontextmanager
async def announcing(settings: Settings, store: Store, news: News) -> AsyncIterator[None]:
    """Tell outside hubs of news until left."""
    async with Callbacks(callback_limits(settings)) as callbacks:
        hubs, public_url = settings.push.publish, settings.public_url
        announcer = Announcer(store, hubs=hubs, news=news, callbacks=callbacks, public_url=public_url)
        async with announcer.running():
            yield


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


async def serve(load: Load, *, demo: bool, polls: bool, say: Callable[[str], None], part: Part = WHOLE) -> None:
    """Serve until SIGINT or SIGTERM, reload at SIGHUP; ``say`` is told the feeds' URLs once they answer.

    ``part``: the further processes that serve beside this one, or that this one is one of them.
    """
    require_secrets(settings := load())
    async with AsyncExitStack() as stack:
        if demo:
            shown, told = await stack.enter_async_context(demonstration(settings)), load
            settings, load = shown(settings), lambda: shown(told())
        store = await stack.enter_async_context(opened(settings))
        await seed(store, settings, utc_now())
        metrics, news = Metrics(), News(store)
        await stack.enter_async_context(news.watching())
        service = Service(store, settings, utc_now, metrics, news.stir)
        running = Running(service, load, lambda settings: seed(store, settings, utc_now()), part)
        stop = heard(running)
        push = await stack.enter_async_context(pushing(settings, store, news, delivered=polls or part.worker))
        site = web.application(
            store,
            public_url=settings.public_url,
            clock=utc_now,
            settings=settings,
            trouble=service.trouble,
            running=running,
            metrics=metrics,
            told=Told(push.reception if push is not None else None, news, settings.push.streams),
        )
        host, port = settings.server.host, settings.server.port
        await stack.enter_async_context(web.serving(site, host, port, shared=part != WHOLE))
        if polls:
            await stack.enter_async_context(working(service, store, push, news))
            await stack.enter_async_context(telling(running, store, metrics))
        if part.workers is not None:
            await stack.enter_async_context(part.workers.running())
        if part.worker:
            bound(stop)
        for url in [] if part.worker else await feed_urls(store, settings.public_url):
            say(url)
        await _stopped(stop)


async def _stopped(stop: asyncio.Event) -> None:
    """Go on with what there is now until told to stop."""
    settle()
    await stop.wait()


@asynccontextmanager
async def working(service: Service, store: Store, push: Push | None, news: News) -> AsyncIterator[None]:
    """Poll, and deliver what polls bring, until left."""
    fetcher = Fetcher(limits(service.settings), clock=utc_now, memory=StoredMemory(store))
    async with fetcher, AsyncExitStack() as stack:
        if push is not None:
            await stack.enter_async_context(push.hub.running())
        await stack.enter_async_context(announcing(service.settings, store, news))
        await stack.enter_async_context(service.polling(fetcher))
        yield


async def export(settings: Settings, folder: Path, *, watch: bool, say: Callable[[Report], None]) -> None:
    """Write the public feeds and pages into ``folder``, once or until SIGINT or SIGTERM; ``say`` is told what changed.

    Raises SettingsError where the folder holds what is not ours, ExportError where it cannot be written.
    """
    with claimed(folder) as ours:
        async with opened(settings) as store:
            exporting = Export(Site(store, settings), ours)
            if not watch:
                say(await exporting.bring(utc_now()))
                return
            watching = asyncio.create_task(watched(exporting, utc_now, say))
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, watching.cancel)
            with suppress(asyncio.CancelledError):
                await watching


async def feed_urls(store: Store, public_url: str) -> list[str]:
    """Return every public feed's URL in every format: all headlines, each board, each topic."""
    names = [f"/boards/{slug}" for slug in await store.read(boards.public_slugs)]
    names += [f"/topics/{topic.slug}" for topic in await store.read(topics.every) if not topic.private]
    return [f"{public_url}{name}.{ending}" for name in ["/feed", *names] for ending in FORMATS]
