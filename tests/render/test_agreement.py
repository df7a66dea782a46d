"""RSS, Atom and JSON of a feed say the same, and equal feeds are equal bytes."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any

import msgspec
import pytest
from hypothesis import given
from lxml import etree

from aggregator import render
from aggregator.model import Feed
from tests.render.samples import HEADLINES, PUBLIC_URL, SEEN, entry, feed, titled
from tests.render.test_parsers import FEEDS

NAMES = {"a": "http://www.w3.org/2005/Atom", "dc": "http://purl.org/dc/elements/1.1/"}


def texts(root: etree._Element, path: str) -> list[str]:
    """Strings found at an XPath."""
    found = root.xpath(path, namespaces=NAMES)
    assert isinstance(found, list)
    return [str(text) for text in found]


def rss_says(told: Feed) -> list[tuple[Any, ...]]:
    """Every fact of the RSS document's items."""
    return [
        (
            *texts(entry_, "guid/text()"),
            *texts(entry_, "link/text()"),
            *texts(entry_, "title/text()"),
            unescape(*texts(entry_, "description/text()")),
            *texts(entry_, "dc:creator/text()"),
            parsedate_to_datetime(*texts(entry_, "pubDate/text()")),
            datetime.fromisoformat(*texts(entry_, "a:updated/text()")),
            list(dict.fromkeys(texts(entry_, "category/text()"))),
        )
        for entry_ in etree.fromstring(render.document(told, "rss").body).iterfind("channel/item")
    ]


def atom_says(told: Feed) -> list[tuple[Any, ...]]:
    """Every fact of the Atom document's entries."""
    return [
        (
            *texts(entry_, "a:id/text()"),
            *texts(entry_, "a:link/@href"),
            *texts(entry_, "a:title/text()"),
            *texts(entry_, "a:summary/text()"),
            *texts(entry_, "a:author/a:name/text()"),
            datetime.fromisoformat(*texts(entry_, "a:published/text()")),
            datetime.fromisoformat(*texts(entry_, "a:updated/text()")),
            list(dict.fromkeys(texts(entry_, "a:category/@label"))),
        )
        for entry_ in etree.fromstring(render.document(told, "atom").body).iterfind("a:entry", NAMES)
    ]


def json_says(told: Feed) -> list[tuple[Any, ...]]:
    """Every fact of the JSON document's items."""
    return [
        (
            said["id"],
            said["url"],
            said["title"],
            said["content_text"],
            said["authors"][0]["name"],
            datetime.fromisoformat(said["date_published"]),
            datetime.fromisoformat(said["date_modified"]),
            said["tags"],
        )
        for said in msgspec.json.decode(render.document(told, "json").body)["items"]
    ]


@given(FEEDS)
def test_the_three_formats_agree(told: Feed) -> None:
    """Ids, links, titles, texts, credits, dates and tags are the same in RSS, Atom and JSON, in the same order."""
    assert rss_says(told) == atom_says(told) == json_says(told)


@given(FEEDS)
def test_equal_feeds_are_equal_bytes(told: Feed) -> None:
    """Rendering twice gives the same bytes and ETag, the clock having no part in it (C6)."""
    for format_ in render.FORMATS:
        assert render.document(told, format_) == render.document(told, format_)


@pytest.mark.parametrize("format_", render.FORMATS)
def test_the_etag_is_quoted_and_follows_the_bytes(format_: render.Format) -> None:
    """A changed title changes the ETag; last_modified is the selection's last change (D2, D3)."""
    before = render.document(feed([entry()]), format_)
    after = render.document(feed([entry(title="바뀐 제목")]), format_)
    assert before.etag != after.etag
    assert before.etag.startswith('"')
    assert before.etag.endswith('"')
    assert render.document(feed(updated=SEEN), format_).last_modified == SEEN


def test_media_types_are_the_registered_ones() -> None:
    """Each format has its own type, XML with its charset (D1)."""
    assert [render.document(feed(), format_).media_type for format_ in ("rss", "atom", "json")] == [
        "application/rss+xml; charset=utf-8",
        "application/atom+xml; charset=utf-8",
        "application/feed+json",
    ]


def test_json_feed_has_what_version_1_1_asks_for() -> None:
    """Version, title, places, language, and a text for every bare headline (C14)."""
    document = msgspec.json.decode(render.document(titled(HEADLINES), "json").body)
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert document["feed_url"] == f"{PUBLIC_URL}/feed.json"
    assert document["home_page_url"] == f"{PUBLIC_URL}/feed"
    assert document["language"] == "ko"
    assert all(said["content_text"] and isinstance(said["id"], str) for said in document["items"])


@pytest.mark.parametrize("format_", ["rss", "atom"])
def test_xml_is_utf_8_with_its_declaration_and_no_doctype(format_: render.Format) -> None:
    """No byte order mark, no DOCTYPE, no named entity beyond XML's own (C16)."""
    body = render.document(titled(HEADLINES), format_).body
    assert body.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    assert b"<!DOCTYPE" not in body
    assert b"&nbsp;" not in body


@pytest.mark.parametrize("format_", render.FORMATS)
def test_fifty_headlines_are_a_light_document(format_: render.Format) -> None:
    """The default page stays under the 100 kB that JSON Feed calls ideal, in every format (C14, C15)."""
    full = feed(entry(number, others=("다른 게시판",)) for number in range(50, 0, -1))
    assert len(render.document(full, format_).body) < 100_000


def test_times_in_other_zones_are_the_same_instant() -> None:
    """An offset in a stored time never reaches the text people read as another day."""
    noon_in_seoul = datetime(2024, 4, 20, 3, tzinfo=UTC)
    dated = entry(published=noon_in_seoul, precision="day", timezone="Asia/Seoul")
    assert "2024-04-20 ·" in json_says(feed([dated]))[0][3]
