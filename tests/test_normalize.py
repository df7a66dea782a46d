"""Rows become headlines: clean text, one link a document, a key that stays, times that differ."""

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from aggregator.model import Headline, Listing, Row
from aggregator.normalize import NO_TITLE, canonical_link, clean_text, clean_title, guid, headlines, key, list_url
from aggregator.recipe import LinkRule

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2024, 4, 20, 4, 30, tzinfo=UTC)
RULE = LinkRule(where="query", name="document_srl")
BOARD = "http://board.example/index.php?mid=news"


def normalized(rows: Sequence[Row]) -> tuple[Headline, ...]:
    """The headlines of a rank-numbered listing with our rule."""
    listing = Listing(rows=tuple(rows), numbering="rank", link_rule=RULE)
    return headlines(listing, url=BOARD, now=NOW, zone=SEOUL)[0]


def row(post: int, number: int, title: str = "제목", page: int = 1) -> Row:
    """A row as an XE-like board writes it."""
    url = f"{BOARD}&document_srl={post}&page={page}"
    return Row(title=title, number=number, source="연합", date_text="2024.04.19", url=url)


@pytest.mark.parametrize(
    ("written", "served"),
    [
        ("http://A.kr/b.php?page=2&wr_id=7&bo_table=news&stx=#c", "http://a.kr/b.php?bo_table=news&wr_id=7"),
        ("http://a.kr/b;jsessionid=1F?no=7", "http://a.kr/b?no=7"),
        ("http://a.kr/read.php?12345", "http://a.kr/read.php?12345"),
        ("http://a.kr/뉴스/7", "http://a.kr/%EB%89%B4%EC%8A%A4/7"),
        ("http://me:pw@a.kr/7?utm_source=x", "http://a.kr/7"),
    ],
)
def test_a_link_is_served_without_what_says_how_it_was_reached(written: str, served: str) -> None:
    """Session, page, search, trackers, fragment and userinfo go; what names the document stays."""
    assert canonical_link(written) == served
    assert canonical_link(served) == served


@pytest.mark.parametrize("url", ["", "javascript:view(7)", "/b/7", "ftp://a.kr/", "http://", "mailto:a@b.kr"])
def test_a_link_that_is_none_is_refused(url: str) -> None:
    """Only absolute http(s) links are served."""
    with pytest.raises(ValueError, match=r"."):
        canonical_link(url)


@pytest.mark.parametrize(
    ("url", "rule", "board"),
    [
        (f"{BOARD}&document_srl=7&page=2", RULE, BOARD),
        ("http://a.kr/news/22514", LinkRule(where="path", name="1"), "http://a.kr/news"),
        (BOARD, RULE, None),
        ("http://a.kr/news", LinkRule(where="path", name="1"), None),
    ],
)
def test_a_documents_url_tells_its_list(url: str, rule: LinkRule, board: str | None) -> None:
    """Without its document id an article's URL is its board's; a list's own URL is no article."""
    assert list_url(url, rule) == board


@given(st.integers(1, 10**9), st.integers(1, 10**6), st.integers(1, 10**6), st.text(), st.integers(1, 900))
def test_a_key_survives_renumbering_retitling_and_paging(post: int, one: int, other: int, title: str, at: int) -> None:
    """The document id alone makes the key where there is one."""
    (before,), (after,) = normalized([row(post, one)]), normalized([row(post, other, title, at)])
    assert before.key == after.key == str(post)


@given(st.text(max_size=80), st.one_of(st.none(), st.text(max_size=40)))
def test_a_key_without_a_link_is_short_ascii(title: str, source: str | None) -> None:
    """A fingerprint fits into a tag URI whatever the title."""
    made = key(None, None, title=title, source=source, day="2024-04-20")
    assert made.isascii()
    assert made.startswith("v1-")
    assert urlsplit(guid("a.example", 2026, 3, made)).scheme == "tag"


@given(st.text())
def test_a_clean_title_stays_as_it_is(text: str) -> None:
    """Cleaning is idempotent, in NFC, never empty, and leaves nothing that XML forbids."""
    title = clean_title(text)
    assert clean_title(title) == title == unicodedata.normalize("NFC", title)
    assert 0 < len(title) <= 1_000
    assert all(ord(character) >= 0x20 and unicodedata.category(character) != "Cs" for character in title)


@pytest.mark.parametrize("text", ["", " ", "\u200b", "\u202e", "\x00", "\ud800", "\u3164"])
def test_an_invisible_title_gets_a_placeholder(text: str) -> None:
    """A reader can always click something."""
    assert clean_title(text) == NO_TITLE
    assert clean_text(text, 10) is None


def test_a_title_too_long_ends_in_an_ellipsis() -> None:
    """A megabyte of title is cut to a thousand characters."""
    assert clean_title("가" * 1_000_000) == "가" * 999 + "…"


def test_a_decomposed_title_is_served_composed_and_kept_as_written() -> None:
    """What is served is NFC; what the page wrote can still be shown."""
    written = unicodedata.normalize("NFD", "한글 제목")
    (headline,) = normalized([row(7, 1, written)])
    assert (headline.title, headline.written) == ("한글 제목", written)


def test_a_notice_that_is_also_listed_is_one_headline() -> None:
    """The copy in the list speaks for both, and keeps its place."""
    pinned = structs.replace(row(7, 1), pinned=True, number=None)
    found = normalized([pinned, row(8, 2), row(7, 1)])
    assert [(headline.key, headline.pinned) for headline in found] == [("8", False), ("7", False)]


@given(st.integers(1, 60))
def test_no_two_headlines_of_a_page_share_a_second(n: int) -> None:
    """Ties in time are spread in the order of the list, and none is after now."""
    found = normalized([row(1000 - at, n - at) for at in range(n)])
    times = [headline.published for headline in found if headline.published is not None]
    assert len(set(times)) == n
    assert times == sorted(times, reverse=True)
    assert max(times) <= NOW
