"""OPML and plain text: lists for readers and for terminals."""

from lxml.etree import _Element, fromstring
from msgspec import structs

from aggregator.model import Topic
from aggregator.store import Store, boards, topics
from tests.render.samples import HEADLINES
from tests.web.conftest import NOW, PUBLIC_URL, Server, spec


def feeds(body: bytes) -> dict[str, str]:
    """The feeds that an OPML document lists: the name of each by its URL."""
    root = fromstring(body)
    assert (root.tag, root.get("version"), [part.tag for part in root]) == ("opml", "2.0", ["head", "body"])
    found: list[_Element] = [one for one in root.iter("outline") if one.get("type") is not None]
    assert all(one.get("type") == "rss" and one.get("title") == one.get("text") for one in found)
    return {str(one.get("xmlUrl")): str(one.get("text")) for one in found}


async def test_every_public_feed_is_listed_and_can_be_had(server: Server, store: Store) -> None:
    """All, topics and boards; neither what is removed nor what is private; each URL answers (C18)."""
    await store.write(boards.add, structs.replace(spec("secret", "비밀"), private=True), NOW)
    answer = await server.ask("/feeds.opml")
    listed = feeds(answer.body)
    assert answer.headers["Content-Type"] == "text/x-opml; charset=utf-8"
    assert list(listed.values()) == ["All headlines", "반도체", "지역 소식", "종합 뉴스"]
    for url in listed:
        assert (await server.ask(url.removeprefix(PUBLIC_URL))).status == 200
    again = await server.ask("/feeds.opml", If_None_Match=answer.headers["Etag"])
    assert again.status == 304


async def test_a_title_that_no_xml_can_hold_breaks_no_list(server: Server, store: Store) -> None:
    """What XML refuses is left out, in the names of folders too."""
    await store.write(topics.add, Topic(slug="odd", title='이상한\ufffe <&" 주제', filter="반도체"), NOW)
    for path in ("/feeds.opml", "/topics/odd.opml"):
        assert '이상한 <&" 주제' in feeds((await server.ask(path)).body).values()


async def test_a_topic_is_listed_board_by_board(server: Server) -> None:
    """Each board's feed is narrowed to the topic; the canonical query is used."""
    listed = feeds((await server.ask("/topics/chips.opml")).body)
    assert list(listed.values()) == ["반도체", "지역 소식: 반도체", "종합 뉴스: 반도체"]
    for url in listed:
        answer = await server.ask(url.removeprefix(PUBLIC_URL))
        assert answer.headers["Content-Location"] == url
    assert (await server.ask("/topics/none.opml")).status == 404


async def test_a_feed_is_had_as_plain_text(server: Server) -> None:
    """Every title of the feed once, with its link, in the order of the other formats; kept and compressed like them."""
    answer = await server.ask("/boards/news.txt?n=500")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    paragraphs = answer.body.decode().split("\n\n")
    assert paragraphs[0].startswith("종합 뉴스\n")
    assert len(paragraphs) - 1 == len(HEADLINES)
    assert [paragraph.splitlines()[-1] for paragraph in paragraphs[1:]] == [
        f"https://board.example.kr/news/{number}" for number in reversed(range(len(HEADLINES)))
    ]
    packed = await server.ask("/boards/news.txt?n=500", Accept_Encoding="br")
    assert packed.headers["Content-Encoding"] == "br"
    assert (await server.ask("/boards/news.txt?n=500", If_None_Match=answer.headers["Etag"])).status == 304
