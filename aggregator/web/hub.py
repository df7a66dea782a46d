"""The hub over HTTP: wishes are taken here (WebSub §5.1) and verified beside the answer."""

from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import hdrs, web

from aggregator.errors import FilterError, RequestError
from aggregator.web.clients import turn
from aggregator.web.keys import RECEPTION
from aggregator.web.problems import asks, status_of

PATH = "/hub"
FORM = "application/x-www-form-urlencoded"


async def wished(request: web.Request) -> web.Response:
    """202 for a wish that is going to be verified; else why it is not, as plain text (§5.1)."""
    reception = request.app[RECEPTION]
    if reception is None:
        raise web.HTTPNotFound
    if request.content_type != FORM:
        return _told(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"What is wished for is sent as a form: {FORM}.")
    try:
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    except (LookupError, UnicodeError, web.RequestPayloadError):
        sentence = "The form is no text in the charset and coding that it names; UTF-8 is allowed, in gzip or as it is."
        return _told(HTTPStatus.BAD_REQUEST, sentence)
    try:
        async with turn(request):
            await reception.take(form)
    except RequestError as error:
        said = f"hub.topic: {error} ({error.hint})" if isinstance(error, FilterError) else str(error)
        return _told(status_of(error), said, asks(error))
    return _told(HTTPStatus.ACCEPTED, "You will be asked whether this is meant.")


def _told(status: HTTPStatus, sentence: str, asked: Mapping[str, str] | None = None) -> web.Response:
    headers = {hdrs.CACHE_CONTROL: "no-store", **(asked or {})}
    return web.Response(status=status, text=f"{sentence}\n", headers=headers)
