"""Feeds over HTTP: one URL a format, no negotiation between formats, readable by any reader and any browser."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import cast

from aiohttp import hdrs, web
from msgspec import json, structs

from aggregator import publish, render
from aggregator.model import Feed
from aggregator.push import links
from aggregator.request import PUBLIC
from aggregator.web.answers import Representation, answer
from aggregator.web.keys import ACCESS, CLOCK, HUBS, PUBLIC_URL, STORE, ZONE

CORS: dict[str, str] = {
    hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
    hdrs.ACCESS_CONTROL_EXPOSE_HEADERS: "ETag, Last-Modified, Link",
}
PREFLIGHT: dict[str, str] = {
    **CORS,
    hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, HEAD",
    hdrs.ACCESS_CONTROL_ALLOW_HEADERS: "If-None-Match, If-Modified-Since",
    hdrs.ACCESS_CONTROL_MAX_AGE: "86400",
}
KINDS: dict[str, publish.Kind] = {"boards": "board", "topics": "topic"}

_FRESH_AT_LEAST = timedelta(seconds=1)
_FRESH_AT_MOST = timedelta(hours=1)
_STALE_WHILE_REVALIDATE = timedelta(minutes=1)
_STALE_IF_ERROR = timedelta(days=1)


def asked(request: web.Request) -> publish.Request:
    """What the request's path and parameters ask for. Raises FilterError for a parameter that cannot be."""
    kind = KINDS[request.match_info["kind"]] if "kind" in request.match_info else "all"
    wanted = publish.request(kind, request.match_info.get("slug", ""), request.query)
    return structs.replace(wanted, access=request.get(ACCESS, PUBLIC))


def is_explanation(request: web.Request) -> bool:
    """Whether the request wants to know why its feed holds what it holds (``?explain``)."""
    return request.query.get("explain", "no") not in ("no", "0", "false")


async def explanation(request: web.Request) -> publish.Explanation:
    """Why the feed of the request's path holds what it holds."""
    app = request.app
    return await publish.explain(app[STORE], asked(request), app[PUBLIC_URL], app[CLOCK](), app[ZONE])


async def feed(request: web.Request) -> web.Response:
    """The feed of the request's path in the format at its end; its explanation is JSON whatever the format."""
    if is_explanation(request):
        said: dict[str, str] = {**CORS, hdrs.CACHE_CONTROL: "no-cache", "X-Robots-Tag": "noindex"}
        body = json.encode(await explanation(request))
        return web.Response(body=body, content_type="application/json", headers=said)
    app = request.app
    wanted, hubs = asked(request), app[HUBS]
    selected = await publish.feed(app[STORE], wanted, app[PUBLIC_URL], app[CLOCK](), app[ZONE], hubs=hubs)
    form = cast("render.Format", request.match_info["format"])
    document = render.document(selected, form)
    shown = Representation(
        body=document.body,
        media_type=document.media_type,
        etag=document.etag,
        last_modified=document.last_modified,
    )
    headers: dict[str, str] = {
        **CORS,
        hdrs.CACHE_CONTROL: cache_control(selected, request.app[CLOCK]()),
        hdrs.CONTENT_LOCATION: selected.feed_urls[form],
        hdrs.LINK: links(selected.feed_urls[form], selected.hubs),
    }
    if request.query_string:
        headers["X-Robots-Tag"] = "noindex"
    return answer(request, shown, headers)


async def preflight(_request: web.Request) -> web.Response:
    """What a browser asks before it lets a reader on another site send its validators (D12)."""
    return web.Response(status=HTTPStatus.NO_CONTENT, headers=PREFLIGHT)


def cache_control(selected: Feed, now: datetime) -> str:
    """How long the answer may be kept: until the next poll can change it, at most an hour (D8)."""
    due = selected.ttl if selected.next_poll_at is None else min(selected.ttl, selected.next_poll_at - now)
    fresh = min(max(due, _FRESH_AT_LEAST), _FRESH_AT_MOST)
    stale = {"stale-while-revalidate": _STALE_WHILE_REVALIDATE, "stale-if-error": _STALE_IF_ERROR}
    said = ("max-age", fresh), *stale.items()
    return ", ".join(["public", *(f"{name}={int(period.total_seconds())}" for name, period in said)])
