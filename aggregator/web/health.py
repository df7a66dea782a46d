"""How boards fare: a page, and the same changes as a feed in every format."""

from typing import cast

from aiohttp import hdrs, web

from aggregator import render
from aggregator.bulletin import bulletin
from aggregator.web.answers import Representation, answer
from aggregator.web.clients import turn
from aggregator.web.feeds import CORS
from aggregator.web.keys import PAPER, PUBLIC_URL, STORE
from aggregator.web.pages import shown

FRESH = "max-age=20"


async def page(request: web.Request) -> web.Response:
    """Every board, the worst first, and the last changes."""
    async with turn(request):
        body = await request.app[PAPER].health()
    return shown(request, body, {})


async def feed(request: web.Request) -> web.Response:
    """The changes in the format at the path's end."""
    app, form = request.app, cast("render.Format", request.match_info["format"])
    async with turn(request):
        document = render.document(await bulletin(app[STORE], app[PUBLIC_URL]), form)
    representation = Representation(
        body=document.body,
        media_type=document.media_type,
        etag=document.etag,
        last_modified=document.last_modified,
    )
    return answer(request, representation, {**CORS, hdrs.CACHE_CONTROL: FRESH})
