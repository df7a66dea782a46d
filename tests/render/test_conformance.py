"""CONFORMANCE part B: each trap of feed generation, closed. B17, B18, B19, B21 and B26 are closed by what is absent."""

import locale
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import feedgen.entry
import feedgen.feed
import pytest
from lxml import etree
from lxml.etree import _Element

from aggregator import render
from aggregator.model import Feed
from tests.render.samples import HEADLINES, PUBLIC_URL, SEEN, entry, feed, titled

NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "dc": "http://purl.org/dc/elements/1.1/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
}
RSS_NAMES = {"channel", "title", "link", "description", "docs", "generator", "language", "lastBuildDate", "ttl"} | {
    *("updatePeriod", "updateFrequency", "item", "guid", "category", "pubDate", "source", "creator", "updated"),
}
ATOM_NAMES = {"feed", "id", "title", "updated", "author", "name", "link", "generator", "subtitle"} | {
    *("entry", "summary", "category", "published", "source"),
}
FULL = feed([entry(2, category="경제", others=("지역 소식",)), entry(1, source=None, url=None)])


def rss(told: Feed = FULL) -> _Element:
    """The channel of the RSS document."""
    return etree.fromstring(render.document(told, "rss").body)[0]


def atom(told: Feed = FULL) -> _Element:
    """The root of the Atom document."""
    return etree.fromstring(render.document(told, "atom").body)


def texts(root: _Element, path: str) -> list[str]:
    """Strings found at an XPath."""
    found = root.xpath(path, namespaces=NAMES)
    assert isinstance(found, list)
    return [str(text) for text in found]


def test_b1_b25_each_format_has_one_link_to_itself() -> None:
    """rel=self is this format's own URL with its type, once."""
    assert texts(rss(), "a:link[@rel='self']/@href") == [f"{PUBLIC_URL}/feed.rss"]
    assert texts(rss(), "a:link[@rel='self']/@type") == ["application/rss+xml"]
    assert texts(atom(), "a:link[@rel='self']/@href") == [f"{PUBLIC_URL}/feed.atom"]
    assert texts(atom(), "a:link[@rel='self']/@type") == ["application/atom+xml"]


def test_b2_the_channel_links_to_the_page() -> None:
    """RSS's link and Atom's alternate are the page for people."""
    assert texts(rss(), "link/text()") == [f"{PUBLIC_URL}/feed"]
    assert texts(atom(), "a:link[@rel='alternate' and @type='text/html']/@href") == [f"{PUBLIC_URL}/feed"]


def test_b3_an_entry_has_one_link_and_it_is_the_alternate() -> None:
    """No second link that feedgen could turn into a duplicate alternate."""
    assert [len(found.findall("a:link", NAMES)) for found in atom().findall("a:entry", NAMES)] == [1, 1]
    assert set(texts(atom(), "a:entry/a:link/@rel")) <= {"alternate"}


def test_b4_feed_and_entries_have_authors() -> None:
    """A row without a source is credited to its board."""
    assert texts(atom(), "a:author/a:name/text()") == ["headline-aggregator"]
    assert texts(atom(), "a:entry/a:author/a:name/text()") == ["랭크뉴스", "종합 뉴스"]


def test_b5_rss_credits_by_dublin_core_without_inventing_mail() -> None:
    """dc:creator in every item; author, managingEditor and webMaster, which want an address, nowhere."""
    assert texts(rss(), "item/dc:creator/text()") == ["랭크뉴스", "종합 뉴스"]
    assert not texts(rss(), "//author|//managingEditor|//webMaster")


def test_b6_every_entry_has_text() -> None:
    """A bare headline's summary is source, date, board, number and the other boards; RSS says the same."""
    expected = "랭크뉴스 · 2024-04-20 12:30 · 종합 뉴스 · No. 11202 · also on 지역 소식"
    assert texts(atom(), "a:entry/a:summary/text()")[0] == expected
    assert texts(rss(), "item/description/text()")[0] == expected
    assert len(texts(atom(), "a:entry/a:summary/text()")) == 2


def test_b7_updates_of_one_second_stay_distinct() -> None:
    """The microseconds that tell entries of one second apart are written out."""
    written = texts(atom(titled(HEADLINES)), "a:entry/a:updated/text()")
    assert len(set(written)) == len(HEADLINES)


def test_b8_dates_are_the_feeds_own() -> None:
    """Both lastBuildDate and updated are the selection's last change, never the time of rendering."""
    told = feed([entry()], updated=SEEN)
    assert texts(rss(told), "lastBuildDate/text()") == ["Sat, 20 Apr 2024 04:30:00 +0000"]
    assert texts(atom(told), "a:updated/text()") == ["2024-04-20T04:30:00+00:00"]


@pytest.mark.parametrize(
    ("written", "served"),
    [("a\x00\x08\ufffe\ud800b", "ab"), ("a\x80\x9f\x7fb", "ab"), ("", "(제목 없음)"), (" \u200b ", "(제목 없음)")],
)
def test_b9_b10_b11_titles_are_fit_for_xml_and_never_blank(written: str, served: str) -> None:
    """What XML forbids and C1 controls go, and a title of which nothing is left says so."""
    assert texts(rss(titled([written])), "item/title/text()") == [served]
    assert texts(atom(titled([written])), "a:entry/a:title/text()") == [served]


def test_b12_ids_are_tags_and_no_permalinks() -> None:
    """The guid is the same tag URI in RSS and Atom, and RSS says that it is no link."""
    guids = ["tag:feeds.example.org,2024:1/2", "tag:feeds.example.org,2024:1/1"]
    assert texts(rss(), "item/guid/text()") == texts(atom(), "a:entry/a:id/text()") == guids
    assert set(texts(rss(), "item/guid/@isPermaLink")) == {"false"}


