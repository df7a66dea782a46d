"""One fetch: what is sent, what comes back, and everything that can go wrong on the way."""

import asyncio
import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.errors import GoneError, NeedsPersonError, PollError, TryLaterError
from aggregator.model import NotModified, Page, Validators
from tests.fetch.origin import Clock, Names, Origin, Reply, fetcher, reply

SHORT = timedelta(milliseconds=150)


async def test_a_page_is_handed_over(origin: Origin) -> None:
    """A page carries its bytes, its URL, its type and what was said of asking again."""
    origin.replies["/list?id=free"] = reply(
        b"rows",
        content_type="text/html; charset=euc-kr",
        etag='W/"7,8"',
        last_modified="then",
        cache_control="max-age=60",
    )
    async with fetcher() as poller:
        page = await poller.fetch(origin.url("/list?id=free#row"))
    assert page == Page(
        url=origin.url("/list?id=free"),
        status=200,
        content_type="text/html; charset=euc-kr",
        body=b"rows",
        validators=Validators(etag='W/"7,8"', last_modified="then"),
        fresh_for=timedelta(seconds=60),
    )


async def test_a_request_is_well_mannered(origin: Origin) -> None:
    """It names its sender and what is wanted, and carries no cookie, no Referer and nothing made up."""
    origin.replies["/list"] = reply(b"rows", set_cookie="session=1")
    async with fetcher(resolver=Names()) as poller:
        for _ in range(2):
            await poller.fetch(origin.url("/list", "board.example"))
    assert [asked.line for asked in origin.log] == ["GET /robots.txt HTTP/1.1", *["GET /list HTTP/1.1"] * 2]
    for asked in origin.log:
        assert asked.headers["user-agent"] == "headline-aggregator/0.1 (+https://feeds.example/contact)"
        assert asked.headers["accept-encoding"] == "gzip, deflate, br, zstd"
        assert asked.headers["accept"].startswith("text/html")
        assert set(asked.headers) == {"host", "user-agent", "accept", "accept-encoding"}


async def test_validators_go_back_untouched(origin: Origin) -> None:
    """What the server gave is sent exactly so, and a 304 is NotModified with what it renewed."""
    origin.replies["/list"] = reply(status=304, etag='"8"')
    sent = Validators(etag='W/"7,8", "x"', last_modified="Thursday, or so")
    async with fetcher() as poller:
        unchanged = await poller.fetch(origin.url("/list"), sent)
    assert isinstance(unchanged, NotModified)
    assert unchanged.validators == Validators(etag='"8"', last_modified="Thursday, or so")
    robots, page = origin.log
    assert page.headers["if-none-match"] == 'W/"7,8", "x"'
    assert page.headers["if-modified-since"] == "Thursday, or so"
    assert "if-none-match" not in robots.headers


@pytest.mark.parametrize(("statuses", "remembered"), [((301, 308), True), ((302,), False), ((301, 307), False)])
async def test_a_permanent_move_is_told(origin: Origin, statuses: tuple[int, ...], remembered: bool) -> None:  # noqa: FBT001 -- a case
    """Only where every hop was permanent is the new place told as such."""
    for number, status in enumerate(statuses):
        origin.replies[f"/{number}"] = reply(status=status, location=f"/{number + 1}")
    origin.replies[f"/{len(statuses)}"] = reply(b"rows")
    async with fetcher() as poller:
        page = await poller.fetch(origin.url("/0"))
    assert isinstance(page, Page)
    assert page.url == origin.url(f"/{len(statuses)}")
    assert page.moved_to == (page.url if remembered else None)


async def test_validators_belong_to_the_url_that_gave_them(origin: Origin) -> None:
    """After a temporary redirect they are sent to its target, and never to the URL that redirects."""
    origin.replies |= {"/list": reply(status=302, location="/today"), "/today": reply(b"rows", etag='"1"')}
    async with fetcher() as poller:
        page = await poller.fetch(origin.url("/list"))
        await poller.fetch(origin.url("/list"), page.validators)
    conditions = [(asked.line.split(" ")[1], asked.headers.get("if-none-match")) for asked in origin.log[3:]]
    assert conditions == [("/list", None), ("/today", '"1"')]


@pytest.mark.parametrize(("hops", "arrives"), [(5, True), (6, False)])
async def test_five_redirects_are_followed(origin: Origin, hops: int, arrives: bool) -> None:  # noqa: FBT001 -- a case
    """A longer way, or one in a circle, needs a person."""
    for number in range(hops):
        origin.replies[f"/{number}"] = reply(status=302, location=f"/{number + 1}")
    origin.replies[f"/{hops}"] = reply(b"rows")
    async with fetcher() as poller:
        if arrives:
            assert (await poller.fetch(origin.url("/0"))).url == origin.url("/5")
        else:
            with pytest.raises(NeedsPersonError, match="more than 5 times"):
                await poller.fetch(origin.url("/0"))
    assert len(origin.log) == 7


async def test_an_endless_redirect_ends(origin: Origin) -> None:
    """A page that redirects to itself is asked six times and no more."""
    origin.replies["/list"] = reply(status=301, location="/list")
    async with fetcher() as poller:
        with pytest.raises(NeedsPersonError, match="redirects"):
            await poller.fetch(origin.url("/list"))
    assert origin.targets == ["/robots.txt", *["/list"] * 6]


