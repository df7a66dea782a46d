"""The two skins, read back by a reader that forgives nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import listing
from aggregator.demo.board import Language, SimulatedBoard, SkinName
from aggregator.demo.skins import View, html
from tests.demo.markup import Markup

NOW = datetime(2024, 4, 20, 6, 30, tzinfo=UTC)
HOSTILE = """</td><script>alert("1")</script> & ]]> 'quoted' &amp;amp; 뷁"""


def board(skin: SkinName, language: Language = "ko", count: int = 25) -> SimulatedBoard:
    """A board of ``count`` posts, an hour between them, the newest an hour old, the second pinned."""
    made = SimulatedBoard("News & <more>", skin=skin, language=language)
    ids = [made.post(f"title {n}", "wire", NOW - timedelta(hours=count - n), comments=n % 3) for n in range(count)]
    if ids:
        made.pin(ids[1])
    return made


def page(of: SimulatedBoard, n: int = 1, current: int | None = None) -> Markup:
    """Page ``n`` read back, with the article ``current`` above it."""
    post = None if current is None else of.find(current)
    view = View(board=of, slug="news", origin="http://b.test", page=of.page(n), now=NOW, current=post)
    return Markup(html(view))


def test_xe_heads_its_columns_as_rhymix_does() -> None:
    """Number, title, author, date and views, in Korean."""
    assert page(board("xe")).rows[0] == ["번호", "제목", "글쓴이", "날짜", "조회 수"]


@pytest.mark.parametrize("skin", ["xe", "gnu"])
@pytest.mark.parametrize("count", [5, 60])
def test_a_list_of_one_page_is_told_by_its_links(skin: SkinName, count: int) -> None:
    """Numbers that lead to rows, as counts of comments do, are no pages; where there are more pages they are."""
    of = board(skin, count=count)
    text = html(View(board=of, slug="news", origin="http://b.test", page=of.page(1), now=NOW, current=None))
    url = "http://b.test/index.php?mid=news"
    found = listing.detect(text, url).listing
    assert (found.next_page is not None) is (count > 20)
    assert listing.may_go_on(text, url, [row.url for row in found.rows if row.url]) is (count > 20)


def test_labels_follow_the_language() -> None:
    """The same skins speak English."""
    assert page(board("xe", "en")).rows[0] == ["No.", "Title", "Author", "Date", "Views"]
    assert [cell.strip() for cell in page(board("gnu", "en")).rows[0]] == ["No.", "Title", "Author", "Views", "Date"]


def test_xe_rows_print_number_title_source_and_whole_day() -> None:
    """The notice first, then the newest rank; a comment count follows the title."""
    notice, newest, second = page(board("xe")).cells[:3]
    assert notice[0] == "공지"
    assert newest[:4] == ["24", "title 24", "wire", "2024.04.20"]
    assert second[1] == "title 23 [2]"


def test_xe_links_comments_as_a_second_link_to_the_same_document() -> None:
    """The counter is a link of its own, with a fragment; links carry the page they stand on."""
    links = page(board("xe"), 2).links
    assert links["title 3"] == "/index.php?mid=news&document_srl=4&page=2"
    assert links["[2]"] == "/index.php?mid=news&document_srl=3&page=2#comment"


def test_xe_prints_an_arrow_on_the_current_row() -> None:
    """The number of the article being read is printed as » and its neighbours leave exactly one."""
    of = board("xe")
    assert [row[0] for row in page(of, 1, current=20).cells[4:8]] == ["21", "20", "»", "18"]


def test_gnu_rows_print_the_time_today_and_the_day_before() -> None:
    """Seoul's midnight divides HH:MM from MM-DD; counters stand beside the title without a link."""
    rows = page(board("gnu"), 1).cells
    assert [row[4] for row in rows[1:4]] == ["14:30", "13:30", "12:30"]
    assert rows[-1][4] == "04-19"
    assert rows[2][1] == "title 23 N새글 2 댓글"


def test_gnu_names_the_current_row_in_words() -> None:
    """열람중 stands where the number would."""
    assert [row[0] for row in page(board("gnu"), 1, current=20).cells[5:8]] == ["20", "열람중", "18"]


def test_gnu_links_are_absolute() -> None:
    """Gnuboard writes the whole URL everywhere."""
    links = page(board("gnu"), 2).links
    assert links["title 2"] == "http://b.test/bbs/board.php?bo_table=news&wr_id=3&page=2"


def test_gnu_says_so_where_there_are_no_rows() -> None:
    """Past the last page stands a table with one sentence in it."""
    assert page(board("gnu"), 9).cells == [["게시물이 없습니다."]]


def test_pagers_lead_to_the_next_page() -> None:
    """The page after this one is linked by its number, the tenth by the word for next on Gnuboard."""
    assert page(board("xe"), 1).links["2"] == "/index.php?mid=news&page=2"
    long = board("gnu", count=500)
    assert page(long, 10).links["다음"].endswith("bo_table=news&page=11")
    assert page(long, 25).links.keys() >= {"21", "24"}


@pytest.mark.parametrize("skin", ["xe", "gnu"])
@given(title=st.text(max_size=40).map(lambda text: text.replace("\r", "")) | st.just(HOSTILE), current=st.booleans())
def test_any_title_survives_its_page(skin: SkinName, title: str, *, current: bool) -> None:
    """Whatever the title, the page is balanced and reads back as that title."""
    of = SimulatedBoard("뉴스", skin=skin)
    post_id = of.post(title, HOSTILE, NOW)
    row = page(of, 1, current=post_id if current else None).cells[0]
    assert row[1].removesuffix(" N새글") == " ".join(title.split()) or not title.strip()
    assert row[2] == " ".join(HOSTILE.split())


@pytest.mark.parametrize("broken", ["<p><b></p></b>", "<p>", "</p>", '<p id="a"></p><p id="a"></p>'])
def test_the_reader_of_these_tests_forgives_nothing(broken: str) -> None:
    """Crossed, unclosed and unopened elements and repeated ids are refused."""
    with pytest.raises(ValueError, match=r"close|repeated"):
        Markup(broken)
