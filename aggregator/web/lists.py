"""OPML over HTTP: all public feeds at once, or a topic's board by board."""

from aiohttp import hdrs, web

from aggregator import outlines, publish
from aggregator.document import etag
from aggregator.render.opml import MEDIA_TYPE
from aggregator.web.answers import Representation, answer
from aggregator.web.clients import turn
from aggregator.web.feeds import CORS
from aggregator.web.keys import PUBLIC_URL, STORE, ZONE


async def every(request: web.Request) -> web.Response:
    """The OPML of all public feeds."""
    async with turn(request):
        catalog = await publish.catalog(request.app[STORE])
    return _listed(request, outlines.every(catalog, request.app[PUBLIC_URL]))


async def topic(request: web.Request) -> web.Response:
    """The OPML of the topic at the request's path."""
    app, slug = request.app, request.match_info["slug"]
    async with turn(request):
        catalog = await publish.catalog(app[STORE])
    return _listed(request, outlines.by_board(catalog, slug, app[PUBLIC_URL], app[ZONE]))


def _listed(request: web.Request, document: bytes) -> web.Response:
    shown = Representation(body=document, media_type=f"{MEDIA_TYPE}; charset=utf-8", etag=etag(document))
    return answer(request, shown, {**CORS, hdrs.CACHE_CONTROL: "max-age=300"})
