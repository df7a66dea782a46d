"""How pages are found and told apart: titles, canonical addresses, announced feeds, and what robots are told."""

import pytest
from lxml import html
from msgspec import structs

from aggregator.housekeeping import judge
from aggregator.model import Topic
from aggregator.store import Store, boards, private, topics
from aggregator.tokens import digest, made
from tests.web.conftest import NOW, PUBLIC_URL, Server, news, post, spec
from tests.web.test_pages import found

ENDINGS = ("atom", "rss", "json")
# Each page, and what its own feeds are called by.
OWN = {
    "/feed": "/feed",
    "/boards/news": "/boards/news",
    "/boards/local": "/boards/local",
    "/topics/chips": "/topics/chips",
    "/boards/news?q=ai": "/boards/news?q=ai",
    "/feed?before=9": "/feed?before=9",
    "/feed?explain=yes": "/feed",
    "/boards/news?q=ai&explain=yes": "/boards/news?q=ai",
    "/boards/news/ledger": "/boards/news",
    "/health": "/health",
    "/filters": "/feed",
}


def feeds_of(place: str) -> list[str]:
    """The addresses of a place's feeds."""
    path, mark, said = place.partition("?")
    return [f"{PUBLIC_URL}{path}.{ending}{mark}{said}" for ending in ENDINGS]


@pytest.mark.parametrize("path", OWN)
async def test_a_page_announces_what_belongs_to_it_and_then_everything(server: Server, path: str) -> None:
    """Its own feeds lead, those of all headlines end the list, none stands there twice, and each answers (D16)."""
    announced = found(await server.ask(path), "//head/link[@rel='alternate']/@href")
    assert announced[:3] == feeds_of(OWN[path])
    assert announced[-3:] == feeds_of("/feed")
    assert len(announced) == len(set(announced))
    for url in announced:
        assert (await server.ask(url.removeprefix(PUBLIC_URL))).status == 200


@pytest.mark.parametrize("path", OWN)
async def test_a_page_names_its_one_address(server: Server, path: str) -> None:
    """Its canonical URL is public_url's, and names the very same page."""
    answer = await server.ask(f"{path}{'&' if '?' in path else '?'}utm_source=mail")
    assert found(answer, "//head/link[@rel='canonical']/@href") == [PUBLIC_URL + path]
    assert (await server.ask(path)).body == answer.body


async def test_every_page_has_a_title_of_its_own(server: Server) -> None:
    """What stands in tabs, bookmarks and search results tells pages apart, refusals and reasons too."""
    refused = ("/boards/none", "/boards/gone", "/boards/news?q=%28")
    titles = {path: found(await server.ask(path), "//head/title/text()") for path in (*OWN, *refused)}
    assert all(len(title) == 1 and title[0].endswith(" – Headlines") for title in titles.values())
    assert len({title[0] for title in titles.values()}) == len(titles)
    assert titles["/boards/news?q=ai&explain=yes"] == ["Why these headlines: news · ai – Headlines"]


@pytest.mark.parametrize("path", ["/nowhere", "/boards/gone", "/boards/news?q=%28", "/p/nothing/feed"])
async def test_a_refusal_leads_to_what_can_be_had(server: Server, path: str) -> None:
    """It announces the feeds of all headlines, and is nobody's canonical page."""
    answer = await server.ask(path)
    assert answer.status >= 400
    assert found(answer, "//link[@rel='alternate']/@href") == feeds_of("/feed")
    assert found(answer, "//link[@rel='canonical']") == []


async def test_a_topic_offers_its_boards_as_a_list(server: Server) -> None:
    """Beside the list of all feeds, which every page of a feed names."""
    lists = found(await server.ask("/topics/chips"), "//p[@class='also']//@href")
    assert lists[1:] == ["/topics/chips.opml", "/feeds.opml"]
    for path in lists[1:]:
        assert (await server.ask(path)).status == 200


@pytest.fixture
async def token(store: Store) -> str:
    """What opens one of two private boards, beside which there is a private topic too."""
    for slug, name in (("secret", "비밀 게시판"), ("other", "다른 비밀")):
        await store.write(boards.add, structs.replace(spec(slug, name), private=True), NOW)
        await post(store, slug, [news(f"{name} 소식", 1, url=f"https://board.example.kr/{slug}")])
    await store.write(topics.add, Topic(slug="inner", title="속 이야기", filter="소식", private=True), NOW)
    await judge(store, 0, NOW)
    await store.write(private.add, "kim", "/boards/secret", "public", digest(token := made()), NOW)
    return token


@pytest.mark.parametrize("query", ["", "?q=소식", "?explain=yes", "?q=(", "?q=없는말"])
async def test_a_private_page_names_no_other_and_leads_nowhere_in_vain(server: Server, token: str, query: str) -> None:
    """Its links and its filter box stay below its own path or are public; each of them answers."""
    answer = await server.ask(f"/p/{token}/boards/secret{query}")
    said = answer.body.decode()
    assert [word for word in ("다른 비밀", "속 이야기", "/other", "/inner") if word in said] == []
    links = found(answer, "//a/@href | //link/@href | //form/@action")
    ours = {link.removeprefix(PUBLIC_URL) for link in links if link.startswith(("/", PUBLIC_URL))}
    assert {path: (await server.ask(path)).status for path in ours} == dict.fromkeys(ours, 200)
    assert html.fromstring(said).xpath("//form/@action") in ([], [f"/p/{token}/boards/secret"])
    own = [f"{PUBLIC_URL}/p/{token}/boards/secret.{ending}" for ending in ENDINGS]
    assert answer.status == 400 or all(url in said for url in own)


@pytest.mark.parametrize(
    "path", ["/feed", "/feeds.opml", "/topics/chips.opml", "/health", "/health.json", "/robots.txt"]
)
async def test_nothing_public_leads_to_a_private_page(server: Server, token: str, path: str) -> None:
    """No list, no announcement and no rule for robots gives one away (D18)."""
    said = (await server.ask(path)).body.decode()
    assert [word for word in ("/p/", token, "secret", "비밀") if word in said] == []


async def test_robots_may_read_what_is_public_and_no_more(server: Server) -> None:
    """Feeds and pages, no endless queries, no API (D19)."""
    lines = (await server.ask("/robots.txt")).body.decode().splitlines()
    assert lines == ["User-agent: *", "Disallow: /*?", "Disallow: /api/"]


@pytest.mark.parametrize("path", ["/feed", "/boards/news", "/health", "/filters", "/boards/news/ledger", "/feed.atom"])
async def test_what_is_public_may_be_indexed(server: Server, path: str) -> None:
    """A page under its own address says nothing against it; narrowed or explained it does (D19)."""
    assert "X-Robots-Tag" not in (await server.ask(path)).headers


@pytest.mark.parametrize("path", ["/feed?q=ai", "/feed.atom?q=ai", "/feed?n=3", "/feed?before=9", "/feed?explain=yes"])
async def test_what_is_narrowed_or_explained_is_not_indexed(server: Server, path: str) -> None:
    """There is no end of such pages (D19)."""
    assert (await server.ask(path)).headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("name", ["", "/feeds", "/feed", "/atom", "/security.txt", "/host-meta", "/webfinger"])
async def test_no_well_known_name_is_taken_that_is_not_registered_for_this(server: Server, name: str) -> None:
    """None is registered for feeds (D19, RFC 8615)."""
    assert (await server.ask(f"/.well-known{name}")).status == 404
