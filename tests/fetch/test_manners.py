"""What one board may be given that others are not: cookies, a proxy, leave to ignore rules or a certificate."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from aggregator.errors import NeedsPersonError, TryLaterError
from aggregator.fetch.sessions import encryption
from aggregator.manners import Manners
from aggregator.model import Page
from tests.fetch.old_tls import speaking, version
from tests.fetch.origin import Names, Origin, fetcher, reply
from tests.fetch.proxy import Streams, http_opening, proxy, socks_opening

PEM = Path(__file__).with_name("self-signed.pem")
BOARD = "board.example"
Opening = Callable[[Streams], Awaitable[tuple[str, bytes]]]


def certified(**versions: ssl.TLSVersion) -> ssl.SSLContext:
    """TLS with a certificate that nobody vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    for name, chosen in versions.items():
        setattr(context, name, chosen)
    return context


async def test_cookies_are_returned_where_they_are_wanted(origin: Origin) -> None:
    """A board with cookies gets back what its host set, over a redirect too; other boards and hosts do not."""
    origin.replies |= {"/list": reply(status=302, location="/in", set_cookie="s=1; Path=/"), "/in": reply(b"rows")}
    async with fetcher(resolver=Names()) as poller:
        await poller.fetch(origin.url("/list", BOARD), manners=Manners(cookies=True))
        await poller.fetch(origin.url("/in", BOARD))
        await poller.fetch(origin.url("/in", "other.example"), manners=Manners(cookies=True))
        await poller.fetch(origin.url("/in", BOARD), manners=Manners(cookies=True))
    sent = [asked.headers.get("cookie") for asked in origin.log if asked.line.startswith("GET /in")]
    assert sent == ["s=1", None, None, "s=1"]


async def test_robots_txt_is_ignored_for_the_boards_own_host(origin: Origin) -> None:
    """With ignore_robots a disallowed page is asked for, but no other host's on the way."""
    origin.replies |= {"/robots.txt": reply(b"User-agent: *\nDisallow: /"), "/list": reply(b"rows")}
    origin.replies["/away"] = reply(status=302, location=origin.url("/list", "other.example"))
    liberty = Manners(ignore_robots=True)
    async with fetcher(resolver=Names()) as poller:
        assert isinstance(await poller.fetch(origin.url("/list", BOARD), manners=liberty), Page)
        with pytest.raises(NeedsPersonError, match="disallowed"):
            await poller.fetch(origin.url("/away", BOARD), manners=liberty)
    assert origin.targets == ["/list", "/away", "/robots.txt"]


async def test_a_certificate_is_believed_for_the_boards_own_host() -> None:
    """With insecure an unknown certificate is accepted, but no other host's on the way."""
    async with Origin(tls=certified()) as origin, fetcher(resolver=Names()) as poller:
        origin.replies |= {"/list": reply(b"rows")}
        origin.replies["/away"] = reply(status=302, location=origin.url("/list", "other.example"))
        liberty = Manners(insecure=True)
        assert isinstance(await poller.fetch(origin.url("/list", BOARD), manners=liberty), Page)
        with pytest.raises(TryLaterError, match="certificate"):
            await poller.fetch(origin.url("/away", BOARD), manners=liberty)
        with pytest.raises(TryLaterError, match="certificate"):
            await poller.fetch(origin.url("/list", BOARD))


@pytest.mark.parametrize("verified", [True, False])
def test_no_tls_before_1_2_is_spoken(verified: bool) -> None:  # noqa: FBT001 -- a case
    """Even where any certificate is believed, the protocol is not an old one."""
    assert encryption(verified=verified).minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("insecure", [False, True])
async def test_a_server_of_old_tls_is_not_asked(insecure: bool) -> None:  # noqa: FBT001 -- a case
    """One that speaks 1.1 alone is refused in a sentence, insecure or not, and tried again later (E7, E14)."""
    with speaking() as port:
        assert await asyncio.to_thread(version, port) == "TLSv1.1"
        async with fetcher(resolver=Names()) as poller:
            with pytest.raises(TryLaterError, match=r"no TLS of today: 1\.2 at least") as refused:
                await poller.fetch(f"https://{BOARD}:{port}/list", manners=Manners(insecure=insecure))
    assert (refused.value.stage, refused.value.status) == ("fetch", None)


@pytest.mark.parametrize(("scheme", "opening"), [("http", http_opening), ("socks5", socks_opening)])
@pytest.mark.parametrize("own", [True, False])
async def test_a_board_is_asked_through_its_proxy(origin: Origin, scheme: str, opening: Opening, own: bool) -> None:  # noqa: FBT001 -- a case
    """The board's own proxy, or the one for all, carries robots.txt, page and redirects; "none" goes past it."""
    origin.replies |= {"/list": reply(status=302, location="/in"), "/in": reply(b"rows")}
    async with proxy(opening, origin.port) as (port, asked):
        place = f"{scheme}://127.0.0.1:{port}"
        async with fetcher(resolver=Names(), proxy="" if own else place) as poller:
            page = await poller.fetch(origin.url("/list", BOARD), manners=Manners(proxy=place if own else ""))
            await poller.fetch(origin.url("/in", BOARD), manners=Manners(proxy="none"))
    assert isinstance(page, Page)
    assert origin.targets == ["/robots.txt", "/list", "/in", "/in"]
    assert len(asked) == 3
    assert all(BOARD in target for target in asked)


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "::1"])
async def test_a_proxy_is_asked_for_nothing_private(origin: Origin, address: str) -> None:
    """A name that leads to a private address here is refused before any proxy hears of it, and so is a literal."""
    async with proxy(http_opening, origin.port) as (port, asked):
        place = f"http://127.0.0.1:{port}"
        async with fetcher(resolver=Names(address), proxy=place, allow_private=()) as poller:
            with pytest.raises(NeedsPersonError, match="refused"):
                await poller.fetch("http://board.example/list")
    assert asked == []


async def test_a_dead_proxy_is_tried_later(origin: Origin) -> None:
    """A proxy that does not answer is the network's affair."""
    async with proxy(socks_opening, origin.port) as (port, _):
        places = [f"{scheme}://127.0.0.1:{port}" for scheme in ("http", "socks5")]
    for place in places:
        async with fetcher(resolver=Names(), proxy=place) as poller:
            with pytest.raises(TryLaterError):
                await poller.fetch(origin.url("/list", BOARD))
