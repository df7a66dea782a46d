"""The address guard: strangers' URLs may lead to the public internet and nowhere else.

Asked three times: for an address written in a URL, for what the resolver answers, and for the very address a socket
is made for, which no redirect, rebinding name or odd spelling gets around (CONFORMANCE.md E11, E12).
"""

import re
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp import AddrInfoType
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from aggregator.fetch.failures import needs_person

Address = IPv4Address | IPv6Address

_WEB_PORTS = {80, 443}
# Networks whose last 32 bits are an IPv4 address: what a translator (RFC 6052) or an old stack (RFC 4291) connects to.
_IPV4_AT_THE_END = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))
# Python's is_global says yes to these: the 6to4 relays' anycast and site-local addresses.
_NOT_PUBLIC = (ip_network("192.88.99.0/24"), ip_network("fec0::/10"))
# inet_aton's spellings of an address: 2130706433, 127.1, 0x7f000001, 017700000001 (WHATWG URL, "ends in a number").
_NUMBER_AT_THE_END = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")


class RefusedAddressError(OSError):
    """Nothing may be connected to at this address and port; an OSError, so that aiohttp carries it up as one."""


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet's, as is every IPv4 address wrapped in it.

    >>> is_public(ip_address("93.184.215.14")), is_public(ip_address("64:ff9b::7f00:1"))
    (True, False)
    """
    inner = _wrapped(address)
    if inner:
        return all(map(is_public, inner))
    refused = address.is_multicast or address.is_reserved or address.is_link_local or address.is_unspecified
    return address.is_global and not refused and not any(address in network for network in _NOT_PUBLIC)


def _wrapped(address: Address) -> tuple[IPv4Address, ...]:
    if isinstance(address, IPv4Address):
        return ()
    if any(address in network for network in _IPV4_AT_THE_END):
        return (IPv4Address(int(address) & 0xFFFF_FFFF),)
    return address.teredo or tuple(filter(None, (address.ipv4_mapped, address.sixtofour)))


class Guard:
    """Says of an address and a port whether they may be connected to.

    ``allow_private`` as in ``Limits``; ValueError for an entry that is no address or network.
    """

    def __init__(self, allow_private: Iterable[str] = ()) -> None:
        self._allowed = [_allowance(entry) for entry in allow_private]

    def objection(self, text: str, port: int) -> str | None:
        """Return why ``text`` (an address) at ``port`` must not be connected to, None where it may."""
        address = _address(text)
        if address is None:
            return f"{text} is not an address"
        if any(address in network and allowed in {None, port} for network, allowed in self._allowed):
            return None
        if not is_public(address):
            return f"{text} is not a public address"
        if port not in _WEB_PORTS:
            return f"port {port} of {text} is neither 80 nor 443"
        return None

    def require(self, url: URL) -> None:
        """Raise NeedsPersonError for a URL whose host is an address that must not be connected to, however spelled."""
        host, port = url.raw_host or "", url.port or 0
        if _address(host) is None and not _NUMBER_AT_THE_END.fullmatch(host):
            return
        objection = self.objection(host, port)
        if objection:
            raise needs_person(f"{url} is refused: {objection}", url=str(url))

    def open_socket(self, addr_info: AddrInfoType) -> socket.socket:
        """Return a socket for the address about to be connected to; RefusedAddressError where it must not be."""
        family, kind, protocol, _, (address, port, *_) = addr_info
        objection = self.objection(str(address), int(port))
        if objection:
            raise RefusedAddressError(objection)
        return socket.socket(family, kind, protocol)


class GuardedResolver(AbstractResolver):
    """A resolver that answers only with addresses the guard lets through; RefusedAddressError where none is left."""

    def __init__(self, guard: Guard, inner: AbstractResolver) -> None:
        self._guard = guard
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of ``host`` that may be connected to at ``port``."""
        found = await self._inner.resolve(host, port, family)
        objections = [self._guard.objection(answer["host"], answer["port"]) for answer in found]
        passed = [answer for answer, objection in zip(found, objections, strict=True) if objection is None]
        if found and not passed:
            raise RefusedAddressError(f"{host}: {objections[0]}")
        return passed

    async def close(self) -> None:
        """Close the resolver that is asked."""
        await self._inner.close()


def _address(text: str) -> Address | None:
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _allowance(entry: str) -> tuple[IPv4Network | IPv6Network, int | None]:
    host, colon, port = entry.rpartition(":")
    if colon and (entry.startswith("[") or ":" not in host) and port.isdecimal():
        return ip_network(host.strip("[]")), int(port)
    return ip_network(entry.strip("[]")), None
