"""A feed as server-sent events: what its document holds, then what comes, to each client once.

A client that comes back says by ``Last-Event-ID`` what it saw last, and is given everything that arrived since.
"""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from aiohttp import hdrs, web

from aggregator.errors import FullError, RequestError, StoreError
from aggregator.news import Ear
from aggregator.render import events
from aggregator.stream import Piece, Stream
from aggregator.web.clients import client, turn
from aggregator.web.feeds import CORS, asked
from aggregator.web.keys import CLOCK, NEWS, PUBLIC_URL, STILL, STORE, ZONE

AT_ONCE = 2
LAST_SEEN = "Last-Event-ID"
RETRY = b"retry: 5000\n\n"
SILENCE = b":\n\n"
SILENT_SECONDS = 15.0
# A client that takes nothing for so long is not there any more.
PATIENCE_SECONDS = 30.0
# Then it is to come back, and to show again that it may.
LONGEST = timedelta(hours=1)
_ARRIVAL = re.compile("[0-9]{1,18}")


class Streams:
    """The clients that follow a feed now, of whom there may be ``most``; of one no more than are left to the others.

    What they are told of is selected for a few ``at_once``, lest those who were away keep everybody waiting.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._ends: dict[asyncio.Timeout, str] = {}
        self.at_once = asyncio.Semaphore(AT_ONCE)

    @contextmanager
    def place(self, client: str, end: asyncio.Timeout) -> Iterator[None]:
        """A place until left; ``end`` comes at once when all are ended. Raises FullError where there is none."""
        if list(self._ends.values()).count(client) >= self._most - len(self._ends):
            raise FullError("As many clients follow feeds as may: poll the feed, or come back later.")
        self._ends[end] = client
        try:
            yield
        finally:
            del self._ends[end]

    async def close(self, _app: web.Application) -> None:
        """End them all."""
        for end in self._ends:
            if not end.expired():
                end.reschedule(asyncio.get_running_loop().time())


STREAMS = web.AppKey("streams", Streams)


async def stream(request: web.Request) -> web.StreamResponse:
    """The events of the feed at the request's path, until the client goes, an hour is over or the server stops."""
    app = request.app
    told = Stream(store=app[STORE], wanted=asked(request), public_url=app[PUBLIC_URL], zone=app[ZONE])
    response = web.StreamResponse(
        headers={
            **CORS,
            hdrs.CONTENT_TYPE: events.MEDIA_TYPE,
            hdrs.CACHE_CONTROL: "no-store",
            "X-Accel-Buffering": "no",
        }
    )
    with suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(LONGEST.total_seconds()) as end:
            # Listening begins before the first look, so that nothing comes between.
            with app[STREAMS].place(client(request), end), app[NEWS].heard() as ear:
                async with turn(request):
                    first = await told.begun(app[CLOCK]())
                await response.prepare(request)
                with suppress(RequestError, StoreError):  # Too late for a status: it comes back, and is told then.
                    await _follow(request, response, told, first, ear)
    return response


async def _follow(request: web.Request, response: web.StreamResponse, told: Stream, first: Piece, ear: Ear) -> None:
    seen = _ARRIVAL.fullmatch(request.headers.get(LAST_SEEN, "").strip())
    await _write(response, RETRY)
    # A store that was put back may have given out less than the client has seen.
    reached = first.reached if seen is None else min(int(seen[0]), first.reached)
    if seen is None:
        await _write(response, events.written(first.feed))
    else:
        reached = await _caught_up(request, response, told, reached)
    while True:
        if await ear.boards(SILENT_SECONDS):
            reached = await _caught_up(request, response, told, reached)
        else:
            await _write(response, SILENCE)


async def _caught_up(request: web.Request, response: web.StreamResponse, told: Stream, reached: int) -> int:
    if (still := request.get(STILL)) is not None:
        await still()
    pieces = told.after(reached, request.app[CLOCK]())
    while True:
        async with request.app[STREAMS].at_once:
            piece = await anext(pieces, None)
        if piece is None:
            return reached
        await _write(response, events.written(piece.feed))
        reached = piece.reached


async def _write(response: web.StreamResponse, said: bytes) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        await response.write(said)
