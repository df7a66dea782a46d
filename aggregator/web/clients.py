"""Who asks, and below which path, where proxies stand between: they are believed as far as they are trusted.

And what they send in a body: JSON objects, however packed.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, cast

from aiohttp import web
from msgspec import DecodeError, json

from aggregator.errors import SettingsError
from aggregator.web.keys import PROXIES, PUBLIC_URL, SHARES, TURNS, Networks
from aggregator.web.paper import root

# Deeper than any entry: what reads or says a value that nests on and on ends for want of a stack.
DEEPEST = 50


def networks(trusted: Iterable[str]) -> Networks:
    """The networks of trusted proxies."""
    return tuple(ip_network(one) for one in trusted)


@asynccontextmanager
async def turn(request: web.Request) -> AsyncIterator[None]:
    """The turn of a request that is answered anew, of its client's share. Raises BusyError."""
    spend(request)
    async with request.app[TURNS]:
        yield


def spend(request: web.Request) -> None:
    """Take one of the client's share and, where a token opens what is asked for, of the token's. Raises BusyError."""
    request.app[SHARES].take(client(request))
    if (token := request.match_info.get("token")) is not None:
        request.app[SHARES].take(token)


def own_path(request: web.Request) -> str:
    """The path that a request asks for, as our routes name it."""
    return below(request.path, root(request.app[PUBLIC_URL]))


def below(path: str, prefix: str) -> str:
    """``path`` without the public URL's own in front: of two proxies one strips it, and one passes it on.

    >>> below("/news/feed.atom", "/news"), below("/feed.atom", "/news"), below("/newsletter", "/news")
    ('/feed.atom', '/feed.atom', '/newsletter')
    """
    return path.removeprefix(prefix) or "/" if f"{path}/".startswith(f"{prefix}/") else path


def client(request: web.Request) -> str:
    """The address of whoever asks, as far as it can be believed."""
    forwarded = request.headers.getall("X-Forwarded-For", [])
    return believed(request.remote or "", ",".join(forwarded), request.app[PROXIES])


def believed(peer: str, forwarded: str, trusted: Networks) -> str:
    """The last address that a trusted proxy has seen; anybody may write anything in front of it.

    >>> believed("10.0.0.1", "6.6.6.6, 192.0.2.1, 10.0.0.2", networks(["10.0.0.0/8"]))
    '192.0.2.1'
    >>> believed("192.0.2.9", "6.6.6.6", networks(["10.0.0.0/8"]))
    '192.0.2.9'
    >>> believed("::ffff:10.0.0.1", "192.0.2.1", networks(["10.0.0.0/8"]))
    '192.0.2.1'
    """
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    while hops and _is_among(peer, trusted):
        peer = hops.pop()
    return peer


def _is_among(address: str, networks: Networks) -> bool:
    try:
        known = ip_address(address)
    except ValueError:
        return False
    if isinstance(known, IPv6Address) and known.ipv4_mapped is not None:
        known = known.ipv4_mapped
    return any(known in network for network in networks)


async def object_of(request: web.Request) -> dict[str, object]:
    """The keys of a JSON object; none where nothing was sent. Raises SettingsError where it is something else."""
    try:
        found: Any = json.decode(await request.read() or b"{}")
    except DecodeError as error:
        raise SettingsError(f"The body is not JSON: {error}") from error
    except RecursionError as error:
        raise _too_deep() from error
    except web.RequestPayloadError as error:
        raise SettingsError("The body is not what its Content-Encoding or Transfer-Encoding says.") from error
    if not _is_flat(found):
        raise _too_deep()
    if not isinstance(found, dict):
        raise SettingsError.wrong("The body", found, "a JSON object of keys")
    return cast("dict[str, object]", found)


def _too_deep() -> SettingsError:
    return SettingsError(f"The body nests too deeply; allowed: {DEEPEST} levels.")


def _is_flat(found: object) -> bool:
    """Whether its lists and objects nest no deeper than is allowed.

    >>> _is_flat({"a": [1, {"b": 2}]})
    True
    """
    level = [found]
    for _ in range(DEEPEST + 1):
        level = [inner for one in level for inner in _inner(one)]
    return not level


def _inner(one: object) -> list[object]:
    if isinstance(one, dict):
        return list(one.values())
    return one if isinstance(one, list) else []
