"""Every reader's parser reads N of N entries of any feed, with our ids, links and titles."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator import render
from aggregator.model import Feed
from aggregator.render.rendition import Rendition, rendition
from tests.render.parsers import EXACT, SANITIZING, Parser, Triple, by_feedparser, repaired
from tests.render.samples import HEADLINES, entry, feed, hostile_titles, titled

ANY_TEXT = st.text(st.characters(exclude_categories=[]))
PARSERS: list[tuple[render.Format, Parser]] = [
    (format_, parser) for format_, parsers in EXACT.items() for parser in parsers
]
ENTRIES = st.builds(
    entry,
    st.integers(1, 900_000),
    title=ANY_TEXT,
    source=ANY_TEXT | st.none(),
    board_name=ANY_TEXT,
    category=ANY_TEXT | st.none(),
    url=ANY_TEXT | st.none(),
    board_url=ANY_TEXT,
    others=st.lists(ANY_TEXT, max_size=2).map(tuple),
)
FEEDS = st.builds(feed, st.lists(ENTRIES, max_size=4), title=ANY_TEXT, subtitle=ANY_TEXT)


def renditions(told: Feed) -> list[Rendition]:
    """What is said of the feed's entries, of each guid once."""
    first = {entry.guid: entry for entry in reversed(told.entries)}
    return [rendition(entry, told.page_url) for entry in told.entries if first[entry.guid] is entry]


def said(told: Feed) -> list[Triple]:
    """What a perfect reader makes of the feed."""
    return [(one.guid, one.url, one.title) for one in renditions(told)]


@pytest.mark.parametrize(("format_", "parser"), PARSERS)
def test_real_headlines_come_back_verbatim(format_: render.Format, parser: Parser) -> None:
    """Twenty headlines with quotes, ampersands and angle brackets come back as they stood, from every parser."""
    told = titled(HEADLINES)
    read = parser(render.document(told, format_).body)
    assert read == said(told)
    assert [title for _, _, title in read] == list(HEADLINES)


@pytest.mark.parametrize(("format_", "parser"), PARSERS)
def test_a_hundred_hostile_titles_cost_no_entry(format_: render.Format, parser: Parser) -> None:
    """A hundred hostile titles are 100 of 100 entries, ids, links and cleaned titles equal."""
    told = titled(hostile_titles(100))
    read = parser(render.document(told, format_).body)
    assert len(read) == 100
    assert read == said(told)


@pytest.mark.parametrize("format_", ["rss", "atom"])
@pytest.mark.parametrize("parser", SANITIZING)
def test_sanitizing_parsers_change_nothing_but_markup_in_titles(format_: render.Format, parser: Parser) -> None:
    """By default feedparser and reader read 100 of 100; only titles that look like HTML differ, by their sanitizing."""
    told = titled(hostile_titles(100))
    read = parser(render.document(told, format_).body)
    assert [triple[:2] for triple in read] == [triple[:2] for triple in said(told)]
    changed = [ours for theirs, (_, _, ours) in zip(read, said(told), strict=True) if theirs[2] != ours]
    assert all("<" in title or "&" in title for title in changed)


@given(FEEDS)
@example(titled(["Â¡", "@"]))
def test_no_row_breaks_a_feed(told: Feed) -> None:
    """Whatever text stands in whatever field, every parser reads every entry of every format."""
    expected = said(told)
    for format_, parser in PARSERS:
        titles = [repaired(title) if parser is by_feedparser else title for _, _, title in expected]
        wanted = [(guid, link, title) for (guid, link, _), title in zip(expected, titles, strict=True)]
        assert parser(render.document(told, format_).body) == wanted
    for parser in SANITIZING:
        assert len(parser(render.document(told, "atom").body)) == len(expected)


@pytest.mark.parametrize(("format_", "parser"), PARSERS)
def test_an_empty_selection_is_a_valid_feed(format_: render.Format, parser: Parser) -> None:
    """A feed without entries parses, as one without entries (C17)."""
    assert parser(render.document(feed(), format_).body) == []
