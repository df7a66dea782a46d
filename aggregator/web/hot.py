"""What is answered before anything else looks at the request: no route, no middleware, no signal.

A document that is kept is given out, and in a siege what is not is refused, which must cost next to nothing.
What is asked for at a URL is known from when it was asked for first, when whatever might refuse it let it through and
aiohttp wrote its headers.
"""

from http import HTTPStatus

from aiohttp import hdrs, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import HttpVersion11

from aggregator.errors import BusyError, StoreError
from aggregator.web.answers import listed
from aggregator.web.keys import CLOCK, PUBLIC_URL, SHELF, TURNS
from aggregator.web.paper import root
from aggregator.web.plain import Asked, feed_format, refusal, spoken
from aggregator.web.requests import Handler, count


class Spoken(web.StreamResponse):
    """An answer that is bytes already; the connection is kept behind it, unless it is the ``last``."""

    def __init__(self, status: int, parts: tuple[bytes, ...], *, last: bool = False) -> None:
        """Be these bytes, the status line among them."""
        super().__init__(status=status)
        self._parts, self._last = parts, last

    @property
    def keep_alive(self) -> bool:
        """Whether the connection is kept."""
        return not self._last

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        """Send it all. Raises ConnectionResetError where the client has gone."""
        if request.transport is None:
            raise ConnectionResetError
        request.transport.writelines(self._parts)
        await request.writer.drain()
        return request.writer

    async def write_eof(self, _data: bytes = b"") -> None:
        """Nothing is left to be sent."""


def at_hand(app: web.Application, handler: Handler) -> Handler:
    """``handler``, which is spared the plain requests for what is kept."""
    shelf, clock, turns, prefix = app[SHELF], app[CLOCK], app[TURNS], root(app[PUBLIC_URL])

    async def answer(request: web.Request) -> web.StreamResponse:
        key = shelf.addressed(request.raw_path)
        if key is None and request.method == hdrs.METH_GET and (form := feed_format(request.raw_path, prefix)):
            try:
                turns.knock()
            except BusyError:
                count(app, request.raw_path, form, HTTPStatus.SERVICE_UNAVAILABLE, clock())
                return Spoken(HTTPStatus.SERVICE_UNAVAILABLE, (refusal(),), last=True)
        if key is None or not _is_plain(request):
            return await handler(request)
        try:
            kept = await shelf.kept(*key, clock())
        except StoreError:
            kept = None  # The handler meets it again, and says so.
        if kept is None:
            return await handler(request)
        asked = Asked(
            request.raw_path,
            listed(request, hdrs.ACCEPT_ENCODING),
            listed(request, hdrs.IF_NONE_MATCH),
            listed(request, hdrs.IF_MODIFIED_SINCE),
        )
        return Spoken(*spoken(app, asked, kept, key[1]))

    return answer


def _is_plain(request: web.Request) -> bool:
    return (
        request.method == hdrs.METH_GET
        and request.version == HttpVersion11
        and request.keep_alive
        and "A-IM" not in request.headers
    )
