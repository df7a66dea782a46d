"""Text and links are made safe once, and making them safe again changes nothing."""

import doctest
import unicodedata
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.render import clean

ANY_TEXT = st.text(st.characters(exclude_categories=[]))


@given(ANY_TEXT)
@example("가\x00\u1161")
@example("e\u0301" * 3_000)
def test_a_line_is_clean_for_good(text: str) -> None:
    """Cleaning is idempotent; the outcome is NFC, on one line, XML-safe and at most 1,000 characters."""
    line = clean.line(text)
    assert clean.line(line) == line
    assert unicodedata.is_normalized("NFC", line)
    assert len(line) <= 1_000
    assert " ".join(line.split()) == line
    assert all(unicodedata.category(character) not in {"Cc", "Cs"} for character in line)


@given(ANY_TEXT)
def test_a_title_is_never_empty(text: str) -> None:
    """Whatever stands in the row, the title shows something."""
    assert clean.title(text)


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=50))
def test_what_shows_survives(text: str) -> None:
    """Letters, digits, marks and symbols of any script are kept, but for U+FFFD and blank letters."""
    kept = clean.line(text)
    composed = unicodedata.normalize("NFC", text.replace("\ufffd", ""))
    assert kept in {composed, ""}


@given(ANY_TEXT | st.from_regex(r"https?://[^/]{1,20}/.{0,20}", fullmatch=True))
def test_a_link_is_ascii_http_and_stays_as_it_is(url: str) -> None:
    """A link that is served is absolute, ASCII and without user names; serving it again changes nothing."""
    link = clean.link(url)
    if link is not None:
        assert link.isascii()
        assert urlsplit(link).scheme in {"http", "https"}
        assert urlsplit(link).username is None
        assert clean.link(link) == link


@pytest.mark.parametrize(
    "url",
    [
        "https://board.example.kr/index.php?mid=news&document_srl=11219",
        "http://127.0.0.1:8001/b/1",
        "http://[2001:db8::1]/x",
        "https://example.org/a~b/%EA%B8%80?x=1,2&y=(3)#c",
    ],
)
def test_a_good_link_is_left_alone(url: str) -> None:
    """A canonical link is served as it is stored."""
    assert clean.link(url) == url


@pytest.mark.parametrize(
    "url",
    ["", "x", "//host/x", "ftp://a/b", "data:text/html,x", "http://", "http://a b/", "http://u:p@h/", "http://h:x/"],
)
def test_what_is_no_link_is_none(url: str) -> None:
    """Relative, foreign, scripted and broken URLs are refused."""
    assert clean.link(url) is None


def test_a_line_begins_with_no_combining_mark() -> None:
    """One would settle on what stands before the title, as the checker of HTML warns; within the text it stays."""
    assert clean.title("\u0301\u0301 \u0301속보 x\u0323") == "속보 x\u0323"
    assert clean.title("\u0301" * 9_000) == clean.NO_TITLE


def test_the_examples_hold() -> None:
    """The docstrings' examples are true."""
    assert doctest.testmod(clean).failed == 0
