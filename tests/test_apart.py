"""Suspect pages: read in a process of their own, killed at the deadline, and never a reason to stand still."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from aiohttp import web

from aggregator.apart import LARGE_BYTES, is_large, read_apart
from aggregator.app import limits
from aggregator.fetch import Fetcher
from aggregator.look import look
from aggregator.model import Page, Validators
from aggregator.reading import read
from aggregator.settings import PollingSettings, Settings
from tests.listing.golden import golden
from tests.program import site_on_loopback

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
SEOUL = ZoneInfo("Asia/Seoul")
TEXT, WANTED = golden("pinned_and_current")
STRAINED = TEXT.replace("</body>", "<b>" * 400 + "</body>") + "<b>" * 400
HOSTILE = "<table>" + "".join(f"<b {n}><i {n}>" for n in range(12_000)) + "</b>" * 6_000


def page(text: str) -> Page:
    """A fetched page."""
    return Page(url=WANTED.url, status=200, content_type="text/html; charset=utf-8", body=text.encode())


async def test_a_page_read_apart_is_read_the_same() -> None:
    """The other process says what this one would."""
    apart = await read_apart(page(TEXT), now=NOW, zone=SEOUL, recipe=None)
    assert apart == read(page(TEXT), url=WANTED.url, now=NOW, zone=SEOUL)


async def test_a_suspect_page_is_not_parsed_here_but_apart() -> None:
    """What the guard refuses is read where it can be killed, and its rows come back."""
    assert read(page(STRAINED), url=WANTED.url, now=NOW, zone=SEOUL).suspect
    apart = await read_apart(page(STRAINED), now=NOW, zone=SEOUL, recipe=None)
    assert apart is not None
    assert len(apart.headlines) == len(WANTED.rows)


async def test_a_page_that_takes_too_long_is_given_up() -> None:
    """At the deadline the process is gone, and the page has not been read."""
    assert await read_apart(page(HOSTILE), now=NOW, zone=SEOUL, recipe=None, deadline=timedelta(seconds=1)) is None


async def test_a_poll_reads_a_suspect_page_apart() -> None:
    """The poller's look takes the way round by itself."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=STRAINED, content_type="text/html")

    application = web.Application()
    application.router.add_get("/list", answer)
    async with site_on_loopback(application) as root:
        chosen = Settings(polling=PollingSettings(allow_private=("127.0.0.1",), host_gap=timedelta(0)))
        async with Fetcher(limits(chosen), clock=lambda: NOW) as fetcher:
            found = await look(fetcher, f"{root}/list", Validators(), zone=SEOUL, clock=lambda: NOW)
    assert found.reading is not None
    assert len(found.reading.headlines) == len(WANTED.rows)


def test_only_very_long_pages_are_large() -> None:
    """A megabyte is more than any list that people read."""
    assert (is_large(page("x" * LARGE_BYTES)), is_large(page("x" * (LARGE_BYTES + 1)))) == (False, True)
