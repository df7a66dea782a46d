"""Broken is not empty: why a page without a listing has none."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aggregator.demo import SimulatedBoard, skins
from aggregator.listing import read
from aggregator.look import Answer
from aggregator.model import Absence, Board, Page
from aggregator.poll import take
from aggregator.reading import read as read_page
from aggregator.settings import PollingSettings
from aggregator.store import Selection, Store, boards, headlines
from tests.store.test_contract import spec

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
LOGIN_BOX = "<form><input name=id><input type=password name=pw><button>로그인</button></form>"


def page(body: str, title: str = "게시판") -> str:
    """A page of a site with a menu."""
    menu = "".join(f"<li><a href=/{word}>{word}</a></li>" for word in ("home", "news", "qna"))
    return f"<!doctype html><html><head><title>{title}</title></head><body><ul>{menu}</ul>{body}</body></html>"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (page("<table><tr><th>번호<th>제목<tr><td colspan=2>게시물이 없습니다.</table>"), "empty"),
        (page(f"{LOGIN_BOX}<table><tr><td>등록된 게시글이 없습니다</table>"), "empty"),
        (page("<p>There are no posts in this forum yet."), "empty"),
        (page("<p>记录: 暂无数据"), "empty"),
        (page(f"<p>로그인이 필요한 게시판입니다{LOGIN_BOX}"), "login"),
        (page("<p>You must log in to view this forum.<form><input type='password'></form>"), "login"),
        ("<html><script>alert('로그인 후 이용하십시오'); location.href='/login';</script></html>", "login"),
        (page("<script src=/cdn-cgi/challenge-platform/x.js></script><p>Checking your browser"), "challenge"),
        (page("<h1>시스템 점검 중입니다</h1>"), "maintenance"),
        (page("<h1>Down for maintenance</h1><p>Back at 9."), "maintenance"),
        (page("<b>Fatal error</b>: Uncaught mysqli_sql_exception"), "error"),
        ('<html><script>alert("존재하지 않는 게시판입니다.");history.back();</script></html>', "error"),
        (page("<p>안녕하세요, 소개 글입니다."), None),
    ],
)
def test_what_stands_in_a_lists_place_is_named(text: str, kind: Absence | None) -> None:
    """A login, a challenge, maintenance, an error and an empty list are told apart, and the fault quotes the page."""
    found = read(text, "http://a.example/")
    assert (found.rows, found.absence) == ((), kind)
    assert len(found.faults) == (kind is not None)


def test_a_story_about_an_error_is_no_error() -> None:
    """Words of trouble inside a long text are a text."""
    story = " ".join(["the ministry said that the maintenance of bridges and an error in the books were found"] * 60)
    assert read(page(f"<p>{story}"), "http://a.example/").absence is None


def look(body: str) -> Answer:
    """What a poll makes of a page without the network."""
    fetched = Page(url="http://news.example/", status=200, content_type="text/html", body=body.encode())
    return Answer(page=fetched, reading=read_page(fetched, url=fetched.url, now=NOW, zone=ZoneInfo("Asia/Seoul")))


async def test_an_empty_list_takes_nothing_away(tmp_path: Path) -> None:
    """A board that suddenly lists nothing keeps its headlines and its numbering, and has not failed."""
    board = SimulatedBoard("뉴스")
    for n in range(12):
        board.post(f"제목 {n}번 기사", "연합", NOW)
    view = skins.View(board=board, slug="news", origin="http://a.example", page=board.page(1), now=NOW, current=None)
    async with await Store.open(f"sqlite:///{tmp_path}/s.db", authority="a.example", now=NOW) as store:
        added = await store.write(boards.add, spec(), NOW)
        for body in (skins.html(view), page("<p>게시물이 없습니다.")):
            poll = await store.write(take, added, look(body), NOW, NOW, PollingSettings())
        after = await store.read(boards.by_slug, "news")
        assert len(await store.read(headlines.select, Selection())) == 12
    assert (poll.result, poll.rows, len(poll.faults)) == ("unchanged", 0, 1)
    assert isinstance(after, Board)
    assert (after.numbering, after.failures) == ("stable", 0)
