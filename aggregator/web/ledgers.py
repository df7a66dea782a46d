"""A board's ledger: what is stored of its list and what is not, as a page and as JSON at the same path."""

from aiohttp import hdrs, web
from msgspec import json

from aggregator import publish
from aggregator.document import etag
from aggregator.web.answers import Representation, answer
from aggregator.web.feeds import CORS
from aggregator.web.keys import STORE
from aggregator.web.pages import shown, written


async def page(request: web.Request) -> web.Response:
    """The ledger for people."""
    found = await publish.ledger(request.app[STORE], request.match_info["slug"])
    return shown(request, written(request, "ledger.html", ledger=found), {})


async def document(request: web.Request) -> web.Response:
    """The ledger for programs."""
    found = await publish.ledger(request.app[STORE], request.match_info["slug"])
    body = json.encode(found)
    representation = Representation(body=body, media_type="application/json", etag=etag(body))
    return answer(request, representation, {**CORS, hdrs.CACHE_CONTROL: "no-cache"})
