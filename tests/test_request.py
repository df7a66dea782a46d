"""What a URL asks for: our parameters, other programs' for the same, and URLs that survive whoever handles them."""

from urllib.parse import parse_qs, quote, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from aggregator.errors import FilterError
from aggregator.filters import Filter, canonical, parse
from aggregator.request import Request, has_days, query, request
from aggregator.store import Cursor
from tests.filtering import FILTERS

SEOUL = ZoneInfo("Asia/Seoul")
# What a browser escapes in a query (WHATWG URL, special-query percent-encode set); it leaves the rest of ASCII alone.
ESCAPED = "\"#<>'"
UNESCAPED = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in ESCAPED)
# What our syntax does without, because a URL means something by it or somebody rewrites it on the way.
OUTSIDE = frozenset('+&#%|^";<>\\`{}[]') | {chr(code) for code in (*range(0x20), 0x7F)}


@pytest.mark.parametrize(
    ("parameters", "q"),
    [
        ({"filter": "연금|의대"}, "title:연금,의대"),
        ({"filter_title": "연.금/"}, r"title:/연.금\//i"),
        ({"filter_description": "연금", "filter_author": "연합"}, "source:연합 title:연금"),
        ({"filterout": "광고", "q": "연금 OR 의대"}, "-title:광고 연금,의대"),
        ({"filterout_category": "정치|경제"}, "-tag:경제,정치"),
        ({"filter_time": "3600"}, "date:PT1H"),
        ({"hours": "48"}, "date:P2D"),
        ({"keep_only": "a b", "discard": "(c)"}, "'a b' -'(c)'"),
        ({"filter_case_sensitive": "false", "filter": "", "utm_source": "x"}, ""),
    ],
)
def test_other_programs_filters_are_ours(parameters: dict[str, str], q: str) -> None:
    """RSSHub's, FreshRSS's and rss-funnel's parameters are understood and become our words."""
    asked = request("all", "", parameters)
    assert canonical(parse(asked.q)) == canonical(parse(q))
    assert parse(asked.q) == parse(q)


def test_other_programs_modifiers_are_ours() -> None:
    """Limit, nb and sorted say what n and sort say."""
    assert request("all", "", {"limit": "20", "sorted": "true"}) == Request(n=20, sort="date")
    assert request("all", "", {"nb": "7", "sorted": "false"}) == Request(n=7)


@pytest.mark.parametrize(
    "parameters",
    [
        {"filter": "("},
        {"filter_category": "a.*"},
        {"filter_case_sensitive": "true"},
        {"hours": "0"},
        {"discard": "\u200b"},
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(parameters: dict[str, str]) -> None:
    """A parameter of another program that we cannot follow is named, never ignored."""
    with pytest.raises(FilterError, match="^" + next(iter(parameters))):
        request("all", "", parameters)


@given(
    FILTERS.map(canonical),
    st.sampled_from(["arrival", "date"]),
    st.none() | st.integers(1, 500),
    st.sampled_from(["", "America/New_York"]),
    st.booleans(),
)
def test_the_canonical_query_asks_for_the_same(q: str, sort: str, each: int | None, tz: str, flag: bool) -> None:  # noqa: FBT001  drawn
    """What a URL says is read back from it by urllib and yarl alike, and written again as it was."""
    before = request("all", "", {"sort": sort, "before": "12" if sort == "arrival" else "1700000000000000-12"}).before
    asked = Request(
        q=q,
        sort="date" if sort == "date" else "arrival",
        each=each,
        before=before,
        tz=tz,
        backfill=flag,
        tombstones=flag,
        n=20,
    )
    said = query(asked, parse(q), SEOUL)
    parsed = {name: values[0] for name, values in parse_qs(said[1:]).items()}
    assert request("all", "", URL(f"http://h.example/feed{said}").query) == request("all", "", parsed) == asked
    assert query(request("all", "", parsed), parse(q), SEOUL) == said


@given(FILTERS.filter(lambda selection: not OUTSIDE & set(canonical(selection))))
def test_a_filter_typed_into_a_url_survives(selection: Filter) -> None:
    """As typed, as a browser escapes it, and through yarl and urllib, the expression stays what it was."""
    text = canonical(selection)
    typed = f"http://h.example/feed.atom?q={text}"
    browsers = "http://h.example/feed.atom?q=" + quote(text, safe=UNESCAPED)
    for url in (typed, browsers, browsers.replace("%20", "+"), str(URL(typed)), str(URL(browsers))):
        assert URL(url).query["q"] == text
        assert parse_qs(urlsplit(url).query)["q"] == [text]


def test_a_zone_is_named_only_where_days_are_meant() -> None:
    """The server's own is no news, and a filter without days means the same everywhere."""
    assert query(Request(tz="Asia/Seoul"), parse("date:2024"), SEOUL) == "?q=date:2024"
    assert has_days(parse("연금 OR -date:..2024-04"))
    assert not has_days(parse("date:P7D is:new no:1"))


def test_a_cursor_fits_its_order() -> None:
    """A place in the order of arrival is none in the order of dates."""
    assert request("all", "", {"before": "12"}).before == Cursor(12)
    with pytest.raises(FilterError, match="before"):
        request("all", "", {"before": "12", "sort": "date"})
