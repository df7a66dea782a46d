"""A representation on its way out: its coding, its own entity tag, and 304 where the client has it."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from http import HTTPStatus

from aiohttp import hdrs, web
from msgspec import Struct

from aggregator.document import Ready
from aggregator.packing import CODINGS, Coding, packed
from aggregator.web.conditional import has_current, tags, wanted_coding

# What is shorter grows in gzip, by whose head and tail it is framed.
SHORT_BYTES = 200


class Representation(Struct, frozen=True, kw_only=True):
    """Bytes with their media type and strong ETag; ``last_modified`` where a date can tell that they changed."""

    body: bytes
    media_type: str
    etag: str
    last_modified: datetime | None = None

    def etag_in(self, coding: Coding | None) -> str:
        """Each coding has an ETag of its own: a strong one stands for the very bytes (RFC 9110 §8.8.3.3).

        >>> Representation(body=b"", media_type="text/plain", etag='"a"').etag_in("gzip")
        '"a-gzip"'
        """
        return self.etag if coding is None else f'{self.etag[:-1]}-{coding}"'


def answer(request: web.Request, shown: Representation, headers: Mapping[str, str]) -> web.Response:
    """The response that ``request`` gets of ``shown``; HEAD is answered as GET, aiohttp leaves the body out."""
    coding = coding_of(listed(request, hdrs.ACCEPT_ENCODING), shown.body)
    body = shown.body if coding is None else packed(shown.body, coding)
    return sent(request, made_ready(shown, coding, body, headers))


def made_ready(shown: Representation, coding: Coding | None, body: bytes, headers: Mapping[str, str]) -> Ready:
    """``shown`` in ``coding``, which makes ``body`` of it.

    A 304 repeats what a 200 would have said of caching (RFC 9110 §15.4.5), and nothing of the body.
    """
    known = {**_validators(shown, coding), hdrs.VARY: hdrs.ACCEPT_ENCODING, **headers}
    whole = {**known, hdrs.CONTENT_TYPE: shown.media_type}
    if coding is not None:
        whole[hdrs.CONTENT_ENCODING] = coding
    return Ready(
        etag=shown.etag_in(coding), last_modified=shown.last_modified, body=body, headers=whole, headers_if_known=known
    )


def sent(request: web.Request, ready: Ready, cache_control: str | None = None) -> web.Response:
    """The whole, or 304 where the client has it; ``cache_control`` is what the time says of an answer made before."""
    if is_known(request, ready):
        response = web.Response(status=HTTPStatus.NOT_MODIFIED, headers=ready.headers_if_known)
    else:
        response = web.Response(body=ready.body, headers=ready.headers)
    if cache_control is not None:
        response.headers[hdrs.CACHE_CONTROL] = cache_control
    return response


def is_known(request: web.Request, ready: Ready) -> bool:
    """Whether the client has it already."""
    return has_current(
        listed(request, hdrs.IF_NONE_MATCH), listed(request, hdrs.IF_MODIFIED_SINCE), ready.etag, ready.last_modified
    )


def known_tags(request: web.Request, shown: Representation) -> list[str]:
    """The ETags, of whatever coding, of the representations that the client has; none where it has ``shown``."""
    coding = coding_of(listed(request, hdrs.ACCEPT_ENCODING), shown.body)
    sent = tags(listed(request, hdrs.IF_NONE_MATCH))
    return [] if shown.etag_in(coding) in sent else list(dict.fromkeys(map(_uncoded, sent)))


def part(request: web.Request, shown: Representation, news: bytes, headers: Mapping[str, str]) -> web.Response:
    """The news of ``shown`` alone; what the client then has is ``shown``, whose ETag it is given (RFC 3229 §10.7)."""
    coding = coding_of(listed(request, hdrs.ACCEPT_ENCODING), shown.body)
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


def coding_of(accept_encoding: str | None, body: bytes) -> Coding | None:
    """The coding of ``body`` that the client likes best, none for what is too short to gain by any."""
    return None if len(body) < SHORT_BYTES else wanted_coding(accept_encoding)


def _validators(shown: Representation, coding: Coding | None) -> dict[str, str]:
    said: dict[str, str] = {hdrs.ETAG: shown.etag_in(coding)}
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


def listed(request: web.Request, name: str) -> str | None:
    """A header that may come in several lines, as one (RFC 9110 §5.3)."""
    lines = request.headers.getall(name, [])
    return ", ".join(lines) if lines else None
