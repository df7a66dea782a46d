"""Pages for people: what a feed holds, its URLs to copy, and a box to narrow it."""

from collections.abc import Mapping
from typing import Any

from aiohttp import hdrs, web

from aggregator import publish
from aggregator.document import etag
from aggregator.model import Feed
from aggregator.shelf import minute_end
from aggregator.web.answers import Representation, answer
from aggregator.web.clients import client
from aggregator.web.feeds import asked, explanation, is_explanation
from aggregator.web.keys import CLOCK, PAPER, PUBLIC_URL, SHARES, STORE, TURNS, ZONE


async def page(request: web.Request) -> web.Response:
    """The page of the feed at the request's path, or why it holds what it holds."""
    app, wanted, now = request.app, asked(request), request.app[CLOCK]()
    if is_explanation(request):
        async with app[TURNS]:
            why = written(request, "explain.html", why=await explanation(request), asked=wanted)
        return shown(request, why, {"X-Robots-Tag": "noindex"})
    app[SHARES].take(client(request))
    async with app[TURNS]:
        # As its feeds are, it is selected for the whole minute.
        selected = await publish.feed(app[STORE], wanted, app[PUBLIC_URL], minute_end(now), app[ZONE])
        catalog = await publish.catalog(app[STORE])
    beside = await app[PAPER].beside(wanted, catalog, now)
    return shown(request, app[PAPER].feed(wanted, selected, catalog, beside), _unindexed(selected))


def shown(request: web.Request, html: bytes, headers: Mapping[str, str]) -> web.Response:
    """A page on its way out; it may be kept, but is asked for again each time."""
    representation = Representation(body=html, media_type="text/html; charset=utf-8", etag=etag(html))
    return answer(request, representation, {hdrs.CACHE_CONTROL: "no-cache", **headers})


async def language(request: web.Request) -> web.Response:
    """What a filter may say: where the problem of one that cannot be read points to."""
    return shown(request, request.app[PAPER].language(), {})


def written(request: web.Request, template: str, **values: Any) -> bytes:  # noqa: ANN401 - templates take anything
    """A template filled in, in UTF-8."""
    return request.app[PAPER].written(template, **values)


def _unindexed(selected: Feed) -> dict[str, str]:
    return {"X-Robots-Tag": "noindex"} if "?" in selected.page_url else {}
