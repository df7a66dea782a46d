"""One exchange over the wire: the only module that speaks through aiohttp's client."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import NoReturn

import aiohttp
from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, ThreadedResolver, hdrs
from aiohttp.abc import AbstractResolver
from yarl import URL

from aggregator.fetch import body, codings
from aggregator.fetch.answers import Answer
from aggregator.fetch.failures import needs_person, try_later
from aggregator.fetch.guard import Guard, GuardedResolver, RefusedAddressError
from aggregator.fetch.limits import Limits
from aggregator.model import Validators

_ACCEPT = (
    "text/html, application/xhtml+xml, application/atom+xml, application/rss+xml, application/feed+json, "
    "application/xml;q=0.9, application/json;q=0.9, text/plain;q=0.8, */*;q=0.1"
)
# Twice what servers themselves usually send at most: content security policies are long.
_HEADER_BYTES = 16_384
_HEADERS = 200


def session(limits: Limits, guard: Guard, resolver: AbstractResolver | None = None) -> ClientSession:
    """Return a session with aiohttp's defaults undone where they are bad manners (CONFORMANCE.md E2); to be closed."""
    return ClientSession(
        connector=TCPConnector(
            resolver=GuardedResolver(guard, resolver or ThreadedResolver()),
            socket_factory=guard.open_socket,
            use_dns_cache=False,
            limit=limits.concurrency,
            limit_per_host=1,
        ),
        timeout=ClientTimeout(
            total=limits.timeout.total_seconds(),
            connect=limits.connect_timeout.total_seconds(),
            sock_read=limits.read_timeout.total_seconds(),
        ),
        headers={
            hdrs.USER_AGENT: limits.user_agent,
            hdrs.ACCEPT: _ACCEPT,
            hdrs.ACCEPT_ENCODING: codings.OFFERED,
        },
        cookie_jar=DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        max_line_size=_HEADER_BYTES,
        max_field_size=_HEADER_BYTES,
        max_headers=_HEADERS,
        middlewares=(_asked_once,),
    )


NOTHING: Mapping[str, str] = MappingProxyType({})


async def exchange(
    http: ClientSession,
    url: URL,
    sent: Validators,
    limit_bytes: int,
    *,
    headers: Mapping[str, str] = NOTHING,
    cut: bool = False,
) -> Answer:
    """Ask for ``url`` once, with ``headers`` beside ours, follow nothing, and return what came back.

    Raises TryLaterError for whatever the network or a broken answer did, NeedsPersonError for a refused address and,
    without ``cut``, for a body beyond ``limit_bytes``.
    """
    with _translated(url):
        async with http.get(url, headers={**headers, **_conditions(sent)}, allow_redirects=False) as response:
            page = await body.read(response, limit_bytes, cut=cut) if response.status in {200, 203} else b""
            names = {name.lower() for name in response.headers}
            said = {name: ", ".join(response.headers.getall(name)) for name in names}
            return Answer(url=str(url), status=response.status, headers=said, body=page, sent=sent)


def _conditions(sent: Validators) -> dict[str, str]:
    pairs = {hdrs.IF_NONE_MATCH: sent.etag, hdrs.IF_MODIFIED_SINCE: sent.last_modified}
    return {name: value for name, value in pairs.items() if value}


async def _asked_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    # aiohttp sends a GET again, at once, when its connection is reset: two requests without a gap.
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(str(error)) from error


@contextmanager
def _translated(url: URL) -> Iterator[None]:
    try:
        yield
    except aiohttp.InvalidURL as error:
        raise needs_person(f"{url} cannot be asked for: {error}", url=str(url)) from error
    except TimeoutError as error:
        raise try_later(f"{url} took too long: {_said(error)}", url=str(url)) from error
    except (aiohttp.ClientError, OSError) as error:
        _raise_for(error, url)


def _raise_for(error: Exception, url: URL) -> NoReturn:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, RefusedAddressError):
            raise needs_person(f"{url} is refused: {cause}", url=str(url)) from error
        cause = cause.__cause__
    raise try_later(f"asking {url} failed: {_said(error)}", url=str(url)) from error


def _said(error: Exception) -> str:
    said = error.message if isinstance(error, aiohttp.ClientResponseError) else str(error)
    return " ".join(said.split()) or type(error).__name__
