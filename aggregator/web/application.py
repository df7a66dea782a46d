"""The server: every route on one page, what all answers have in common, and a port to listen at."""

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from aiohttp import hdrs, web
from msgspec import json

from aggregator import render
from aggregator.errors import ConflictError, ListenError, SettingsError, StoreError
from aggregator.metrics import MEDIA_TYPE, Metrics
from aggregator.news import News
from aggregator.recipe import Recipe
from aggregator.request import PRIVATE as PRIVATE_ROOT
from aggregator.settings import ServerSettings, Settings
from aggregator.shelf import Shelf
from aggregator.store import Store, versions
from aggregator.turns import Shares, Turns
from aggregator.web import events, feeds, health, hub, ledgers, lists, operations, pages, private, requests
from aggregator.web.clients import networks
from aggregator.web.keys import (
    CLOCK,
    HUBS,
    METRICS,
    NEWS,
    PAPER,
    PROXIES,
    PUBLIC_URL,
    RECEPTION,
    RUNNING,
    SHARES,
    SHELF,
    STORE,
    TROUBLE,
    TURNS,
    ZONE,
    Clock,
    Running,
    Told,
    Trouble,
)
from aggregator.web.listening import listen, listening
from aggregator.web.paper import Paper, root
from aggregator.web.problems import problems, without_slash
from aggregator.web.strangers import unsaid

KIND = f"{{kind:{'|'.join(feeds.KINDS)}}}"
FORMAT = f"{{format:{'|'.join(render.FORMATS)}}}"
FEED_PATHS = (f"/feed.{FORMAT}", f"/{KIND}/{{slug:[^/]+}}.{FORMAT}")
EVENT_PATHS = ("/feed.events", f"/{KIND}/{{slug:[^/]+}}.events")
LISTS = {"/feeds.opml": lists.every, "/topics/{slug:[^/]+}.opml": lists.topic}
LEDGER_PATH = "/boards/{slug:[^/]+}/ledger"
PAGE_PATHS = ("/", "/feed", f"/{KIND}/{{slug:[^/]+}}")
PRIVATE = f"{PRIVATE_ROOT}{{token:[^/]+}}"

# Pages load one style sheet of ours and nothing else, so nothing that a board wrote can make them; their empty icon is
# a ``data:`` URL, which keeps browsers from asking for one.
CONTENT_SECURITY = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# What changes with the program alone; without a word caches would keep it as long as they like (RFC 9111 §4.2.2).
FOR_A_WHILE: dict[str, str] = {hdrs.CACHE_CONTROL: "max-age=300"}
SHUTDOWN_SECONDS = 5.0
USUAL, NOBODY = Settings(), Told()


def routes() -> list[web.AbstractRouteDef]:
    """All that is served; the feeds stand before the pages, whose slugs would take their endings for a part of them."""
    return [
        *(web.get(path, feeds.feed) for path in FEED_PATHS),
        *(web.options(path, feeds.preflight) for path in FEED_PATHS),
        *(web.get(path, events.stream, allow_head=False) for path in EVENT_PATHS),
        *(web.get(path, handler) for path, handler in LISTS.items()),
        *(web.options(path, feeds.preflight) for path in LISTS),
        *(web.get(path, pages.page) for path in PAGE_PATHS),
        *(web.get(PRIVATE + path, private.opened(feeds.feed)) for path in FEED_PATHS),
        *(web.options(PRIVATE + path, feeds.preflight) for path in FEED_PATHS),
        *(web.get(PRIVATE + path, private.opened(events.stream), allow_head=False) for path in EVENT_PATHS),
        *(web.get(PRIVATE + path, private.opened(pages.page)) for path in PAGE_PATHS[1:]),
        web.get(f"{LEDGER_PATH}.json", ledgers.document),
        web.get(LEDGER_PATH, ledgers.page),
        web.post(hub.PATH, hub.wished),
        web.get("/filters", pages.language),
        web.get(f"/health.{FORMAT}", health.feed),
        web.options(f"/health.{FORMAT}", feeds.preflight),
        web.get("/health", health.page),
        *operations.routes(),
        web.get("/healthz", healthz),
        web.get("/readyz", readyz),
        web.get("/metrics", counted),
        web.get("/robots.txt", robots),
        web.get("/recipe.schema.json", recipe_schema),
        web.static("/static", Path(__file__).parent / "static"),
    ]


async def no_trouble() -> None:
    """Nothing is wrong with a service that does not poll."""


class Still:
    """A server of what is stored, beside which nothing runs."""

    settings = Settings()

    async def reload(self) -> list[str]:
        """There is no file to be read."""
        raise ConflictError("This server was started without settings that could be read again.")


