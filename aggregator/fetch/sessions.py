"""The HTTP client as we want it: aiohttp's defaults undone where they are bad manners, one session a proxy."""

import ssl

import aiohttp
from aiohttp import (
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
    hdrs,
)
from aiohttp.abc import AbstractResolver
from aiohttp_socks import ProxyConnector
from yarl import URL

from aggregator.fetch import codings
from aggregator.fetch.guard import Guard, GuardedResolver
from aggregator.fetch.limits import Limits
from aggregator.fetch.names import SystemNames
from aggregator.manners import DIRECT

_ACCEPT = (
    "text/html, application/xhtml+xml, application/atom+xml, application/rss+xml, application/feed+json, "
    "application/xml;q=0.9, application/json;q=0.9, text/plain;q=0.8, */*;q=0.1"
)
# Twice what servers themselves usually send at most: content security policies are long.
_HEADER_BYTES = 16_384
_HEADERS = 200


def encryption(*, verified: bool) -> ssl.SSLContext:
    """Return TLS as it is spoken: 1.2 at least, with a certificate that somebody vouches for and that fits the name.

    Without ``verified`` any certificate is believed, but older TLS is not.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class Sessions:
    """The sessions, made when first used, and closed together.

    Without a proxy the guard sees every address that a socket is made for. A proxy connects by itself, where we cannot
    look: a name is then judged by what it means here (``admit``), and the proxy's own address is the admin's affair.
    """

    def __init__(self, limits: Limits, guard: Guard, resolver: AbstractResolver | None) -> None:
        self._limits = limits
        self._guard = guard
        self._names = GuardedResolver(guard, resolver or SystemNames(limits.concurrency))
        self._verified, self.unverified = encryption(verified=True), encryption(verified=False)
        self._open: dict[str, ClientSession] = {}

    def through(self, proxy: str) -> tuple[ClientSession, bool]:
        """Return the session for a board's ``proxy`` and whether it is one, by the global one where that is empty."""
        place = proxy or self._limits.proxy or DIRECT
        if place not in self._open:
            self._open[place] = session(self._limits, self._connector(place), place)
        return self._open[place], place != DIRECT

    async def admit(self, url: URL) -> None:
        """Nothing, where the host of ``url`` may be asked; else OSError, RefusedAddressError by the guard."""
        await self._names.resolve(url.raw_host or "", url.port or 0)

    async def close(self) -> None:
        """Close all of them."""
        for each in self._open.values():
            await each.close()
        await self._names.close()

    def _connector(self, place: str) -> TCPConnector:
        limit, tls = self._limits.concurrency, self._verified
        if place == DIRECT:
            return TCPConnector(
                resolver=self._names,
                socket_factory=self._guard.open_socket,
                use_dns_cache=False,
                limit=limit,
                limit_per_host=1,
                ssl=tls,
            )
        if place.startswith("socks"):
            return ProxyConnector.from_url(place, rdns=True, limit=limit, limit_per_host=1, ssl=tls)
        return TCPConnector(limit=limit, limit_per_host=1, ssl=tls)


def session(limits: Limits, connector: TCPConnector, place: str) -> ClientSession:
    """Return a session with aiohttp's defaults undone where they are bad manners (CONFORMANCE.md E2); to be closed."""
    return ClientSession(
        connector=connector,
        proxy=place if place.startswith("http") else None,
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


async def _asked_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    # aiohttp sends a GET again, at once, when its connection is reset: two requests without a gap.
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(str(error)) from error
