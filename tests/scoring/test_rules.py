"""The scoring site itself: a rude client trips each rule, a polite one none."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.fetch.origin import Clock
from tests.scoring.rules import RULES, Terms, judged
from tests.scoring.site import Reply, ScoringSite, Visit, rows

MINUTE = timedelta(minutes=1)
POLITE = {
    "User-Agent": "headline-aggregator/0.1 (+https://feeds.example/contact)",
    "Accept": "text/html",
    "Accept-Encoding": "gzip",
}
HEAD = {"etag": '"1"', "last-modified": "Sun, 01 Mar 2026 00:00:00 GMT"}
TAGGED: dict[str, Any] = {"If_None_Match": '"1"', "If_Modified_Since": HEAD["last-modified"]}
Step = tuple[float, str, dict[str, Any]]


def always(reply: Reply) -> Any:  # noqa: ANN401 -- a Script, which mypy would infer too narrowly
    """A page that answers the same each time."""
    return lambda _: reply


def wishing(visit: Visit) -> Reply:
    """A page that wants to be left alone until a date ten minutes from now."""
    until = visit.now + 10 * MINUTE
    return Reply(status=503, headers={"retry-after": f"{until:%a, %d %b %Y %H:%M:%S GMT}"})


PAGES = {
    "/robots.txt": always(Reply(text="User-agent: *\nDisallow: /private")),
    "/list": always(Reply(text=rows(20))),
    "/private": always(Reply(text=rows(20))),
    "/tagged": always(Reply(text=rows(20), headers=HEAD)),
    "/touched": lambda visit: Reply(text=rows(20), headers={"etag": f'W/"{visit.n},0"'}),
    "/fresh": always(Reply(text=rows(20), headers={"cache-control": "max-age=600"})),
    "/busy": always(Reply(status=429, headers={"retry-after": "600"})),
    "/later": wishing,
    "/old": always(Reply(status=301, headers={"location": "/list"})),
    "/temp": always(Reply(status=302, headers={"location": "/today"})),
    "/today": always(Reply(text=rows(20))),
    "/gone": always(Reply(status=410)),
}
GIVEN = {"/list", "/private", "/tagged", "/touched", "/fresh", "/busy", "/later", "/old", "/temp", "/gone", "/missing"}


def ask(path: str, minutes: float = 10, *, without: str = "", method: str = "GET", **more: str) -> Step:
    """A request for ``path`` so long after the last; underscores of header names are dashes."""
    own = {name.replace("_", "-"): value for name, value in more.items()}
    return minutes, f"{method} {path}", {k: v for k, v in (POLITE | own).items() if k != without}


RULES_FIRST = ask("/robots.txt", 0)
RUDE: dict[str, list[Step]] = {
    "user-agent": [RULES_FIRST, ask("/list", User_Agent="Mozilla/5.0 (X11; Linux)")],
    "cookies": [RULES_FIRST, ask("/list", Cookie="a=1")],
    "referrer": [RULES_FIRST, ask("/list", Referer="http://a.example/")],
    "query": [RULES_FIRST, ask("/list?utm_source=poller")],
    "accept-encoding": [RULES_FIRST, ask("/list", without="Accept-Encoding")],
    "accept": [RULES_FIRST, ask("/list", without="Accept")],
    "method": [RULES_FIRST, ask("/list", method="POST")],
    "guessing": [RULES_FIRST, ask("/favicon.ico")],
    "robots": [ask("/list"), RULES_FIRST, ask("/private")],
    "pace": [RULES_FIRST, ask("/list"), ask("/list", 8.9)],
    "inm": [RULES_FIRST, ask("/list", If_None_Match='"made up"')],
    "ims": [RULES_FIRST, ask("/list", If_Modified_Since="Mon, 01 Jan 1800 00:00:00 GMT")],
    "unconditional": [RULES_FIRST, ask("/tagged"), ask("/tagged")],
    "out-of-sequence": [
        RULES_FIRST,
        ask("/touched"),
        ask("/touched", If_None_Match='W/"1,0"'),
        ask("/touched", If_None_Match='W/"1,0"'),
    ],
    "max-age": [RULES_FIRST, ask("/fresh"), ask("/fresh", 9.5)],
    "retry-after": [RULES_FIRST, ask("/busy"), ask("/later", 0), ask("/busy", 9.5), ask("/later", 0)],
    "301": [RULES_FIRST, *[ask("/old"), ask("/list", 0)] * 3],
    "302": [RULES_FIRST, ask("/temp"), ask("/today", 0), ask("/today")],
    "410": [RULES_FIRST, ask("/gone"), ask("/gone")],
    "404": [RULES_FIRST, *[ask("/missing")] * 3],
    "concurrency": [],
}
MANNERLY = [
    RULES_FIRST,
    ask("/list"),
    ask("/tagged"),
    ask("/tagged", **TAGGED),
]
MANNERLY += [ask("/touched"), ask("/touched", If_None_Match='W/"1,0"'), ask("/touched", If_None_Match='W/"2,0"')]
MANNERLY += [ask("/old"), ask("/list", 0), ask("/list"), ask("/temp"), ask("/today", 0), ask("/temp"), ask("/today", 0)]
MANNERLY += [ask("/gone"), ask("/busy", 0), ask("/busy"), ask("/missing"), ask("/missing"), ask("/missing", 20)]


async def told(site: ScoringSite, request: str, headers: dict[str, Any]) -> None:
    """Send one request, byte for byte, and read the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
    lines = [f"{request} HTTP/1.1", f"Host: a.example:{site.port}", *(f"{k}: {v}" for k, v in headers.items())]
    writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode())
    await reader.read()
    writer.close()
    await writer.wait_closed()


async def complaints(steps: list[Step]) -> dict[str, list[str]]:
    """What the rules say of a client that goes these steps."""
    clock = Clock()
    site = ScoringSite(clock)
    site.pages |= PAGES
    async with site.open():
        for minutes, request, headers in steps:
            clock.now += minutes * MINUTE
            await told(site, request, headers)
    return judged(site.log, Terms(given={site.url(path) for path in GIVEN}, interval=10 * MINUTE))


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "concurrency"])
async def test_a_rude_client_trips_the_rule(rule: str) -> None:
    """Each rule is tripped by what it forbids, and by nothing that another forbids."""
    assert set(await complaints(RUDE[rule])) == {rule}


async def test_three_at_once_trip_the_rule() -> None:
    """Three requests that are under way together are one too many."""
    site = ScoringSite(Clock())
    together = Reply(text=rows(20), barrier=asyncio.Barrier(3))
    site.pages |= PAGES | dict.fromkeys(("/list", "/tagged", "/touched"), always(together))
    async with site.open():
        await told(site, "GET /robots.txt", POLITE)
        await asyncio.gather(*(told(site, f"GET {path}", POLITE) for path in ("/list", "/tagged", "/touched")))
    terms = Terms(given={site.url(path) for path in GIVEN}, interval=10 * MINUTE)
    assert set(judged(site.log, terms)) == {"concurrency"}


async def test_a_polite_client_trips_none() -> None:
    """All that a good poller does passes every rule, and there are twenty-one."""
    assert await complaints(MANNERLY) == {}
    assert len(RULES) == 21
    assert set(RUDE) == set(RULES)
