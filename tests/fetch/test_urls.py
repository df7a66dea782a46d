"""URLs are asked as they were pasted."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from aggregator.errors import NeedsPersonError
from aggregator.fetch.urls import next_hop, parsed

PASTED = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=40)


@pytest.mark.parametrize(
    ("pasted", "asked"),
    [
        ("http://board.example", "http://board.example/"),
        ("  http://board.example/news \n", "http://board.example/news"),
        ("http://board.example?id=free", "http://board.example/?id=free"),
        ("http://board.example/list#row-3", "http://board.example/list"),
        ("http://board.example/%b0%A1?q=%B0%a1+b%20c&=&x", "http://board.example/%b0%A1?q=%B0%a1+b%20c&=&x"),
        ("http://board.example/a%2Fb/~c;d=e?f=[1]&g=100%", "http://board.example/a%2Fb/~c;d=e?f=[1]&g=100%"),
        ("http://board.example/뉴스 속보", "http://board.example/%EB%89%B4%EC%8A%A4%20%EC%86%8D%EB%B3%B4"),
        ("http://board.example/\udcb0\udca1", "http://board.example/%B0%A1"),
        ("HTTP://뉴스.example:80/", "http://xn--vg1b002a.example/"),
        ("https://[2001:db8::1]:443/", "https://[2001:db8::1]/"),
    ],
)
def test_a_url_is_asked_as_written(pasted: str, asked: str) -> None:
    """Escapes, signs and order are kept; only what cannot stand in a request is encoded."""
    assert str(parsed(pasted)) == asked


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "board.example/list",
        "ftp://board.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http:///list",
        "http://user:secret@board.example/",
        "http://@board.example/",
        "http://board.example:99999/",
        "http://[::1/",
        "http://bo ard.example/",
        "http://board.example\\@other.example/",
    ],
)
def test_what_is_no_web_address_is_refused(pasted: str) -> None:
    """Another scheme, a name and password, or no host at all needs a person, not a second try."""
    with pytest.raises(NeedsPersonError):
        parsed(pasted)


@given(PASTED)
def test_a_parsed_url_parses_to_itself(tail: str) -> None:
    """What is asked is plain ASCII and is asked the same when it is pasted again."""
    url = str(parsed(f"http://board.example/{tail}"))
    assert url.isascii()
    assert str(parsed(url)) == url


@given(PASTED)
def test_any_text_parses_or_needs_a_person(text: str) -> None:
    """No text, however odd, fails in another way."""
    for pasted in (text, f"http://{text}"):
        with suppress(NeedsPersonError):
            assert parsed(pasted).host


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/talk", "http://board.example/talk"),
        ("?page=2", "http://board.example/news/list?page=2"),
        ("//other.example/x", "http://other.example/x"),
        ("https://board.example/news", "https://board.example/news"),
        ("../%B0%A1", "http://board.example/%B0%A1"),
    ],
)
def test_a_redirect_is_read_from_where_it_stands(location: str, target: str) -> None:
    """A relative Location counts from the URL that answered with it."""
    assert str(next_hop(URL("http://board.example/news/list?page=1"), location)) == target


@pytest.mark.parametrize("location", ["http://board.example/", "http://[", "ftp://board.example/", "//u:p@h.example/"])
def test_a_redirect_downwards_or_nowhere_is_refused(location: str) -> None:
    """From https nothing leads to http, and nothing leads to what could not be pasted."""
    with pytest.raises(NeedsPersonError):
        next_hop(URL("https://board.example/"), location)
