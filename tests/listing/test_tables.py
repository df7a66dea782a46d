"""Tables whose header row leaves no doubt."""

from html import escape

import pytest

from aggregator import listing
from aggregator.model import Row
from aggregator.recipe import LinkRule

URL = "http://board.example/"
HEAD = "<tr><th>번호</th><th>제목</th><th>글쓴이</th><th>날짜</th></tr>"
ODD = ["[3]", "2024.04.20", "11", "»", "공지", "new", "댓글 5", "12시"]


def rows(titles: list[str]) -> tuple[Row, ...]:
    """Return what is read off a table of *titles*, newest first, a category's link before each."""
    body = "".join(
        f"<tr><td>{len(titles) - at}</td><td><a href='/list?mid=b&sca=c'>잡담</a>"
        f" <a href='/read?mid=b&doc={900 - at}'>{escape(title)}</a></td><td>가</td><td>2024.04.{20 - at}</td></tr>"
        for at, title in enumerate(titles)
    )
    return listing.read(f"<html><body><table>{HEAD}{body}</table></body></html>", URL).rows


def test_a_list_of_one_post_is_a_list() -> None:
    """A young board is polled from its first post on."""
    read = [(row.title, row.url, row.number) for row in rows(["첫 글입니다"])]
    assert read == [("첫 글입니다", "http://board.example/read?mid=b&doc=900", 1)]


def test_titles_may_be_alike() -> None:
    """What tells the rows apart is where they lead."""
    wanted = [f"http://board.example/read?mid=b&doc={number}" for number in (900, 899, 898)]
    assert [row.url for row in rows(["속보"] * 3)] == wanted


@pytest.mark.parametrize("title", ODD)
def test_titles_may_look_like_any_other_column(title: str) -> None:
    """In the title's column a date, a number or a mark is a title."""
    assert [row.title for row in rows([title, "보통 제목", "다른 제목"])] == [title, "보통 제목", "다른 제목"]


def test_a_link_before_the_title_is_its_category() -> None:
    """The category's links lead to few places, the titles' to as many as there are rows."""
    assert {row.category for row in rows(["하나", "둘", "셋"])} == {"잡담"}


def test_a_row_without_a_link_is_still_a_row() -> None:
    """A deleted or secret post keeps its place and its number."""
    body = "<tr><td>2</td><td>비밀글입니다.</td><td>나</td><td>2024.04.20</td></tr>"
    body += "<tr><td>1</td><td><a href='/read?doc=7'>첫 글</a></td><td>가</td><td>2024.04.19</td></tr>"
    found = listing.read(f"<table>{HEAD}{body}</table>", URL)
    assert [(row.number, row.title, row.url) for row in found.rows] == [
        (2, "비밀글입니다.", None),
        (1, "첫 글", "http://board.example/read?doc=7"),
    ]
    assert found.link_rule == LinkRule(where="query", name="doc")


def test_an_empty_table_has_no_rows() -> None:
    """One cell that says there is nothing is no row."""
    assert listing.read(f"<table>{HEAD}<tr><td colspan=4>게시물이 없습니다.</td></tr></table>", URL).rows == ()
