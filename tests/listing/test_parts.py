"""The small decisions, one by one."""

import pytest

from aggregator import listing
from aggregator.listing.datelike import date_span, is_date
from aggregator.listing.links import link_rule, links
from aggregator.listing.marks import implied_number
from aggregator.listing.markup import Outline, parse
from aggregator.listing.numbering import numbering
from aggregator.listing.pager import may_go_on, next_page
from aggregator.listing.shapes import kind
from aggregator.recipe import LinkRule

URL = "http://board.example/list?b=1&page=2"


def outline(body: str) -> Outline:
    """Return the outline of a page with *body*."""
    return parse(f"<html><body>{body}</body></html>")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2024.04.20",
            "2024-04-20 13:05:07",
            "24.04.20",
            "04-20",
            "13:05",
            "2024년 4월 20일",
            "2024年4月20日",
            "3분 전",
            "어제",
            "방금",
        ),
        *(
            "3 hours ago",
            "Yesterday, 09:00 AM",
            "Apr 20, 2024",
            "2026/11/24",
            "11/24, 1:48 am",
            "11-23-2026, 04:48 PM",
            "3小时前",
        ),
        *(
            "20. April 2024",
            "vor 3 Stunden",
            "3 giờ trước",
            "20 апреля 2024",
            "昨日 13:05",
            "2024-04-20T13:05:00+09:00",
            "just now",
        ),
    ],
)
def test_dates_are_recognised_in_many_languages(text: str) -> None:
    """A date alone is a date, whoever wrote it."""
    assert is_date(text)


@pytest.mark.parametrize(
    "text", ["2,874.95", "3보", "G7", "4-3 승리", "1.2.3", "20대 체포", "5월의 노래", "4.5", "10 points", "May I?"]
)
def test_what_only_resembles_a_date_is_none(text: str) -> None:
    """A wrong date is worse than none."""
    assert not is_date(text)


def test_a_date_is_found_among_words() -> None:
    """Labels before and counters after a date are left out."""
    text = "등록일 : 2024.04.20 11:20 | 조회 5"
    span = date_span(text)
    assert span is not None
    assert text[slice(*span)] == "2024.04.20 11:20"


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("11,219", "number"),
        ("[3]", "count"),
        ("»", "current"),
        ("열람중", "current"),
        (":::", "symbol"),
        ("[공지]", "notice"),
        ("홍길동", "text"),
    ],
)
def test_each_shape_is_told_by_itself(text: str, shape: str) -> None:
    """What stands alone in a cell says what the cell is."""
    assert kind(text) == shape


@pytest.mark.parametrize(
    ("hrefs", "rule"),
    [
        (["/r?b=1&no=9&page=2", "/r?b=1&no=8&page=2"], LinkRule(where="query", name="no")),
        (["/news/9", "/news/8"], LinkRule(where="path", name="1")),
        (["/2024/04/20/two-words", "/2024/04/19/other-words"], LinkRule(where="path", name="3")),
        (["/2024/0420/c55a91/page.htm", "/2024/0419/c55a80/page.htm"], LinkRule(where="path", name="2")),
        (["/t/some-topic/77", "/t/other-topic/76"], LinkRule(where="path", name="2")),
        (["/read?id=qwe", "/read?id=asd"], LinkRule(where="query", name="id")),
        (["http://a.example/1", "http://b.example/2"], None),
    ],
)
def test_the_document_id_is_what_differs_from_row_to_row(hrefs: list[str], rule: LinkRule | None) -> None:
    """A parameter before a path part, numbers before words, nothing that pages or sorts."""
    known = links(outline("".join(f'<a href="{href}">x</a>' for href in hrefs)), URL)
    assert link_rule(known) == rule


