"""A representation on its way out: its coding, its own entity tag, and 304 where the client has it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from http import HTTPStatus

from aiohttp import hdrs, web
from msgspec import Struct

from aggregator.packing import CODINGS, Coding, packed
from aggregator.web.conditional import has_current, tags, wanted_coding

# What is shorter grows in gzip, by whose head and tail it is framed.
_SHORT_BYTES = 200


class Representation(Struct, frozen=True, kw_only=True):
    """Bytes with their media type and strong ETag; ``last_modified`` where a date can tell that they changed.

    ``packed`` gives them in a coding, where they were compressed before.
    """

    body: bytes
    media_type: str
    etag: str
    last_modified: datetime | None = None
    packed: Callable[[Coding], bytes] | None = None


def answer(request: web.Request, shown: Representation, headers: Mapping[str, str]) -> web.Response:
    """The response that ``request`` gets of ``shown``; HEAD is answered as GET, aiohttp leaves the body out.

    Each coding has an ETag of its own, because a strong one stands for the very bytes (RFC 9110 §8.8.3.3). A 304
    repeats what a 200 would have said of caching (§15.4.5).
    """
    coding = _coding(request, shown)
    said = {**_validators(shown, coding), hdrs.VARY: hdrs.ACCEPT_ENCODING, **headers}
    if has_current(
        _listed(request, hdrs.IF_NONE_MATCH),
        _listed(request, hdrs.IF_MODIFIED_SINCE),
        said[hdrs.ETAG],
        shown.last_modified,
    ):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=said)
    said[hdrs.CONTENT_TYPE] = shown.media_type
    if coding is None:
        return web.Response(body=shown.body, headers=said)
    said[hdrs.CONTENT_ENCODING] = coding
    body = packed(shown.body, coding) if shown.packed is None else shown.packed(coding)
    return web.Response(body=body, headers=said)


def known_tags(request: web.Request, shown: Representation) -> list[str]:
    """The ETags, of whatever coding, of the representations that the client has; none where it has ``shown``."""
    coding = _coding(request, shown)
    sent = tags(_listed(request, hdrs.IF_NONE_MATCH))
    return [] if _validators(shown, coding)[hdrs.ETAG] in sent else list(dict.fromkeys(map(_uncoded, sent)))


def part(request: web.Request, shown: Representation, news: bytes, headers: Mapping[str, str]) -> web.Response:
    """The news of ``shown`` alone; what the client then has is ``shown``, whose ETag it is given (RFC 3229 §10.7)."""
    coding = _coding(request, shown)
    said: dict[str, str] = {
        **_validators(shown, coding),
        hdrs.VARY: f"{hdrs.ACCEPT_ENCODING}, A-IM",
        **headers,
        hdrs.CONTENT_TYPE: shown.media_type,
        hdrs.CACHE_CONTROL: "no-store, im",
        "IM": "feed",
    }
    if coding is not None:
        said[hdrs.CONTENT_ENCODING], news = coding, packed(news, coding)
    return web.Response(status=HTTPStatus.IM_USED, body=news, headers=said)


def _coding(request: web.Request, shown: Representation) -> Coding | None:
    """The coding that the client likes best, none for what is too short to gain by any."""
    if len(shown.body) < _SHORT_BYTES:
        return None
    return wanted_coding(request.headers.get(hdrs.ACCEPT_ENCODING))


def _validators(shown: Representation, coding: Coding | None) -> dict[str, str]:
    said: dict[str, str] = {hdrs.ETAG: shown.etag if coding is None else f'{shown.etag[:-1]}-{coding}"'}
    if shown.last_modified is not None:
        said[hdrs.LAST_MODIFIED] = _dated(shown.last_modified)
    return said


@lru_cache(1_024)
def _dated(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def _uncoded(etag: str) -> str:
    """The ETag of the same representation without its coding.

    >>> _uncoded('"a-gzip"'), _uncoded('"a"')
    ('"a"', '"a"')
    """
    for coding in CODINGS:
        etag = etag.replace(f'-{coding}"', '"')
    return etag


def _listed(request: web.Request, name: str) -> str | None:
    """A header that may come in several lines, as one (RFC 9110 §5.3)."""
    lines = request.headers.getall(name, [])
    return ", ".join(lines) if lines else None
