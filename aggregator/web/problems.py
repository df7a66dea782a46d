"""Errors over HTTP: problem+json for programs on feed paths (RFC 9457), a page that helps on pages."""

from collections.abc import Awaitable, Callable
from errno import ENAMETOOLONG
from http import HTTPStatus
from math import ceil

from aiohttp import hdrs, web
from msgspec import Struct, json

from aggregator.errors import (
    AggregatorError,
    BusyError,
    ConflictError,
    ElsewhereError,
    FilterError,
    FullError,
    GoneFeedError,
    RefusedError,
    RequestError,
    SettingsError,
    StoreError,
    TokenError,
    UnknownFeedError,
)
from aggregator.web.clients import below, own_path
from aggregator.web.feeds import CORS
from aggregator.web.keys import PUBLIC_URL
from aggregator.web.pages import written
from aggregator.web.paper import root

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

API = "/api/"
STATUSES: tuple[tuple[type[AggregatorError], HTTPStatus], ...] = (
    (UnknownFeedError, HTTPStatus.NOT_FOUND),
    (GoneFeedError, HTTPStatus.GONE),
    (FullError, HTTPStatus.TOO_MANY_REQUESTS),
    (TokenError, HTTPStatus.UNAUTHORIZED),
    (BusyError, HTTPStatus.SERVICE_UNAVAILABLE),
    (ConflictError, HTTPStatus.CONFLICT),
    (RequestError, HTTPStatus.BAD_REQUEST),
    (SettingsError, HTTPStatus.BAD_REQUEST),
    (RefusedError, HTTPStatus.CONFLICT),
    (StoreError, HTTPStatus.SERVICE_UNAVAILABLE),
)
SOON = "max-age=60"
RETRY_AFTER_SECONDS, ROOM_AFTER_SECONDS = "30", "60"
PROBLEM = "application/problem+json"
FOR_WATCHDOGS = {"/healthz", "/readyz"}


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong, in words of RFC 9457; ``column`` counts from 1 in the filter, ``hint`` says what is right.

    ``field`` of what was sent is ``found`` to be something else than what is ``allowed``.
    """

    type: str
    title: str
    status: int
    detail: str
    column: int | None = None
    hint: str | None = None
    field: str | None = None
    found: object = None
    allowed: str | None = None


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal as an answer that its client can read; what is no refusal goes through."""
    try:
        return await handler(request)
    except OSError as error:
        if error.errno != ENAMETOOLONG:
            raise
        return _told(request, _plain(HTTPStatus.NOT_FOUND), {})
    except web.HTTPException as refusal:
        if refusal.status < HTTPStatus.BAD_REQUEST:
            raise
        status = HTTPStatus(refusal.status)
        allow: dict[str, str] = {hdrs.ALLOW: refusal.headers[hdrs.ALLOW]} if hdrs.ALLOW in refusal.headers else {}
        return _told(request, _plain(status), allow)
    except ElsewhereError as error:
        said: dict[str, str] = {**CORS, hdrs.CACHE_CONTROL: SOON}
        said[hdrs.LOCATION] = error.urls[request.match_info.get("format", "page")]
        return web.Response(status=HTTPStatus.TEMPORARY_REDIRECT, headers=said)
    except (RequestError, StoreError, SettingsError) as error:
        return _told(request, problem(error, request.app[PUBLIC_URL]), asks(error))


@web.middleware
async def without_slash(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A path with slashes too many is sent on to the one without; aiohttp's own middleware cuts any last letter."""
    path, prefix = request.rel_url.raw_path, root(request.app[PUBLIC_URL])
    right = below("/" + "/".join(part for part in path.split("/") if part), prefix)
    if path in (right, prefix + right):
        return await handler(request)
    raise web.HTTPPermanentRedirect(
        str(request.rel_url.with_path(prefix + right, encoded=True, keep_query=True)),
    )


def _plain(status: HTTPStatus) -> Problem:
    return Problem(type="about:blank", title=status.phrase, status=status, detail=status.description)


def status_of(error: AggregatorError) -> HTTPStatus:
    """What HTTP calls it."""
    if isinstance(error, TokenError) and error.known:
        return HTTPStatus.FORBIDDEN
    if isinstance(error, BusyError) and error.asked_too_much:
        return HTTPStatus.TOO_MANY_REQUESTS
    if isinstance(error, ConflictError) and error.stale:
        return HTTPStatus.PRECONDITION_FAILED
    return next(status for kind, status in STATUSES if isinstance(error, kind))


def asks(error: AggregatorError) -> dict[str, str]:
    """What a refusal asks of the client, in headers."""
    if isinstance(error, TokenError):
        return {hdrs.WWW_AUTHENTICATE: "Bearer"}
    if isinstance(error, BusyError):
        return {hdrs.RETRY_AFTER: str(ceil(error.retry_after.total_seconds())), hdrs.CACHE_CONTROL: "no-store"}
    return {hdrs.RETRY_AFTER: ROOM_AFTER_SECONDS} if isinstance(error, FullError) else {}


def problem(error: AggregatorError, public_url: str) -> Problem:
    """What went wrong, as it is told."""
    status = status_of(error)
    if isinstance(error, SettingsError):
        return Problem(
            type="about:blank",
            title=status.phrase,
            status=status,
            detail=str(error),
            field=error.field,
            found=error.found,
            allowed=error.allowed,
        )
    if not isinstance(error, FilterError):
        return Problem(type="about:blank", title=status.phrase, status=status, detail=str(error))
    return Problem(
        type=f"{public_url}/filters",
        title="The filter cannot be read",
        status=status,
        detail=str(error),
        column=error.column,
        hint=error.hint,
    )


def _told(request: web.Request, problem: Problem, headers: dict[str, str]) -> web.Response:
    path = own_path(request)
    cached = "no-store" if path in FOR_WATCHDOGS or path.startswith(API) else SOON
    said: dict[str, str] = {hdrs.CACHE_CONTROL: cached, **headers}
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        said.setdefault(hdrs.RETRY_AFTER, RETRY_AFTER_SECONDS)
    if _is_for_programs(path):
        body, media_type = json.encode(problem), PROBLEM
        said |= {} if path.startswith(API) else CORS
    else:
        body, media_type = _page(request, problem), "text/html; charset=utf-8"
    return web.Response(status=problem.status, body=body, headers={hdrs.CONTENT_TYPE: media_type, **said})


def _is_for_programs(path: str) -> bool:
    """Whether a path has an ending, as every feed has and no page, or is a watchdog's or the API's."""
    return "." in path.rpartition("/")[2] or path in FOR_WATCHDOGS or path.startswith(API)


def _page(request: web.Request, problem: Problem) -> bytes:
    return written(
        request,
        "problem.html",
        problem=problem,
        q=request.query.get("q", ""),
        here=root(request.app[PUBLIC_URL]) + own_path(request),
    )
