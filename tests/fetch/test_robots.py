"""robots.txt is asked for first, obeyed, and kept."""

import asyncio
from datetime import timedelta

import pytest

from aggregator.errors import NeedsPersonError, TryLaterError
from aggregator.fetch.robots import LIMIT_BYTES
from tests.fetch.origin import Clock, Origin, Reply, fetcher, reply

RULES = b"""\xef\xbb\xbfUser-agent: *
Disallow: /

User-agent: Headline-Aggregator
Disallow: /*.php$
Disallow: /private
Allow: /private/list
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/list", True), ("/list.php", False), ("/list.php?id=1", True), ("/private", False), ("/private/list", True)],
)
async def test_rules_are_obeyed(origin: Origin, path: str, allowed: bool) -> None:  # noqa: FBT001 -- a case
    """Our own group holds, the longest match wins, and wildcards and ends count."""
    origin.replies |= {"/robots.txt": reply(RULES), path: reply(b"rows")}
    async with fetcher() as poller:
        if allowed:
            await poller.fetch(origin.url(path))
        else:
            with pytest.raises(NeedsPersonError, match=r"disallowed by its robots\.txt"):
                await poller.fetch(origin.url(path))
    assert origin.targets == ["/robots.txt", *[path] * allowed]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
async def test_no_robots_txt_allows_everything(origin: Origin, status: int) -> None:
    """A client error means that there are no rules, and that is remembered too."""
    origin.replies |= {"/robots.txt": reply(status=status), "/list": reply(b"rows")}
    async with fetcher() as poller:
        for _ in range(2):
            await poller.fetch(origin.url("/list"))
    assert origin.targets == ["/robots.txt", "/list", "/list"]


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close without an answer."""
    writer.transport.abort()


@pytest.mark.parametrize("broken", [reply(status=500), reply(status=503), reply(status=429), hang_up])
async def test_unknown_rules_allow_nothing(origin: Origin, broken: Reply) -> None:
    """Where robots.txt cannot be had at the moment, no page is asked for."""
    origin.replies |= {"/robots.txt": broken, "/list": reply(b"rows")}
    async with fetcher() as poller:
        with pytest.raises(TryLaterError, match=r"robots\.txt"):
            await poller.fetch(origin.url("/list"))
    assert origin.targets == ["/robots.txt"]


async def test_retry_after_of_robots_txt_is_kept(origin: Origin) -> None:
    """A server that wants its robots.txt left alone is left alone as a whole."""
    origin.replies |= {"/robots.txt": reply(status=503, retry_after="60"), "/list": reply(b"rows")}
    async with fetcher() as poller:
        for path in ("/list", "/list", "/talk"):
            with pytest.raises(TryLaterError) as caught:
                await poller.fetch(origin.url(path))
            assert caught.value.retry_after == timedelta(seconds=60)
    assert origin.targets == ["/robots.txt"]


async def test_rules_are_kept_for_a_day(origin: Origin) -> None:
    """One robots.txt serves all pages of its origin for a day, and is then asked for with its validators."""
    origin.replies |= {"/robots.txt": [reply(b"", etag='"r"'), reply(status=304)], "/list": reply(b"rows")}
    clock = Clock()
    async with fetcher(clock=clock) as poller:
        for hours in (0, 23, 1, 23):
            clock.now += timedelta(hours=hours)
            await poller.fetch(origin.url("/list"))
    assert origin.targets == ["/robots.txt", "/list", "/list", "/robots.txt", "/list", "/list"]
    assert origin.log[3].headers["if-none-match"] == '"r"'


async def test_rules_are_renewed_before_they_end_where_somebody_has_the_time(origin: Origin) -> None:
    """Only in the last tenth of their life, and then no page waits for them."""
    clock = Clock()
    origin.replies |= {"/robots.txt": reply(RULES), "/list": reply(b"rows")}
    async with fetcher(clock=clock) as poller:
        await poller.renew_rules(origin.url("/list"))
        clock.now += timedelta(hours=21)
        await poller.renew_rules(origin.url("/list"))
        assert origin.targets == ["/robots.txt"]
        clock.now += timedelta(hours=2)
        await poller.renew_rules(origin.url("/list"))
        clock.now += timedelta(hours=20)
        await poller.fetch(origin.url("/list"))
    assert origin.targets == ["/robots.txt", "/robots.txt", "/list"]


async def test_old_rules_stand_in(origin: Origin) -> None:
    """While robots.txt cannot be renewed the rules that are known hold, and it is not asked for at every page."""
    origin.replies |= {"/robots.txt": [reply(RULES), reply(status=500)], "/list": reply(b"rows")}
    clock = Clock()
    async with fetcher(clock=clock) as poller:
        await poller.fetch(origin.url("/list"))
        clock.now += timedelta(hours=25)
        await poller.fetch(origin.url("/list"))
        with pytest.raises(NeedsPersonError, match="disallowed"):
            await poller.fetch(origin.url("/list.php"))
    assert origin.targets == ["/robots.txt", "/list", "/robots.txt", "/list"]


async def test_one_robots_txt_serves_all_who_wait(origin: Origin) -> None:
    """Boards of one host that are polled together ask for it once."""
    paths = [f"/{number}" for number in range(5)]
    origin.replies |= {path: reply(b"rows") for path in paths}
    async with fetcher() as poller:
        await asyncio.gather(*(poller.fetch(origin.url(path)) for path in paths))
    assert origin.targets[0] == "/robots.txt"
    assert sorted(origin.targets[1:]) == paths


async def test_a_redirected_robots_txt_is_followed(origin: Origin) -> None:
    """The rules may stand elsewhere, and hold for the host that points there."""
    origin.replies |= {"/robots.txt": reply(status=301, location="/rules"), "/rules": reply(RULES)}
    async with fetcher() as poller:
        with pytest.raises(NeedsPersonError, match="disallowed"):
            await poller.fetch(origin.url("/private"))
    assert origin.targets == ["/robots.txt", "/rules"]


async def test_a_redirect_to_a_disallowed_page_is_not_followed(origin: Origin) -> None:
    """Rules hold for every hop."""
    origin.replies |= {"/robots.txt": reply(RULES), "/list": reply(status=302, location="/private")}
    async with fetcher() as poller:
        with pytest.raises(NeedsPersonError, match="disallowed"):
            await poller.fetch(origin.url("/list"))
    assert origin.targets == ["/robots.txt", "/list"]


async def test_a_redirect_to_another_host_asks_its_robots_txt(origin: Origin) -> None:
    """A page of another site is asked for only after that site's rules."""
    async with Origin({"/list": reply(b"rows")}) as other, fetcher() as poller:
        origin.replies["/list"] = reply(status=302, location=other.url("/list"))
        await poller.fetch(origin.url("/list"))
        assert other.targets == ["/robots.txt", "/list"]


async def test_an_endless_robots_txt_is_read_in_part(origin: Origin) -> None:
    """The first half megabyte counts; the rest is not waited for."""
    origin.replies["/robots.txt"] = reply(RULES + b"#" * LIMIT_BYTES, content_length=str(10**9))
    async with fetcher() as poller:
        with pytest.raises(NeedsPersonError, match="disallowed"):
            await poller.fetch(origin.url("/private"))
