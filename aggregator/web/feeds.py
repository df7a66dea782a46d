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
from aggregator.shelf import Kept
from aggregator.web.answers import Representation, answer, known_tags, part
from aggregator.web.clients import client, turn
from aggregator.web.conditional import manipulations
from aggregator.web.keys import ACCESS, CLOCK, PUBLIC_URL, SHARES, SHELF, STORE, ZONE

CORS: dict[str, str] = {
    hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
    hdrs.ACCESS_CONTROL_EXPOSE_HEADERS: "ETag, Last-Modified, Link, IM",
}
PREFLIGHT: dict[str, str] = {
    **CORS,
    hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, HEAD",
    hdrs.ACCESS_CONTROL_ALLOW_HEADERS: "If-None-Match, If-Modified-Since, A-IM",
    hdrs.ACCESS_CONTROL_MAX_AGE: "86400",
}
KINDS: dict[str, publish.Kind] = {"boards": "board", "topics": "topic"}

# What never changes (RFC 8246).
_FOR_EVER = "public, max-age=31536000, immutable"
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
    app = request.app
    if is_explanation(request):
        said: dict[str, str] = {**CORS, hdrs.CACHE_CONTROL: "no-cache", "X-Robots-Tag": "noindex"}
        async with turn(request):
            body = json.encode(await explanation(request))
        return web.Response(body=body, content_type="application/json", headers=said)
    now, shelf = app[CLOCK](), app[SHELF]
    wanted, form = shelf.addressed(request.raw_path) or _addressed(request)
    kept = await shelf.kept(wanted, form, now)
    if kept is None:
        app[SHARES].take(client(request))
        kept = await shelf.made(wanted, form, now)
    return _told(request, kept, form)


def _addressed(request: web.Request) -> tuple[publish.Request, render.Format]:
    """The one request of all URLs that ask for the same; what a token opens is found out anew each time."""
    wanted = publish.canonical(asked(request), request.app[ZONE])
    key = wanted, cast("render.Format", request.match_info["format"])
    if wanted.access == PUBLIC:
        request.app[SHELF].remember(request.raw_path, key)
    return key


def _told(request: web.Request, kept: Kept, form: render.Format) -> web.Response:
    said: dict[str, str] = {
        **CORS,
        hdrs.CONTENT_LOCATION: kept.feed.feed_urls[form],
        hdrs.LINK: links(kept.feed, form),
    }
    if request.query_string:
        said["X-Robots-Tag"] = "noindex"
    shown = Representation(
        body=kept.document.body,
        media_type=kept.document.media_type,
        etag=kept.document.etag,
        last_modified=kept.document.last_modified,
        packed=kept.packed,
    )
    if "feed" in manipulations(request.headers.get("A-IM")):
        for etag in known_tags(request, shown):
            if (news := kept.news(etag)) is not None:
                return part(request, shown, news, said)
    said[hdrs.CACHE_CONTROL] = cache_control(kept.feed, request.app[CLOCK]())
    return answer(request, shown, said)


async def preflight(_request: web.Request) -> web.Response:
    """What a browser asks before it lets a reader on another site send its validators (D12)."""
    return web.Response(status=HTTPStatus.NO_CONTENT, headers=PREFLIGHT)


def cache_control(selected: Feed, now: datetime) -> str:
    """How long the answer may be kept: until the next poll can change it, at most an hour (D8); an archive for ever."""
    if selected.is_archive:
        return _FOR_EVER
    due = selected.ttl if selected.next_poll_at is None else min(selected.ttl, selected.next_poll_at - now)
    fresh = min(max(due, _FRESH_AT_LEAST), _FRESH_AT_MOST)
    stale = {"stale-while-revalidate": _STALE_WHILE_REVALIDATE, "stale-if-error": _STALE_IF_ERROR}
    said = ("max-age", fresh), *stale.items()
    return ", ".join(["public", *(f"{name}={int(period.total_seconds())}" for name, period in said)])
