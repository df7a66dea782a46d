"""A representation on its way out: its coding, its own entity tag, and 304 where the client has it."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus

from aiohttp import hdrs, web
from msgspec import Struct

from aggregator.packing import packed
from aggregator.web.conditional import has_current, wanted_coding


class Representation(Struct, frozen=True, kw_only=True):
    """Bytes with their media type and strong ETag; ``last_modified`` where a date can tell that they changed."""

    body: bytes
    media_type: str
    etag: str
    last_modified: datetime | None = None


def answer(request: web.Request, shown: Representation, headers: Mapping[str, str]) -> web.Response:
    """The response that ``request`` gets of ``shown``; HEAD is answered as GET, aiohttp leaves the body out.

    Each coding has an ETag of its own, because a strong one stands for the very bytes (RFC 9110 §8.8.3.3). A 304
    repeats what a 200 would have said of caching (§15.4.5).
    """
    coding = wanted_coding(request.headers.get(hdrs.ACCEPT_ENCODING))
    etag = shown.etag if coding is None else f'{shown.etag[:-1]}-{coding}"'
    said = {hdrs.ETAG: etag, hdrs.VARY: hdrs.ACCEPT_ENCODING, **headers}
    if shown.last_modified is not None:
        said[hdrs.LAST_MODIFIED] = format_datetime(shown.last_modified, usegmt=True)
    if has_current(
        _listed(request, hdrs.IF_NONE_MATCH), _listed(request, hdrs.IF_MODIFIED_SINCE), etag, shown.last_modified
    ):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=said)
    said[hdrs.CONTENT_TYPE] = shown.media_type
    if coding is None:
        return web.Response(body=shown.body, headers=said)
    said[hdrs.CONTENT_ENCODING] = coding
    return web.Response(body=packed(shown.body, coding), headers=said)


def _listed(request: web.Request, name: str) -> str | None:
    """A header that may come in several lines, as one (RFC 9110 §5.3)."""
    lines = request.headers.getall(name, [])
    return ", ".join(lines) if lines else None
