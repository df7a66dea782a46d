"""Native feeds and JSON as boards."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from aggregator import render
from aggregator.listing import read
from aggregator.model import Page, Row
from aggregator.reading import read as read_page
from tests.render.samples import HEADLINES, titled

URL = "http://board.example/api/list"
RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<item rdf:about="http://board.example/7"><title>A &amp; B</title><link>http://board.example/7</link>
<dc:creator>연합</dc:creator><dc:date>2024-04-20T09:00:00+09:00</dc:date></item></rdf:RDF>"""


@pytest.mark.parametrize("form", ["rss", "atom", "json"])
def test_our_own_feeds_are_read_as_boards(form: render.Format) -> None:
    """What is served in any format is read back: every title, link and source in order."""
    told = titled(HEADLINES)
    found = read(render.document(told, form).body.decode(), URL)
    assert [row.title for row in found.rows] == list(HEADLINES)
    assert [row.url for row in found.rows] == [entry.url for entry in told.entries]
    assert found.numbering == "none"


def test_an_rdf_feed_is_read() -> None:
    """RSS 1.0 is a feed as well, its creator the source."""
    (row,) = read(RDF, URL).rows
    assert (row.title, row.source, row.url) == ("A & B", "연합", "http://board.example/7")
    assert row.date_text == "2024-04-20T09:00:00+09:00"


def test_a_page_of_comments_is_no_feed_and_costs_no_time() -> None:
    """What stands before the first tag is looked at once, however much of it there is."""
    assert read("<!DOCTYPE html>" + "<!-- start: row -->\n" * 5_000 + "<html><p>none", URL).rows == ()


def test_the_dates_of_a_native_feed_are_read_by_our_shapes() -> None:
    """A Korean date in a feed is that day, whatever a parser of mails would make of it."""
    body = RDF.replace("2024-04-20T09:00:00+09:00", "2024.04.19 09:05").encode()
    page = Page(url=URL, status=200, content_type="application/rss+xml", body=body)
    now = datetime(2024, 4, 20, 4, 30, tzinfo=UTC)
    (headline,) = read_page(page, url=URL, now=now, zone=ZoneInfo("Asia/Seoul")).headlines
    assert headline.published == datetime(2024, 4, 19, 0, 5, tzinfo=UTC)


def test_an_endpoints_records_are_found_however_deep() -> None:
    """The array that says most like a listing wins; names in any case, authors as objects, seconds since 1970."""
    posts = [
        {
            "No": n,
            "Subject": f"제목 {n}번 기사",
            "Link": f"/b/{n}",
            "author": {"name": "연합"},
            "regDate": 1713571200 + n,
        }
        for n in (3, 2, 1)
    ]
    text = json.encode({"menu": [{"name": "home"}], "result": {"data": {"posts": posts}}}).decode()
    found = read(text, URL)
    assert found.rows[0] == Row(
        number=3, title="제목 3번 기사", source="연합", url="http://board.example/b/3", date_text="2024-04-20T00:00:03Z"
    )
    assert (len(found.rows), found.link_rule is not None) == (3, True)


@pytest.mark.parametrize(
    "text", ["{}", "[]", "[1, 2]", '{"a": [{"name": "home"}]}', "{", '[{"title": "x"}]', "[" * 9999]
)
def test_json_without_a_listing_has_no_rows(text: str) -> None:
    """Settings, menus and broken documents are no boards."""
    assert read(text, URL).rows == ()


PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
NAMES = st.sampled_from(["title", "url", "date", "author", "no", "list"]) | st.text(max_size=5)


@given(st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5)))
def test_no_json_breaks_the_reader(value: object) -> None:
    """Any document is a listing or none, and its links are absolute."""
    for row in read(json.encode(value).decode(), URL).rows:
        assert row.title
        assert row.url is None or row.url.startswith("http")


@given(st.text(max_size=200))
def test_no_feed_breaks_the_reader(text: str) -> None:
    """Whatever follows a feed's first tag is read without an error."""
    read(f"<rss version='2.0'><channel><item><title>{text}", URL)