def test_b13_an_id_is_served_once() -> None:
    """Of two entries with one guid the first is served."""
    twice = feed([entry(1, title="처음"), entry(1, title="다시")])
    assert texts(atom(twice), "a:entry/a:title/text()") == ["처음"]


def test_b14_angle_brackets_are_escaped_once() -> None:
    """A title's own markup characters come back verbatim from one round of XML."""
    told = titled(["<KBS뉴스> R&D", "R&amp;D"])
    assert texts(rss(told), "item/title/text()") == ["<KBS뉴스> R&D", "R&amp;D"]


def test_b14_a_description_is_html_and_escaped_as_such() -> None:
    """A source named like a tag is seen by readers that show RSS descriptions as HTML."""
    assert texts(rss(feed([entry(source="<KBS뉴스>")])), "item/description/text()")[0].startswith("&lt;KBS뉴스&gt; ·")


@pytest.mark.parametrize(
    ("url", "served"),
    [
        ("https://board.example.kr/글 1?q=가", "https://board.example.kr/%EA%B8%80%201?q=%EA%B0%80"),
        ("/news/1", "https://board.example.kr/news"),
        ("javascript:alert(1)", "https://board.example.kr/news"),
        (None, "https://board.example.kr/news"),
    ],
)
def test_b15_links_are_absolute_ascii(url: str | None, served: str) -> None:
    """A link that is none gives way to the board's list, the only place where the headline stands."""
    told = feed([entry(url=url)])
    assert texts(rss(told), "item/link/text()") == texts(atom(told), "a:entry/a:link/@href") == [served]


@pytest.mark.parametrize(
    ("minutes", "period", "times"),
    [(10, "hourly", "6"), (60, "hourly", "1"), (90, "daily", "16"), (0.1, "hourly", "60")],
)
def test_b16_syndication_names_are_spelt_right(minutes: float, period: str, times: str) -> None:
    """sy:updatePeriod and sy:updateFrequency say how often, and ttl says it in minutes, at least one."""
    told = feed(ttl=timedelta(minutes=minutes))
    assert texts(rss(told), "sy:updatePeriod/text()") == [period]
    assert texts(rss(told), "sy:updateFrequency/text()") == [times]
    assert texts(rss(told), "ttl/text()") == [str(max(1, int(minutes)))]


def test_b17_b18_b19_b21_b26_nothing_else_is_written() -> None:
    """The documents hold these elements and no others: no content, media group, textInput or second date."""
    written = {etree.QName(found).localname for root in (rss(), atom()) for found in root.iter()}
    assert written == RSS_NAMES | ATOM_NAMES


def test_b20_an_entrys_source_is_the_boards_own_feed() -> None:
    """atom:source has id, title, updated and link; its id is the guid's part that names the board."""
    first = atom().find("a:entry/a:source", NAMES)
    assert first is not None
    assert texts(first, "a:id/text()|a:title/text()") == ["종합 뉴스", "tag:feeds.example.org,2024:1"]
    assert texts(first, "a:updated/text()") == texts(atom(), "a:entry[1]/a:updated/text()")
    assert texts(first, "a:link/@href") == texts(rss(), "item[1]/source/@url") == ["https://board.example.kr/news"]


@pytest.mark.parametrize("language", ["kr", "ko_KR", "", "korean!"])
def test_b22_a_language_that_is_none_is_refused(language: str) -> None:
    """'kr' passes every validator and is Kanuri."""
    with pytest.raises(ValueError, match="no language tag"):
        render.document(feed(language=language), "rss")


def test_b22_the_language_is_stated() -> None:
    """RSS's language and Atom's xml:lang are the feed's (C10)."""
    assert texts(rss(), "language/text()") == ["ko"]
    assert texts(atom(), "@xml:lang") == ["ko"]


def test_b23_no_entry_comes_from_the_future() -> None:
    """A date past our first sight of the row is brought back to it."""
    told = feed([entry(published=datetime(2099, 1, 1, tzinfo=UTC))])
    assert texts(rss(told), "item/pubDate/text()") == ["Sat, 20 Apr 2024 04:30:00 +0000"]


def test_b24_newest_comes_first() -> None:
    """Entries stand in the order of the feed."""
    assert texts(rss(titled(HEADLINES)), "item/title/text()") == list(HEADLINES)


def test_b27_dates_leave_the_locale_alone() -> None:
    """The date formatter, of feedgen, which switches the process's locale, is replaced in both of its modules."""
    before = locale.setlocale(locale.LC_ALL)
    render.document(FULL, "rss")
    assert locale.setlocale(locale.LC_ALL) == before
    assert feedgen.feed.formatRFC2822 is feedgen.entry.formatRFC2822 is format_datetime


def test_categories_name_their_board() -> None:
    """A category stands beside the board it is a heading of, and names the board's taxonomy by its URL (C12)."""
    assert texts(rss(), "item[1]/category/text()") == ["종합 뉴스", "경제"]
    assert set(texts(rss(), "item/category/@domain")) == {"https://board.example.kr/news"}


def test_naming_another_board_moves_no_date() -> None:
    """A twin found later changes the summary and neither updated nor published."""
    alone, shared = atom(feed([entry()])), atom(feed([entry(others=("지역 소식",))]))
    dates = "a:entry/a:updated/text()|a:entry/a:published/text()"
    assert texts(alone, dates) == texts(shared, dates)
    assert texts(alone, "a:entry/a:summary/text()") != texts(shared, "a:entry/a:summary/text()")
