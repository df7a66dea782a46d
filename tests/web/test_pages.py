"""Pages for people: autodiscovery, copyable URLs, the filter box, and nothing a title could do to them."""

from urllib.parse import urlsplit

import pytest
from lxml import html

from aggregator.administration import Admin, change
from aggregator.changes import Changes
from aggregator.model import Poll
from aggregator.settings import PollingSettings
from aggregator.store import Store, backfill, boards, headlines, polls
from tests.render.samples import HEADLINES, hostile_titles
from tests.web.conftest import NOW, PUBLIC_URL, Answer, Server, news, post

ENDINGS = ("atom", "rss", "json")


def found(answer: Answer, path: str) -> list[str]:
    """Strings of a page at an XPath."""
    strings = html.fromstring(answer.body.decode()).xpath(path)
    assert isinstance(strings, list)
    return [str(string) for string in strings]


@pytest.mark.parametrize("path", ["/feed", "/boards/news", "/topics/chips"])
async def test_a_page_announces_its_own_feeds_first(server: Server, path: str) -> None:
    """Autodiscovery links lead with this page's Atom, RSS and JSON, then those of everything (D16)."""
    links = found(await server.ask(path), "//head/link[@rel='alternate']/@href")
    assert links[:3] == [f"{PUBLIC_URL}{path}.{ending}" for ending in ENDINGS]
    assert links[-3:] == [f"{PUBLIC_URL}/feed.{ending}" for ending in ENDINGS]


async def test_autodiscovery_links_name_type_and_title(server: Server) -> None:
    """What a reader shows in its dialog: the feed's title and format, by its registered type."""
    answer = await server.ask("/boards/news")
    assert found(answer, "//link[@rel='alternate']/@title")[:2] == ["종합 뉴스 (Atom)", "종합 뉴스 (RSS)"]
    types = ["application/atom+xml", "application/rss+xml", "application/feed+json"]
    assert found(answer, "//link[@rel='alternate']/@type")[:3] == types


async def test_every_announced_feed_answers(server: Server) -> None:
    """A filtered page's announced and copyable feeds are the canonical URLs and serve."""
    answer = await server.ask("/feed?q=%27반도체%20보조금%27&utm_source=x")
    announced = found(answer, "//head/link[@rel='alternate']/@href")[:3]
    assert found(answer, "//dl//code/text()") == announced
    for url in announced:
        parts = urlsplit(url)
        assert (await server.ask(f"{parts.path}?{parts.query}")).status == 200


async def test_the_front_page_is_everything(server: Server) -> None:
    """The root shows all headlines in feed order, each once, with links, boards and topics."""
    answer = await server.ask("/")
    assert found(answer, "//a[@class='headline']/text()") == list(reversed(HEADLINES))
    assert found(answer, "//a[@class='headline']/@href")[-1] == "https://board.example.kr/news/0"
    assert found(answer, "//nav//a/text()") == ["All headlines", "반도체", "지역 소식", "종합 뉴스"]


async def test_the_filter_box_narrows_the_page(server: Server) -> None:
    """The box is a GET form that keeps what was typed; the page then says in words what it holds."""
    answer = await server.ask("/boards/news?q=반도체")
    assert found(answer, "//form/@action") == ["/boards/news"]
    assert found(answer, "//input[@name='q']/@value") == ["반도체"]
    assert found(answer, "//a[@class='headline']/text()") == [HEADLINES[0]]
    assert "반도체" in found(answer, "//p[@class='subtitle']/text()")[0]


async def test_no_title_breaks_a_page(server: Server, store: Store) -> None:
    """A hundred hostile titles are a hundred headlines, and none of them markup or script."""
    await post(store, "local", [news(title, 100 + n, url="javascript:1") for n, title in enumerate(hostile_titles())])
    answer = await server.ask("/boards/local?n=500")
    assert len(found(answer, "//a[@class='headline']")) == 102
    assert found(answer, "//script|//*[@onclick]|//b") == []
    assert all(url.startswith("http") for url in found(answer, "//a[@class='headline']/@href"))


