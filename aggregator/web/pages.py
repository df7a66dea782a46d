"""Pages for people: what a feed holds, its URLs to copy, and a box to narrow it."""

from collections.abc import Mapping
from typing import Any

import jinja2
from aiohttp import hdrs, web

from aggregator import publish, render
from aggregator.bulletin import fares
from aggregator.document import etag
from aggregator.history import sentence
from aggregator.model import Feed
from aggregator.render import clean, rendition
from aggregator.store import backfill
from aggregator.web.answers import Representation, answer
from aggregator.web.clients import client
from aggregator.web.feeds import asked, explanation, is_explanation
from aggregator.web.keys import CLOCK, POLLING, PUBLIC_URL, SHARES, STORE, TEMPLATES, TURNS, ZONE, root

# Atom first: a reader that takes the first alternate it meets should get the format that says most.
FORMATS: tuple[tuple[render.Format, str], ...] = (("atom", "Atom"), ("rss", "RSS"), ("json", "JSON Feed"))


def templates(public_url: str) -> jinja2.Environment:
    """The templates with what they call: rendering's own words for titles, links and dates."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("aggregator.web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        root=root(public_url),
        formats=[(form, label, render.media_type(form)) for form, label in FORMATS],
        path=publish.path,
        title_of=clean.title,
        line_of=clean.line,
        link_of=clean.link,
        shown_date=rendition.shown_date,
        also_on=rendition.also_on,
        published=rendition.published,
    )
    return environment


async def page(request: web.Request) -> web.Response:
    """The page of the feed at the request's path, or why it holds what it holds."""
    store, public_url, wanted = request.app[STORE], request.app[PUBLIC_URL], asked(request)
    if is_explanation(request):
        async with request.app[TURNS]:
            why = written(request, "explain.html", why=await explanation(request), asked=wanted)
        return shown(request, why, {"X-Robots-Tag": "noindex"})
    request.app[SHARES].take(client(request))
    async with request.app[TURNS]:
        selected = await publish.feed(store, wanted, public_url, request.app[CLOCK](), request.app[ZONE])
        catalog = await publish.catalog(store)
    named = {"feed": selected, "catalog": catalog, "asked": wanted, "all_feeds": _all_feeds(public_url)}
    state = await fares(store, wanted.slug, request.app[CLOCK]()) if wanted.kind == "board" else None
    html = written(request, "feed.html", **named, fares=state, history=await _history(request, catalog, wanted))
    return shown(request, html, _unindexed(selected))


def shown(request: web.Request, html: bytes, headers: Mapping[str, str]) -> web.Response:
    """A page on its way out; it may be kept, but is asked for again each time."""
    representation = Representation(body=html, media_type="text/html; charset=utf-8", etag=etag(html))
    return answer(request, representation, {hdrs.CACHE_CONTROL: "no-cache", **headers})


async def language(request: web.Request) -> web.Response:
    """What a filter may say: where the problem of one that cannot be read points to."""
    return shown(request, written(request, "filters.html"), {})


def written(request: web.Request, template: str, **values: Any) -> bytes:  # noqa: ANN401 - templates take anything
    """A template filled in, in UTF-8."""
    return request.app[TEMPLATES].get_template(template).render(values).encode()


async def _history(request: web.Request, catalog: publish.Catalog, wanted: publish.Request) -> str | None:
    """How far the history of the page's board has come; None while none is being read."""
    board = next((board for board in catalog.boards if wanted.kind == "board" and board.slug == wanted.slug), None)
    if board is None or not board.unfinished:
        return None
    reach, polling = await request.app[STORE].read(backfill.reach, board), request.app[POLLING]
    if reach is None or reach.gap.closed_at is not None:
        return None
    return sentence(reach, reach.time_left(polling.pages, polling.floor))


def _all_feeds(public_url: str) -> dict[str, str]:
    return {form: f"{public_url}{publish.path('all')}.{form}" for form, _ in FORMATS}


def _unindexed(selected: Feed) -> dict[str, str]:
    return {"X-Robots-Tag": "noindex"} if "?" in selected.page_url else {}