def application(
    store: Store,
    *,
    public_url: str,
    clock: Clock,
    settings: Settings = USUAL,
    trouble: Trouble = no_trouble,
    running: Running | None = None,
    metrics: Metrics | None = None,
    told: Told = NOBODY,
) -> web.Application:
    """The server of ``store``'s feeds; ``public_url`` is what stands before every path that is given away.

    The ``settings`` tell how long what is being read will take, whose days filters mean where a request names no zone,
    and how much is done for whom at once;
    ``trouble`` says in a sentence why the service is not ready, None where it is; ``running`` is what the API changes,
    ``metrics`` what is counted, ``told`` how news are told.
    """
    public_url = public_url.rstrip("/")
    app = web.Application(middlewares=[requests.counted, problems, without_slash])
    app[STORE] = store
    app[PUBLIC_URL] = public_url
    app[CLOCK] = clock
    app[TROUBLE] = trouble
    app[RUNNING] = running or Still()
    app[METRICS] = metrics or Metrics()
    app[RECEPTION] = told.reception
    app[NEWS] = told.news or News(store)
    app[events.STREAMS] = events.Streams(told.streams)
    app.on_shutdown.append(app[events.STREAMS].close)
    app[HUBS] = settings.push.publish if told.reception is None else told.reception.documents.hubs
    app[ZONE] = ZoneInfo(settings.polling.timezone)
    _portion(app, settings.server)
    app[PAPER] = Paper(store, public_url, settings.polling)
    app.on_response_prepare.append(_secured)
    app.on_response_prepare.append(private.secluded)
    app.add_routes(routes())
    if root(public_url):
        _mount(app, root(public_url))
    return app


def _mount(app: web.Application, prefix: str) -> None:
    """Answer below the public URL's path as well: some proxies pass it on, others strip it.

    Raises SettingsError where the two could not be told apart.
    """
    own = {*feeds.KINDS, *(resource.canonical.split("/")[1] for resource in app.router.resources())}
    if (first := prefix.split("/")[1]) in own:
        allowed = "a path that begins like none of the server's own"
        raise SettingsError.wrong("[server] public_url", f"/{first}", allowed, field="public_url")
    mounted = web.Application()
    for key, value in app.items():
        mounted[key] = value
    mounted.add_routes(routes())
    app.add_subapp(prefix, mounted)


async def _preparing(app: web.Application) -> AsyncIterator[None]:
    async with app[SHELF].preparing(app[NEWS]):
        yield


def _portion(app: web.Application, limits: ServerSettings) -> None:
    """Say how much is done at once, how much is kept of it, and for whom."""
    app[TURNS] = turns = Turns(limits.renders, limits.waiting)
    app[SHELF] = Shelf(app[STORE], app[PUBLIC_URL], app[ZONE], turns, limits.cache, app[HUBS])
    app.cleanup_ctx.append(_preparing)
    app[SHARES] = Shares(limits.per_minute, time.monotonic)
    app[PROXIES] = networks(limits.trusted_proxies)


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int, *, shared: bool = False) -> AsyncIterator[None]:
    """Listen until left; requests under way are answered first. Raises ListenError where the address cannot be had.

    A ``shared`` port may be listened at by several processes of one user, among which connections are shared out.
    """
    runner = await listening(app, SHUTDOWN_SECONDS)
    try:
        try:
            await listen(runner, host, port, shared=shared)
        except OSError as error:
            # The loop's own sentence repeats the address; the system's says what is wrong with it.
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise ListenError(f"Cannot listen at {host}:{port}: {reason}.") from error
        with unsaid():
            yield
    finally:
        await runner.cleanup()


async def healthz(_request: web.Request) -> web.Response:
    """200 while the process answers at all: a watchdog that restarts it would repair no store."""
    return web.Response(text="ok\n", headers={hdrs.CACHE_CONTROL: "no-store"})


async def readyz(request: web.Request) -> web.Response:
    """200 while the store is this program's, can be read and written, and the schedule runs; else 503 with why not."""
    await request.app[STORE].read(versions.verify)
    if (sentence := await request.app[TROUBLE]()) is not None:
        raise StoreError(sentence)
    return web.Response(text="ready\n", headers={hdrs.CACHE_CONTROL: "no-store"})


async def counted(request: web.Request) -> web.Response:
    """What the program has counted, for Prometheus."""
    said: dict[str, str] = {hdrs.CONTENT_TYPE: MEDIA_TYPE, hdrs.CACHE_CONTROL: "no-store"}
    return web.Response(body=request.app[METRICS].text(), headers=said)


async def robots(request: web.Request) -> web.Response:
    """Everything may be read; endless variations by query need not be, and the API is for nobody's index (D19).

    Below a path robots look at the host's own file alone, which can take these lines over as they are.
    """
    prefix = root(request.app[PUBLIC_URL])
    return web.Response(text=f"User-agent: *\nDisallow: {prefix}/*?\nDisallow: {prefix}/api/\n", headers=FOR_A_WHILE)


async def recipe_schema(_request: web.Request) -> web.Response:
    """The JSON Schema of recipes, generated from the value that reads boards."""
    return web.Response(
        body=json.encode(json.schema(Recipe)), content_type="application/schema+json", headers=FOR_A_WHILE
    )


async def _secured(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(feeds.SECURED)
    if isinstance(response, web.FileResponse):
        response.headers.update(FOR_A_WHILE)
    if response.content_type == "text/html":
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY
        response.headers["Referrer-Policy"] = "no-referrer"
