"""A response's body, read under a cap that holds for what is sent and for what it decodes to."""

from aiohttp import ClientResponse, hdrs

from aggregator.fetch.codings import BrokenCodingError, Decoding, UnknownCodingError
from aggregator.fetch.failures import needs_person, try_later


async def read(response: ClientResponse, limit_bytes: int, *, cut: bool = False) -> bytes:
    """Return the decoded body, never holding more than a piece beyond ``limit_bytes``.

    Raises NeedsPersonError for a body beyond the limit (with ``cut`` the rest of it is left unread instead) or in a
    coding that was not offered, TryLaterError for one that is broken or ends too early.
    """
    url, status = str(response.url), response.status
    try:
        decoding = Decoding(",".join(response.headers.getall(hdrs.CONTENT_ENCODING, [])))
        body, whole = await _collected(response, decoding, limit_bytes)
        if whole:
            decoding.finish()
    except UnknownCodingError as error:
        raise needs_person(f"{url}: {error}", url=url, status=status) from error
    except BrokenCodingError as error:
        raise try_later(f"{url}: {error}", url=url, status=status) from error
    if whole or cut:
        return body[:limit_bytes]
    raise needs_person(f"{url} is larger than {limit_bytes:,} bytes", url=url, status=status)


async def _collected(response: ClientResponse, decoding: Decoding, limit_bytes: int) -> tuple[bytes, bool]:
    body = bytearray()
    received = 0
    async for chunk in response.content.iter_any():
        received += len(chunk)
        for piece in decoding.pieces(chunk):
            body += piece
            if len(body) > limit_bytes:
                return bytes(body), False
        if received > limit_bytes:
            return bytes(body), False
    return bytes(body), True