async def test_a_redirect_to_nowhere_is_tried_later(origin: Origin) -> None:
    """A redirect without a Location is a server's mistake."""
    origin.replies["/list"] = reply(status=302)
    async with fetcher() as poller:
        with pytest.raises(TryLaterError, match="nowhere"):
            await poller.fetch(origin.url("/list"))


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, NeedsPersonError), (403, NeedsPersonError), (404, NeedsPersonError), (410, GoneError), (500, TryLaterError)],
)
async def test_an_error_carries_its_status(origin: Origin, status: int, kind: type[PollError]) -> None:
    """A status that brings no page becomes the error that says what to do next."""
    origin.replies["/list"] = reply(b"sorry", status=status)
    async with fetcher() as poller:
        with pytest.raises(kind) as caught:
            await poller.fetch(origin.url("/list"))
    assert (caught.value.stage, caught.value.status, caught.value.url) == ("fetch", status, origin.url("/list"))


async def reset(writer: asyncio.StreamWriter) -> None:
    """Hang up without a word."""
    writer.transport.abort()


async def silent(writer: asyncio.StreamWriter) -> None:
    """Answer never."""
    await asyncio.Event().wait()
    writer.close()


async def dripping(writer: asyncio.StreamWriter) -> None:
    """Send a byte now and then, each in time, for ever."""
    writer.write(reply(content_length="100000"))
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.01)


CHUNKED_SHORT = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nrows"


@pytest.mark.parametrize(
    "broken",
    [
        reset,
        silent,
        dripping,
        b"",
        b"not HTTP at all\r\n\r\n",
        reply(b"half", content_length="8"),
        CHUNKED_SHORT,
        reply(b"rows", content_length="four"),
        reply(b"rows", x_long="x" * 100_000),
        reply(b"rows").replace(b"\r\n\r\n", b"\r\nx: y" * 1_000 + b"\r\n\r\n"),
    ],
    ids=["reset", "silent", "drip", "hang-up", "no-http", "half", "half-chunk", "no-number", "long-header", "headers"],
)
async def test_a_broken_answer_is_tried_later(origin: Origin, broken: Reply) -> None:
    """Whatever the server or the network does wrong, it is asked once and another time is better."""
    origin.replies["/list"] = broken
    async with fetcher(timeout=2 * SHORT, read_timeout=SHORT) as poller:
        with pytest.raises(TryLaterError) as caught:
            await poller.fetch(origin.url("/list"))
    assert caught.value.stage == "fetch"
    assert origin.targets == ["/robots.txt", "/list"]


@pytest.mark.parametrize("address", ["127.0.0.1", "no address"])
async def test_an_unreachable_host_is_tried_later(address: str) -> None:
    """A refused connection and a name that is not found are the network's affair."""
    async with Origin() as closed:
        url = closed.url("/list", "board.example")
    names = Names(address)
    names.unknown = address == "no address"
    async with fetcher(resolver=names) as poller:
        with pytest.raises(TryLaterError, match="failed"):
            await poller.fetch(url)


async def test_an_untrusted_certificate_is_tried_later() -> None:
    """A certificate that nobody vouches for is never accepted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("self-signed.pem"))
    async with Origin(tls=context) as origin, fetcher() as poller:
        with pytest.raises(TryLaterError, match="certificate"):
            await poller.fetch(origin.url("/list"))
    assert origin.log == []


@pytest.mark.parametrize("declared", [True, False])
async def test_a_large_body_needs_a_person(origin: Origin, declared: bool) -> None:  # noqa: FBT001 -- a case
    """A body beyond the cap is given up, whether or not its size was announced."""
    whole = reply(b"x" * 300_000)
    origin.replies["/list"] = whole if declared else whole.replace(b"content-length: 300000\r\n", b"")
    async with fetcher(max_bytes=100_000) as poller:
        with pytest.raises(NeedsPersonError, match="larger than 100,000 bytes"):
            await poller.fetch(origin.url("/list"))


async def test_a_body_of_exactly_the_cap_is_a_page(origin: Origin) -> None:
    """The cap is the largest size that passes."""
    origin.replies["/list"] = reply(b"x" * 100_000)
    async with fetcher(max_bytes=100_000) as poller:
        page = await poller.fetch(origin.url("/list"))
    assert isinstance(page, Page)
    assert len(page.body) == 100_000


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("wish", ["60", "Sun, 01 Mar 2026 12:01:00 GMT"])
async def test_retry_after_is_kept(origin: Origin, status: int, wish: str) -> None:
    """Until it has passed the URL is not asked at all, others of its host are; afterwards it is asked again."""
    origin.replies["/list"] = [reply(status=status, retry_after=wish), reply(b"rows")]
    origin.replies["/talk"] = reply(b"rows")
    clock = Clock()
    async with fetcher(clock=clock) as poller:
        for seconds_left in (60, 60, 1):
            clock.now += timedelta(seconds=0 if seconds_left == 60 else 59)
            with pytest.raises(TryLaterError) as caught:
                await poller.fetch(origin.url("/list"))
            assert caught.value.retry_after == timedelta(seconds=seconds_left)
        await poller.fetch(origin.url("/talk"))
        clock.now += timedelta(seconds=1)
        assert isinstance(await poller.fetch(origin.url("/list")), Page)
    assert origin.targets == ["/robots.txt", "/list", "/talk", "/list"]


async def test_retry_after_behind_a_redirect_is_kept(origin: Origin) -> None:
    """Neither the URL that redirects nor its target is asked again before the time."""
    origin.replies |= {"/list": reply(status=302, location="/busy"), "/busy": reply(status=503, retry_after="60")}
    async with fetcher() as poller:
        for path in ("/list", "/list", "/busy"):
            with pytest.raises(TryLaterError):
                await poller.fetch(origin.url(path))
    assert origin.targets == ["/robots.txt", "/list", "/busy"]
