"""A filter explained: its tree, its hits, and which clause kept or dropped a headline."""

from datetime import timedelta

import pytest
from msgspec import json, structs

from aggregator.store import Store
from tests.web.conftest import NOW, PUBLIC_URL, Server, news, post
from tests.web.test_pages import found


async def test_an_explanation_names_the_clause_that_decided(server: Server, store: Store) -> None:
    """JSON at a feed's path: canonical form, sentence, hits of each clause, the last kept and dropped."""
    await post(store, "local", [news("의대 증원", 90), news("의대 광고", 91, source="광고"), news("연금 개혁", 92)])
    answer = await server.ask('/boards/local.json?explain&q="의대"|간호%20-author:광고')
    said = json.decode(answer.body)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert said["canonical"] == "-source:광고 간호,의대"
    assert said["sentence"] == "headlines with 간호 or 의대 in title or source, not from 광고"
    assert [(part["text"], part["hits"]) for part in said["tree"]["parts"]] == [("-source:광고", 4), ("간호,의대", 2)]
    assert [verdict["title"] for verdict in said["kept"]] == ["의대 증원"]
    dropped = {verdict["title"]: verdict["clause"] for verdict in said["dropped"]}
    assert (dropped["의대 광고"], dropped["연금 개혁"]) == ("-source:광고", "간호,의대")


async def test_an_explanation_has_a_page(server: Server) -> None:
    """The same for people, linked from the page of the feed, and kept out of search engines."""
    links = found(await server.ask("/feed?q=반도체"), "//a[text()='why these?']/@href")
    answer = await server.ask(links[0].removeprefix(PUBLIC_URL))
    assert (answer.status, answer.headers["X-Robots-Tag"]) == (200, "noindex")
    assert "반도체" in found(answer, "//li/code/text()")
    assert len(found(answer, "//h2/text()")) == 3


@pytest.mark.parametrize(
    "path", ["/topics/chips?explain", "/feed.atom?explain=yes", "/?explain&q=date:2024-04&tz=Asia/Tokyo"]
)
async def test_every_feed_can_be_explained(server: Server, path: str) -> None:
    """A topic explains its own filter, an empty filter explains that it takes all."""
    assert (await server.ask(path)).status == 200


async def test_pages_lead_back_to_the_first_headline(server: Server) -> None:
    """From one older page to the next every headline is met once."""
    path, met = "/feed?n=6", list[str]()
    while path:
        answer = await server.ask(path)
        met += found(answer, "//a[@class='headline']/text()")
        path = "".join(found(answer, "//a[@rel='next']/@href")).removeprefix(PUBLIC_URL)
    assert len(met) == len(set(met)) == 20


async def test_days_are_those_of_the_viewer(server: Server, store: Store) -> None:
    """A headline of midnight in Seoul is of the day before in Berlin."""
    midnight = NOW.replace(hour=15, minute=0) - timedelta(days=9)
    await post(store, "local", [structs.replace(news("자정 소식", 90), published=midnight)])
    shown = {
        zone: json.decode((await server.ask(f"/feed.json?q=자정%20date:2024-04-12&tz={zone}")).body)["items"]
        for zone in ("Asia/Seoul", "Europe/Berlin")
    }
    assert [len(items) for items in shown.values()] == [1, 0]
