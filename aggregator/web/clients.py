"""Who asks: the address of the client itself, where proxies that we trust stand between."""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from aiohttp import web

from aggregator.web.keys import PROXIES, Networks


def networks(trusted: Iterable[str]) -> Networks:
    """The networks of trusted proxies."""
    return tuple(ip_network(one) for one in trusted)


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
    return any(known in network for network in networks)
