"""Below a path of a host, behind a proxy that strips it and behind one that passes it on."""

import re
from collections.abc import AsyncIterator
from urllib.parse import urljoin

import aiohttp
import pytest
from lxml import html

from aggregator import web
from aggregator.app import pushing
from aggregator.errors import SettingsError
from aggregator.news import News
from aggregator.settings import ServerSettings, Settings
from aggregator.store import Store, private, tokens
from aggregator.tokens import digest, made
from aggregator.web.keys import Told
from tests.program import site_on_loopback
from tests.web.conftest import NOW, Answer, Server
from tests.web.front import front

PREFIX, HOST = "/news", "https://example.org"
HUB = f"{HOST}{PREFIX}/hub"
SETTINGS = Settings(
    server=ServerSettings(public_url=f"{HOST}{PREFIX}/", trusted_proxies=("127.0.0.1",), per_minute=9999)
)
# What a document says of this host, and of nothing else.
OURS = re.compile(rf"{re.escape(HOST)}[^\s\"'<>\\;]*")


@pytest.fixture(params=["strips", "passes"])
async def behind(request: pytest.FixtureRequest, store: Store) -> AsyncIterator[Server]:
    """The server with its hub below a path, as it is met from outside."""
    async with (
        pushing(SETTINGS, store, News(store), lambda: NOW) as push,
        aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=["Accept-Encoding"]) as session,
    ):
        assert push is not None
        app = web.application(
            store, public_url=SETTINGS.public_url, clock=lambda: NOW, settings=SETTINGS, told=Told(push.reception)
        )
        async with (
            site_on_loopback(app) as root,
            site_on_loopback(front(root, PREFIX, session, strips=request.param == "strips")) as outside,
        ):
            yield Server(outside, session)


def named(answer: Answer, path: str) -> set[str]:
    """The paths below our host that an answer names, wherever it does."""
    text = answer.body.decode()
    found = [*OURS.findall(text), *OURS.findall(" ".join(answer.headers.values()))]
    if answer.headers["Content-Type"].startswith("text/html"):
        links = html.fromstring(text).xpath("//@href | //@action | //@src")
        assert isinstance(links, list)
        found += [urljoin(HOST + path, str(link)) for link in links]
    return {url.partition("#")[0].replace("&amp;", "&").removeprefix(HOST) for url in found if url.startswith(HOST)}


async def everything(server: Server, *begin: str) -> dict[str, int]:
    """The statuses of all that can be reached from some paths, by path."""
    statuses, ahead = dict[str, int](), set(begin)
    while ahead:
        answer = await server.ask(path := ahead.pop())
        statuses[path] = answer.status
        if answer.body:
            ahead |= named(answer, path) - set(statuses)
    return statuses


async def test_all_that_is_named_stands_below_the_path_and_answers(behind: Server, store: Store) -> None:
    """Pages, feeds, lists, links in headers, a private feed, explanations: followed one by one from the outside."""
    await store.write(private.add, "kim", "/boards/news", "public", digest(token := made()), NOW)
    own = [f"{PREFIX}/p/{token}/boards/news", f"{PREFIX}/boards/news?q=AI&n=2&explain=yes"]
    there = await everything(behind, f"{PREFIX}/", f"{PREFIX}/feed.json?q=AI&n=2", *own)
    assert [path for path in there if not path.startswith(f"{PREFIX}/")] == []
    assert {path: status for path, status in there.items() if status != 200} == {f"{PREFIX}/hub": 405}
    expected = ("/static/style.css", "/feeds.opml", "/health.atom", "/boards/news/ledger.json", "/topics/chips.rss")
    assert {PREFIX + path for path in expected} <= set(there)
    assert len([path for path in there if f"/p/{token}/" in path]) > 4


async def test_a_redirect_stays_below_the_path(behind: Server) -> None:
    """A slash too many is sent on to where the proxy is asked, not the server."""
    for path in ("/boards/news.rss/", "//boards//news.rss", "/boards//news.rss"):
        answer = await behind.ask(f"{PREFIX}{path}?n=5")
        assert (answer.status, answer.headers["Location"]) == (308, f"{PREFIX}/boards/news.rss?n=5")