@pytest.mark.parametrize(
    ("pager", "wanted"),
    [
        ('<a href="?page=1">1</a> <b>2</b> <a href="?page=3">3</a>', "?page=3"),
        ('<a href="?page=1">1</a> <a href="?page=2">2</a> <a href="?page=3">3</a>', "?page=3"),
        ('<a href="?page=1">1</a> <b>2</b>', None),
        ('<a rel="next" href="/older">later</a>', "/older"),
        (
            '<b>10</b> <a href="?page=9">9</a> <a href="?page=8">8</a> <a href="?page=11"><img src="n.gif"></a>',
            "?page=11",
        ),
        ('<a href="/list/3">다음 페이지</a>', "/list/3"),
        ('<a href="/list/3">다음<span class="blind">으로 가는 링크</span></a>', "/list/3"),
        ('<b>2</b> <a href="?page=1">1</a> <a href="?page=3">3<span class="sound_only">번째 쪽</span></a>', "?page=3"),
        ('<a href="/list/3"><i aria-hidden="true">»</i><span class="sr-only">Next</span></a>', "/list/3"),
        ('<a href="/list/3"><b>다</b>음<script>more()</script></a>', "/list/3"),
        ('<a href="http://[next]/">next</a>', None),
        ('<a href="/about">about</a>', None),
    ],
)
def test_the_next_page_is_what_the_pager_says(pager: str, wanted: str | None) -> None:
    """By ``rel``, by the number after the bare one or the URL's, by an arrow that leads there, by a word."""
    page = outline(pager)
    found = next_page(page, links(page, URL), [], URL)
    assert found == (
        None if wanted is None else f"http://board.example/{'list' if wanted[0] == '?' else ''}{wanted.lstrip('/')}"
    )
    assert wanted is None or may_go_on(pager, URL, [])


@pytest.mark.parametrize("href", ["", "#", "javascript:go(2)", "#list", "http://[2]"])
def test_what_a_script_opens_may_be_the_next_page(href: str) -> None:
    """Its address says nothing, and may be that of a row that is open; one that is no address is no reason to fail."""
    assert may_go_on(f'<a href="{href}" onclick="go(2)">2</a>', URL, [URL])
    assert not may_go_on(f'<a href="{URL}&amp;no=7#comments">[2]</a>', URL, [f"{URL}&no=7", "http://[2]"])


@pytest.mark.parametrize(
    ("numbers", "at", "number"),
    [
        ([9, None, 7], 1, 8),
        ([9, None, 6], 1, None),
        ([None, 8, 7], 0, 9),
        ([8, 7, None], 2, 6),
        ([9, 5, None], 2, None),
        ([None], 0, None),
    ],
)
def test_the_open_row_has_the_number_its_neighbours_leave(
    numbers: list[int | None], at: int, number: int | None
) -> None:
    """Exactly one number must fit; at an edge only where all others count by one."""
    assert implied_number(numbers, at) == number


def test_numbering_is_told_by_the_ids() -> None:
    """Ids that equal the numbers, or leave the same holes, make them stable; else they are ranks."""
    assert numbering([12, 11, None], ["99", "97", "95"]) == "rank"
    assert numbering([12, 9, 8], ["112", "109", "108"]) == "stable"
    assert numbering([12, 9], ["12", "9"]) == "stable"
    assert numbering([None, None], ["2", "1"]) == "none"


def test_what_cannot_be_seen_is_not_in_the_outline() -> None:
    """Scripts, hidden elements and texts for screen readers are left out."""
    page = outline(
        "<script>x</script><p hidden>a</p><p style='display: none'>b</p><span class='sound_only'>c</span><p>seen</p>"
    )
    assert page.text(0, len(page.nodes)) == "seen"


def test_a_label_that_every_row_links_cuts_no_row_to_pieces() -> None:
    """Titles and a label share the form of their links; the rows are those of the titles, each with its date."""
    rows = "".join(
        f"<div><p><a href='/o/r/issues/{n}'>A report of something odd, {n}</a> <a href='/o/r/labels/bug'>bug</a></p>"
        f"<p>Apr {n}, 2024 by <a href='/o/r/people/{n % 3}'>user{n % 3}</a></p></div>"
        for n in range(20, 8, -1)
    )
    found = listing.read(f"<main>{rows}</main>", "http://code.example/")
    assert [row.title for row in found.rows] == [f"A report of something odd, {n}" for n in range(20, 8, -1)]
    assert [row.date_text for row in found.rows] == [f"Apr {n}, 2024" for n in range(20, 8, -1)]


def test_file_names_that_fall_are_ids_that_fall() -> None:
    """An archive's list prints neither number nor date: the order of its links tells that it is one."""
    rows = "".join(
        f"<li><a href='{n:06}.html'>A message to the list about {n}</a> <i>writer{n % 4}</i>" for n in range(60, 45, -1)
    )
    assert len(listing.read(f"<ul>{rows}</ul>", "http://lists.example/2024/thread.html").rows) == 15
