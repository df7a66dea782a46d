"""Feeds over HTTP: one URL a format, no negotiation between formats, readable by any reader and any browser."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import cast

from aiohttp import hdrs, web
from msgspec import json, structs

from aggregator import publish, render
from aggregator.document import Ready
from aggregator.model import Feed
from aggregator.packing import Coding
from aggregator.push import links
from aggregator.request import PUBLIC
from aggregator.shelf import Kept, Key
from aggregator.web.answers import Representation, coding_of, known_tags, listed, made_ready, part, sent
from aggregator.web.clients import spend, turn
from aggregator.web.conditional import manipulations
from aggregator.web.keys import ACCESS, CLOCK, METRICS, PUBLIC_URL, SHELF, STORE, TURNS, ZONE

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
SECURED: dict[str, str] = {"X-Content-Type-Options": "nosniff"}
KINDS: dict[str, publish.Kind] = {"boards": "board", "topics": "topic"}

# What never changes (RFC 8246).
_FOR_EVER = "max-age=31536000, immutable"
_FRESH_AT_LEAST = timedelta(seconds=1)
_FRESH_AT_MOST = timedelta(hours=1)
_SECOND = timedelta(seconds=1)
_STALE = "stale-while-revalidate=60, stale-if-error=86400"


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
        spend(request)
        app[METRICS].missed()
        kept = await shelf.made(wanted, form, now)
    return _told(request, kept, form)


def _addressed(request: web.Request) -> Key:
    """The one request of all URLs that ask for the same; what a token opens is found out anew each time."""
    request.app[TURNS].knock()
    wanted = publish.canonical(asked(request), request.app[ZONE])
    key = wanted, cast("render.Format", request.match_info["format"])
    if wanted.access == PUBLIC:
        request.app[SHELF].remember(request.raw_path, key)
    return key


def _told(request: web.Request, kept: Kept, form: render.Format) -> web.Response:
    if "feed" in manipulations(listed(request, "A-IM")):
        shown = _shown(kept)
        for etag in known_tags(request, shown):
            if (news := kept.news(etag)) is not None:
                return part(request, shown, news, _said(kept, form, request.raw_path))
    coding = coding_of(listed(request, hdrs.ACCEPT_ENCODING), kept.document.body)
    made = ready(kept, form, request.raw_path, coding)
    return sent(request, made, cache_control(kept.feed, request.app[CLOCK]()))


def ready(kept: Kept, form: render.Format, target: str, coding: Coding | None) -> Ready:
    """A document in that coding for who asks for ``target``, made ready once."""
    way = coding, "?" in target
    made = kept.ready.get(way)
    if made is None:
        body = kept.document.body if coding is None else kept.packed(coding)
        made = kept.ready[way] = made_ready(_shown(kept), coding, body, _said(kept, form, target))
    return made


def _shown(kept: Kept) -> Representation:
    document = kept.document
    return Representation(
        body=document.body,
        media_type=document.media_type,
        etag=document.etag,
        last_modified=document.last_modified,
    )


def _said(kept: Kept, form: render.Format, target: str) -> dict[str, str]:
    said: dict[str, str] = {
        **CORS,
        **SECURED,
        hdrs.CONTENT_LOCATION: kept.feed.feed_urls[form],
        hdrs.LINK: links(kept.feed, form),
    }
    if "?" in target:
        said["X-Robots-Tag"] = "noindex"
    return said


async def preflight(_request: web.Request) -> web.Response:
    """What a browser asks before it lets a reader on another site send its validators (D12)."""
    return web.Response(status=HTTPStatus.NO_CONTENT, headers=PREFLIGHT)


def cache_control(selected: Feed, now: datetime) -> str:
    """How long the answer may be kept: until the next poll can change it, at most an hour (D8); an archive for ever."""
    if selected.is_archive:
        return _FOR_EVER
    due = selected.ttl if selected.next_poll_at is None else min(selected.ttl, selected.next_poll_at - now)
    fresh = min(max(due, _FRESH_AT_LEAST), _FRESH_AT_MOST)
    return f"max-age={fresh // _SECOND}, {_STALE}"
