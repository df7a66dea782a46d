"""Sitemaps as boards, and native feeds that a page announces."""

import pytest

from aggregator import listing

NEWS = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>http://a.example/news/7</loc><news:news><news:publication><news:name>한빛일보</news:name>
<news:language>ko</news:language></news:publication>
<news:publication_date>2026-11-19T09:00:00+09:00</news:publication_date>
<news:title><![CDATA[항구 다리 & 길, 다시 열려]]></news:title></news:news></url>
<url><loc>http://a.example/news/8</loc><news:news>
<news:publication><news:name>한빛일보</news:name></news:publication>
<news:publication_date>2026-11-20T09:00:00+09:00</news:publication_date>
<news:title>두 번째 소식</news:title></news:news></url>
</urlset>"""
PAGE = """<html><head><base href="/blog/"><link rel="alternate" type="application/rss+xml" href="feed.xml">
<link rel="alternate" type="application/rss+xml" href="comments.xml"></head><body>{}</body></html>"""


def test_a_news_sitemap_is_a_listing_newest_first() -> None:
    """Title, source, date and link of every page; the last one first."""
    rows = listing.read(NEWS, "http://a.example/sitemap.xml").rows
    assert [row.title for row in rows] == ["두 번째 소식", "항구 다리 & 길, 다시 열려"]
    assert (rows[1].source, rows[1].date_text) == ("한빛일보", "2026-11-19T09:00:00+09:00")
    assert rows[1].url == "http://a.example/news/7"


def test_a_sitemap_without_titles_takes_the_words_of_its_links() -> None:
    """Pages whose link has no words are left out: a number is no headline."""
    urls = "".join(
        f"<url><loc>http://a.example/{path}</loc></url>" for path in ("big-storm-passes.html", "2026/17", "")
    )
    assert [row.title for row in listing.read(f"<urlset>{urls}</urlset>", None).rows] == ["big storm passes"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<sitemapindex><sitemap><loc>http://a.example/1.xml</loc></sitemap></sitemapindex>", "an index of 1 sitemaps"),
        ("<urlset><url><loc>", "not XML"),
    ],
)
def test_what_is_no_list_of_pages_says_so(text: str, fault: str) -> None:
    """An index names one of its sitemaps; broken XML is said to be broken."""
    found = listing.read(text, None)
    assert found.rows == ()
    assert fault in found.faults[0]


def test_a_page_that_announces_a_feed_says_which() -> None:
    """With a listing or without, the first announced feed is named, made absolute by the page's base."""
    rows = "".join(
        f"<li><a href='/p/{n}'>A headline of some length, {n}</a> 2026.11.{n}</li>" for n in range(20, 10, -1)
    )
    for body in (f"<ul>{rows}</ul>", "<p>Nothing here."):
        found = listing.detect(PAGE.format(body), "http://a.example/").listing
        assert found.native_feed == "http://a.example/blog/feed.xml"
        assert bool(found.rows) == ("<ul>" in body)