async def test_the_front_page_needs_no_redirect(behind: Server) -> None:
    """The link home leads to it; a proxy may add the slash itself, so nothing is sent to and fro."""
    assert (await behind.ask(f"{PREFIX}/")).status == 200
    bare = await behind.ask(PREFIX)
    assert (bare.status, bare.headers.get("Location")) in {(308, f"{PREFIX}/"), (404, None)}


@pytest.mark.parametrize(
    "path", ["/boards/none", "/boards/none.atom", "/boards/news.atom?q=(", "/boards/news?q=(", "/x"]
)
async def test_a_refusal_names_nothing_outside(behind: Server, path: str) -> None:
    """Problems keep the form of their path, and what they link to stands below the prefix."""
    answer = await behind.ask(PREFIX + path)
    kind = "application/problem+json" if ".atom" in path else "text/html; charset=utf-8"
    assert answer.headers["Content-Type"] == kind
    assert all(found.startswith(f"{PREFIX}/") for found in named(answer, PREFIX + path))


async def test_what_proxies_say_of_host_scheme_and_prefix_is_not_believed(behind: Server) -> None:
    """public_url is the only source of absolute URLs; no cookie is set."""
    for path in ("/", "/feed.atom", "/feeds.opml", "/nowhere"):
        answer = await behind.ask(PREFIX + path)
        said = answer.body.decode() + " ".join(answer.headers.values())
        assert ("evil" in said, "gopher" in said, "Set-Cookie" in answer.headers) == (False, False, False)


async def test_the_hub_is_found_and_asked_below_the_path(behind: Server) -> None:
    """Feeds name it by its public URL, and a wish that is sent there is read."""
    assert f'<{HUB}>; rel="hub"' in (await behind.ask(f"{PREFIX}/boards/news.atom")).headers["Link"]
    answer = await behind.ask(HUB.removeprefix(HOST), "POST", Content_Type="application/x-www-form-urlencoded")
    assert (answer.status, answer.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")


async def test_the_api_says_where_it_stands(behind: Server, store: Store) -> None:
    """Its description and the pages of its lists name paths as the client has to spell them."""
    await store.write(tokens.add, "ann", "admin", digest(token := made()), NOW)
    api = f"{PREFIX}/api/v1"
    assert b'"servers":[{"url":"/news"}]' in (await behind.ask(f"{api}/openapi.json")).body
    answer = await behind.ask(f"{api}/boards?n=1", Authorization=f"bearer {token}")
    assert b'"next_url":"/news/api/v1/boards?after=local&n=1"' in answer.body
    form = {"slug": "new", "url": "https://board.example.kr/new"}
    url, headers = f"{behind.root}{api}/boards", {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession() as session, session.post(url, json=form, headers=headers) as added:
        assert (added.status, added.headers["Location"]) == (201, f"{api}/boards/new")
    refused = await behind.ask(f"{api}/boards")
    assert (refused.status, refused.headers["Cache-Control"]) == (401, "no-store")


@pytest.mark.parametrize("known", [True, False])
async def test_a_private_answer_is_its_readers_alone_below_the_path(
    behind: Server, store: Store, *, known: bool
) -> None:
    """No cache in between keeps it, a refusal neither."""
    await store.write(private.add, "kim", "/boards/news", "public", digest(token := made()), NOW)
    answer = await behind.ask(f"{PREFIX}/p/{token if known else made()}/boards/news.atom")
    assert (answer.status, answer.headers["Cache-Control"].split(",")[0]) == (200 if known else 404, "private")


async def test_robots_are_told_the_paths_as_they_see_them(behind: Server) -> None:
    """The lines hold at the host's root, where robots look."""
    lines = (await behind.ask(f"{PREFIX}/robots.txt")).body.decode().splitlines()
    assert lines == ["User-agent: *", "Disallow: /news/*?", "Disallow: /news/api/"]


async def test_a_path_that_could_be_one_of_ours_is_refused(store: Store) -> None:
    """Whether a proxy has stripped it could not be told."""
    for taken in ("boards", "feed/x", "p"):
        with pytest.raises(SettingsError, match="public_url"):
            web.application(store, public_url=f"{HOST}/{taken}", clock=lambda: NOW)
