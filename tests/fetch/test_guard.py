"""The address guard, in every form in which an address can come."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from aiohttp import ClientSession, TCPConnector
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from aggregator.errors import NeedsPersonError
from aggregator.fetch.guard import Guard, RefusedAddressError, is_public
from aggregator.fetch.sessions import Sessions
from aggregator.fetch.wire import Asking, exchange
from tests.fetch.addresses import PUBLIC, REFUSED, SPELLINGS, host
from tests.fetch.origin import Names, Origin, fetcher, limits, reply


@pytest.mark.parametrize("text", REFUSED + SPELLINGS)
async def test_a_literal_is_refused(text: str) -> None:
    """An address that is not public is refused where it stands in the URL, however it is spelled."""
    async with fetcher(allow_private=()) as poller:
        with pytest.raises(NeedsPersonError, match="refused") as caught:
            await poller.fetch(f"http://{host(text)}/list")
    assert caught.value.stage == "fetch"


@pytest.mark.parametrize("text", REFUSED + SPELLINGS[1:])
async def test_a_name_that_changes_its_mind_is_refused(origin: Origin, text: str) -> None:
    """A name that led somewhere allowed at first is refused once it leads to such an address."""
    origin.replies["/list"] = reply(b"page")
    names = Names()
    async with fetcher(resolver=names, allow_private=(f"127.0.0.1:{origin.port}",)) as poller:
        await poller.fetch(origin.url("/list", "board.example"))
        names.address, names.port = text, 80
        with pytest.raises(NeedsPersonError, match="refused"):
            await poller.fetch(origin.url("/list", "board.example"))
    assert origin.targets == ["/robots.txt", "/list"]


@pytest.mark.parametrize("text", REFUSED + SPELLINGS)
async def test_a_redirect_to_it_is_refused(origin: Origin, text: str) -> None:
    """A page of an allowed host cannot send the poller to such an address."""
    origin.replies["/list"] = reply(status=302, location=f"http://{host(text)}/")
    async with fetcher(allow_private=(f"127.0.0.1:{origin.port}",)) as poller:
        with pytest.raises(NeedsPersonError, match="refused"):
            await poller.fetch(origin.url("/list"))


@pytest.mark.parametrize("text", REFUSED)
def test_no_socket_is_made_for_it(text: str) -> None:
    """The last look is at the very address a socket is made for, whatever was believed before."""
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    with pytest.raises(RefusedAddressError, match="not a public address"):
        Guard().open_socket((family, socket.SOCK_STREAM, 6, "", (text, 80)))


class Believing(Sessions):
    """Sessions whose resolver is believed, so that the socket alone is guarded."""

    def through(self, proxy: str) -> tuple[ClientSession, bool]:
        """A session of that kind."""
        connector = TCPConnector(resolver=Names(), socket_factory=Guard().open_socket)
        self._open[proxy] = ClientSession(connector=connector)
        return self._open[proxy], False


async def test_the_connection_itself_is_guarded(origin: Origin) -> None:
    """Even where a resolver's answer is believed, the refusal of its socket reaches the caller as a refusal."""
    sessions = Believing(limits(), Guard(), None)
    with pytest.raises(NeedsPersonError, match="refused"):
        await exchange(sessions, URL(origin.url("/list", "board.example")), Asking(limit_bytes=1_000))
    await sessions.close()
    assert origin.log == []


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_passes(text: str) -> None:
    """The public internet may be connected to, translated addresses of it included."""
    assert Guard().objection(text, 443) is None


@pytest.mark.parametrize("port", [1, 22, 8080, 65535])
def test_a_port_is_refused(port: int) -> None:
    """Only the web's ports are asked, so that no mail server or database is spoken to."""
    assert "neither 80 nor 443" in str(Guard().objection("8.8.8.8", port))


@pytest.mark.parametrize(
    ("entry", "address", "port", "passes"),
    [
        ("127.0.0.1", "127.0.0.1", 8001, True),
        ("127.0.0.1:8001", "127.0.0.1", 8001, True),
        ("127.0.0.1:8001", "127.0.0.1", 8002, False),
        ("127.0.0.1", "127.0.0.2", 8001, False),
        ("10.0.0.0/8", "10.1.2.3", 80, True),
        ("::1", "::1", 8001, True),
        ("[::1]", "::1", 8001, True),
        ("[::1]:8001", "::1", 8001, True),
        ("[::1]:8001", "::1", 8002, False),
    ],
)
def test_what_is_allowed_passes(entry: str, address: str, port: int, passes: bool) -> None:  # noqa: FBT001 -- a case
    """An allowed address passes on its port, or on any where none is named, and nothing beside it."""
    assert (Guard([entry]).objection(address, port) is None) == passes


@given(st.ip_addresses(v=4))
def test_a_wrapped_address_is_judged_by_what_is_in_it(inner: IPv4Address) -> None:
    """Mapped, translated, 6to4 and Teredo addresses are as public as the IPv4 address that they lead to."""
    low = int(inner)
    wrapped = [
        (0xFFFF << 32) | low,
        (0x64FF9B << 96) | low,
        (0x2002 << 112) | (low << 80),
        (0x20010000 << 96) | (low << 64) | (low ^ 0xFFFF_FFFF),
    ]
    assert [is_public(IPv6Address(number)) for number in wrapped] == [is_public(inner)] * 4


@given(st.ip_addresses())
def test_no_private_address_is_public(address: IPv4Address | IPv6Address) -> None:
    """Whatever Python itself calls private, loopback, link-local, multicast or unspecified never passes."""
    odd = address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified
    if odd or (address.version == 4 and address.is_private):
        assert not is_public(ip_address(str(address)))
