"""One exchange over the wire."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import NoReturn

import aiohttp
from aiohttp import hdrs
from aiohttp.abc import AbstractCookieJar
from aiohttp_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError
from msgspec import Struct
from yarl import URL

from aggregator.fetch import body
from aggregator.fetch.answers import Answer
from aggregator.fetch.failures import needs_person, try_later
from aggregator.fetch.guard import RefusedAddressError
from aggregator.fetch.sessions import Sessions
from aggregator.manners import Manners
from aggregator.model import Validators

NOTHING: Mapping[str, str] = MappingProxyType({})
# What OpenSSL calls it, where the server says so and where it answers in an older one.
_TOO_OLD = {"TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL"}


class Asking(Struct, frozen=True, kw_only=True):
    """One request beyond its URL: ``headers`` beside ours, of the body ``limit_bytes`` at most.

    ``cut`` leaves the rest of a longer body unread. ``manners`` are what its host may be granted; ``jar`` holds the
    cookies where there may be any.
    """

    sent: Validators = Validators()
    limit_bytes: int
    headers: Mapping[str, str] = NOTHING
    cut: bool = False
    manners: Manners = Manners()
    jar: AbstractCookieJar | None = None


async def exchange(sessions: Sessions, url: URL, asking: Asking) -> Answer:
    """Ask for ``url`` once, follow nothing, and return what came back.

    Raises TryLaterError for whatever the network or a broken answer did, NeedsPersonError for a refused address and,
    without ``cut``, for a body beyond the limit.
    """
    http, proxied = sessions.through(asking.manners.proxy)
    with translated(url):
        if proxied:
            await sessions.admit(url)
        request = http.get(
            url,
            headers={**asking.headers, **_conditions(asking.sent)},
            cookies=asking.jar.filter_cookies(url) if asking.jar is not None else None,
            ssl=sessions.unverified if asking.manners.insecure else True,
            allow_redirects=False,
        )
        async with request as response:
            if asking.jar is not None:
                asking.jar.update_cookies(response.cookies, url)
            return await _read(response, url, asking)


async def _read(response: aiohttp.ClientResponse, url: URL, asking: Asking) -> Answer:
    page = b""
    if response.status in {200, 203}:
        page = await body.read(response, asking.limit_bytes, cut=asking.cut)
    names = {name.lower() for name in response.headers}
    said = {name: ", ".join(response.headers.getall(name)) for name in names}
    return Answer(url=str(url), status=response.status, headers=said, body=page, sent=asking.sent)


def _conditions(sent: Validators) -> dict[str, str]:
    pairs = {hdrs.IF_NONE_MATCH: sent.etag, hdrs.IF_MODIFIED_SINCE: sent.last_modified}
    return {name: value for name, value in pairs.items() if value}


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Within it, whatever the client raises is raised as what it means for who asked ``url``."""
    try:
        yield
    except aiohttp.InvalidURL as error:
        raise needs_person(f"{url} cannot be asked for: {error}", url=str(url)) from error
    except TimeoutError as error:
        raise try_later(f"{url} took too long: {_said(error)}", url=str(url)) from error
    except (aiohttp.ClientError, ProxyError, ProxyConnectionError, ProxyTimeoutError, OSError) as error:
        _raise_for(error, url)


def _raise_for(error: Exception, url: URL) -> NoReturn:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, RefusedAddressError):
            raise needs_person(f"{url} is refused: {cause}", url=str(url)) from error
        if getattr(cause, "reason", None) in _TOO_OLD:
            raise try_later(f"{url} speaks no TLS of today: 1.2 at least is wanted", url=str(url)) from error
        cause = cause.__cause__
    raise try_later(f"asking {url} failed: {_said(error)}", url=str(url)) from error


def _said(error: Exception) -> str:
    said = error.message if isinstance(error, aiohttp.ClientResponseError) else str(error)
    return " ".join(said.split()) or type(error).__name__
