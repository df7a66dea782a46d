"""Private feeds: the same feeds and pages below a path that only its subscriber knows, ``/p/<token>``.

A reader cannot log in, so the token stands in the path (CONFORMANCE.md D18). It is looked up by its digest: how long
that takes says nothing of it. Nothing here writes a path into a log.
"""

from contextlib import suppress

from aiohttp import hdrs, web

from aggregator import publish
from aggregator.errors import GoneFeedError, StoreError, UnknownFeedError
from aggregator.request import PRIVATE, Access
from aggregator.store import private
from aggregator.store.private import PrivateFeed
from aggregator.tokens import digest
from aggregator.web.clients import own_path
from aggregator.web.feeds import KINDS
from aggregator.web.keys import ACCESS, CLOCK, STILL, STORE
from aggregator.web.problems import Handler


def opened(handler: Handler) -> Handler:
    """``handler`` for who shows a token of the feed that the path goes on to.

    Raises GoneFeedError for a token that was revoked, UnknownFeedError for every other that does not open this feed.
    """

    async def answer(request: web.Request) -> web.StreamResponse:
        token = request.match_info["token"]
        feed = await _shown(request, token)

        async def still() -> None:
            await _shown(request, token)

        request[STILL] = still
        request[ACCESS] = Access.below(token, others=feed.scope == "all")
        return await handler(request)

    return answer


async def secluded(request: web.Request, response: web.StreamResponse) -> None:
    """Let an answer below a token's path, a refusal too, be kept and known by its reader alone."""
    # Slashes too many are sent on below the right path.
    if PRIVATE not in own_path(request):
        return
    said = [part.strip() for part in response.headers.get(hdrs.CACHE_CONTROL, "").split(",")]
    shared = {"", "public", "private"}
    response.headers[hdrs.CACHE_CONTROL] = ", ".join(["private", *(part for part in said if part not in shared)])
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"


async def _shown(request: web.Request, token: str) -> PrivateFeed:
    store, now = request.app[STORE], request.app[CLOCK]()
    feed = await store.read(private.known, digest(token))
    if feed is None or feed.path != _path(request):
        raise UnknownFeedError("There is no such feed.")
    if feed.revoked_at is not None:
        raise GoneFeedError("This feed's address has been withdrawn.")
    if private.is_news(feed, now):
        with suppress(StoreError):  # A store that cannot be written can still be read.
            await store.write(private.used, feed.id, now)
    return feed


def _path(request: web.Request) -> str:
    kind = KINDS[request.match_info["kind"]] if "kind" in request.match_info else "all"
    return publish.path(kind, request.match_info.get("slug", ""))
