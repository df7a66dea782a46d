"""How boards fare over HTTP: a page, and a feed of the changes."""

import pytest

from aggregator.housekeeping import judge
from aggregator.store import Store, boards
from tests.render.parsers import by_fastfeedparser, by_feedparser
from tests.web.conftest import NOW, PUBLIC_URL, Server
from tests.web.test_pages import found


@pytest.fixture(autouse=True)
async def stopped(store: Store) -> None:
    """One of the two boards was paused after both had been judged."""
    last, _ = await judge(store, 0, NOW)
    await store.write(lambda tx: boards.pause(tx, "local", paused=True, now=NOW))
    await judge(store, last, NOW)


async def test_the_page_names_every_board_with_its_state(server: Server) -> None:
    """And announces the feed of the changes."""
    answer = await server.ask("/health")
    assert answer.status == 200
    assert found(answer, "//table/tbody/tr/td[1]/a/text()") == ["지역 소식", "종합 뉴스"]
    assert found(answer, "//table/tbody/tr/td[2]/text()") == ["paused", "ok"]
    assert found(answer, "//link[@rel='alternate']/@href")[0] == f"{PUBLIC_URL}/health.atom"


async def test_a_boards_own_page_says_its_state(server: Server) -> None:
    """As it is now, with the reason where it is not well; other pages are of no one board."""
    paths = "/boards/local", "/boards/news", "/topics/chips"
    said = [found(await server.ask(path), "//p[@class='state']//text()") for path in paths]
    assert said == [["State", ": paused, paused by its admin"], ["State", ": ok"], []]


@pytest.mark.parametrize("ending", ["atom", "rss", "json"])
async def test_a_change_is_an_entry(server: Server, ending: str) -> None:
    """Its id is permanent, its link the board's page."""
    answer = await server.ask(f"/health.{ending}")
    assert (answer.status, "Etag" in answer.headers) == (200, True)
    entries = by_fastfeedparser(answer.body)
    title = "지역 소식: paused, paused by its admin"
    assert entries == [("tag:feeds.example.org,2024:health/3", f"{PUBLIC_URL}/boards/local", title)]
    assert ending == "json" or by_feedparser(answer.body) == entries