async def test_a_page_cannot_load_or_run_anything_foreign(server: Server) -> None:
    """The content security policy allows the one style sheet, which is served."""
    answer = await server.ask("/")
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert (await server.ask(found(answer, "//link[@rel='stylesheet']/@href")[0])).status == 200


async def test_a_page_may_load_what_it_names(server: Server) -> None:
    """Its empty icon is a data: URL, of which browsers would complain on every page."""
    answer = await server.ask("/")
    (icon,) = found(answer, "//link[@rel='icon']/@href")
    assert icon.startswith("data:")
    assert "img-src data:;" in answer.headers["Content-Security-Policy"]


async def test_a_page_is_revalidated(server: Server) -> None:
    """A page has an ETag too, and an unchanged one is 304."""
    first = await server.ask("/")
    assert (await server.ask("/", If_None_Match=first.headers["Etag"])).status == 304


async def test_a_bad_filter_on_a_page_is_a_page_that_helps(server: Server) -> None:
    """People get HTML with the filter to correct and the hint, and status 400."""
    answer = await server.ask("/boards/news?q=%28AI%20<b>")
    assert (answer.status, answer.headers["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert found(answer, "//input[@name='q']/@value") == ["(AI <b>"]
    assert found(answer, "//p[@class='hint']/text()")


@pytest.mark.parametrize(("path", "status"), [("/boards/none", 404), ("/boards/gone", 410), ("/nowhere", 404)])
async def test_a_missing_page_is_a_page(server: Server, path: str, status: int) -> None:
    """People who follow a dead link read a sentence and find the way home."""
    answer = await server.ask(path)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert "/" in found(answer, "//main//a/@href")


async def test_an_empty_board_says_so(server: Server) -> None:
    """A page without headlines is no blank page, and its feeds are announced all the same."""
    answer = await server.ask("/feed?q=없는말")
    assert "No headlines here yet" in found(answer, "//p[@class='empty']/text()")[0]
    assert len(found(answer, "//link[@rel='alternate']")) == 6


async def test_a_quarantined_board_says_since_when_and_why(server: Server, store: Store) -> None:
    """A subscriber sees at the board's name why nothing new comes from it, and the text is only text."""
    board = await store.read(boards.by_slug, "news")
    assert board is not None
    poll = Poll(board="news", started_at=NOW, finished_at=NOW, result="person")
    after = polls.After(next_poll_at=NOW, quarantine=(NOW, "the layout <b>changed"))
    await store.write(polls.record, board.id, poll, after)
    said = " ".join(found(await server.ask("/"), "//small[@class='quarantine']//text()"))
    assert "the layout <b>changed" in said
    assert f"{NOW:%Y-%m-%d %H:%M}" in said


async def test_liberties_and_notices_are_shown(server: Server, store: Store) -> None:
    """Whoever reads a board sees that its certificate is not verified, and why it is polled no more."""
    ann = Admin(who="Ann", now=NOW, polling=PollingSettings())
    await store.write(change, ann, "board", "news", {"insecure": True})
    board = await store.read(boards.by_slug, "news")
    assert board is not None
    await store.write(boards.stop, board, "stopped: <b>gone")
    said = found(await server.ask("/boards/news"), "//small[@class='quarantine']//text()")
    assert said == ["the certificate is not verified (insecure = true)", "stopped: <b>gone"]


async def test_the_schema_of_recipes_is_served(server: Server) -> None:
    """Whoever writes a recipe by hand can have it checked."""
    answer = await server.ask("/recipe.schema.json")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/schema+json")
    assert b"link_template" in answer.body


async def test_a_boards_page_says_how_far_its_history_is_read(store: Store, server: Server) -> None:
    """Rows so far, while it is being read; nothing before and after."""
    assert b"History:" not in (await server.ask("/boards/news")).body
    board = await store.read(boards.by_slug, "news")
    assert board is not None
    placed = {str(number): number for number in range(len(HEADLINES))}
    await store.write(headlines.apply, board, Changes(places=placed), NOW)
    await store.write(backfill.change, board, "3", NOW, NOW)
    assert "History: 20 of about" in (await server.ask("/boards/news")).body.decode()
    await store.write(backfill.change, board, "none", NOW, NOW)
    assert b"History:" not in (await server.ask("/boards/news")).body
