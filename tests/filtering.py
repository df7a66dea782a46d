"""Filters and headlines made up for properties: every field, every kind of value, and the traps of every script."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from msgspec import structs

from aggregator.filters import And, Filter, Not, Or, Term, Viewer
from aggregator.filters.times import written_as
from aggregator.filters.tree import Ago, Day, Field, Numbers, Pattern, Point, Span, Value, Word
from aggregator.filters.values import FLAGS, span
from aggregator.folding import fold
from aggregator.model import Entry

NOW = datetime(2026, 11, 24, 3, 0, 0, 250_000, tzinfo=UTC)
VIEWER = Viewer(NOW, ZoneInfo("Asia/Seoul"))
# Hangul whole and in pieces, kana of both widths, han, accents whole and in pieces, letters whose case is no matter of
# one for one, ligatures, digits and letters of full width, emoji that are several characters, marks without a letter.
TRAPS = (
    "의대 증원",
    "[단독] 의대증원 발표, 연금개혁은",
    "속보단독 AI반도체 단독보도",
    "\u110b\u1174\u1103\u1162 조국",
    "ｶﾞﾝﾊﾞﾚ ニッポン がんばれ日本",
    "東京五輪 東京都 京都",
    "中国 經濟 经济",
    "STRASSE straße Straẞe",
    "İstanbul ISTANBUL ıstanbul istanbul",
    "ﬁnance oﬃce ŉ ǰ",
    "Ångström A\u030angström ÅNGSTRÖM",
    "café cafe\u0301 CAFÉ",
    "Σίσυφος ΣΊΣΥΦΟΣ ΐ",
    "ＡＩ　１２３ ai 123",
    "👩‍👩‍👧 👍🏽 🇰🇷 ❤️",
    "\u0301\u0308 단독",
    "“it’s” 'it''s' \"quoted\"",
    "3–4월… 5--6 50% a+b #1 a/b;c|d^e&f*",
    "의\u200b대 연금\u00ad개혁",
    "or OR and -minus !wow (paren) a:b",
    "",
)
SOURCES = (None, "연합", "연합뉴스", "Reuters", "ＡＰ통신", "it's")
CATEGORIES = (None, "정치", "ＡＩ", "속보 단독")
LINKS = (
    None,
    "http://news.example/View.php?no=12",
    "https://a.example/%EC%97%B0%EA%B8%88/7",
    "http://b.example/a,b|c'd",
)


def _cuttings(text: str) -> st.SearchStrategy[str]:
    return st.tuples(st.integers(0, max(len(text) - 1, 0)), st.integers(1, 6)).map(
        lambda cut: text[cut[0] : cut[0] + cut[1]]
    )


TEXTS = st.sampled_from(TRAPS).flatmap(_cuttings) | st.text(max_size=6)
VALUES = TEXTS.map(fold).filter(bool)
WORDS: st.SearchStrategy[Value] = st.builds(Word, VALUES, st.booleans())
PATTERNS: st.SearchStrategy[Value] = st.builds(
    Pattern,
    st.sampled_from(
        [
            "의대.*증원",
            "^단독",
            r"\d+",
            r"a\/b",
            "증원|정원",
            r"\p{Hangul}{2}$",
            "[가-힣 ]+",
            "s(s|t), x?",
            "(?i)AI",
            " ",
        ]
    ),
    st.booleans(),
)
DAYS: st.SearchStrategy[Point] = st.dates(date(2026, 10, 1), date(2026, 12, 31)).flatmap(
    lambda day: st.sampled_from([Day(day.year), Day(day.year, day.month), Day(day.year, day.month, day.day)])
)
AGOS: st.SearchStrategy[Point] = st.builds(Ago, st.integers(0, 14), st.integers(1, 60 * 86_400))
POINTS = st.none() | DAYS | AGOS


def _is_written(value: Span) -> bool:
    """Whether the language can say it: neither without bounds nor backwards."""
    try:
        return span(written_as(value)) == value
    except ValueError:
        return False


SPANS: st.SearchStrategy[Value] = st.builds(Span, POINTS, POINTS).filter(_is_written)
NUMBERS: st.SearchStrategy[Value] = st.one_of(
    st.integers(0, 60).map(lambda low: Numbers(low, None)),
    st.integers(0, 60).map(lambda high: Numbers(None, high)),
    st.builds(lambda low, more: Numbers(low, low + more), st.integers(0, 60), st.integers(0, 30)),
)


def _terms(fields: list[Field], of: st.SearchStrategy[Value]) -> st.SearchStrategy[Filter]:
    return st.builds(Term, st.sampled_from(fields), st.lists(of, min_size=1, max_size=3).map(tuple))


def _named(*names: str) -> st.SearchStrategy[Value]:
    return st.sampled_from([Word(name) for name in names])


TERMS: st.SearchStrategy[Filter] = st.one_of(
    _terms(["text", "title", "source"], WORDS),
    _terms(["text", "title", "source", "link"], PATTERNS | WORDS),
    _terms(
        ["link"], st.builds(Word, st.sampled_from(["view", "연금", "example/a", "a,b", "no=1", "'"]), st.booleans())
    ),
    _terms(["board"], _named("news", "forum", "none", "@정치", "@ai", "@none")),
    _terms(["tag"], _named("정치", "ai", "속보 단독", "none")),
    _terms(["no"], NUMBERS),
    _terms(["date", "seen"], SPANS),
    _terms(["is"], _named(*FLAGS)),
)
FILTERS: st.SearchStrategy[Filter] = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Or(tuple(parts))),
    ),
    max_leaves=6,
)


def entry(title: str, source: str | None = "연합", **given: object) -> Entry:
    """A stored headline of the board news, first seen an hour ago."""
    seen = NOW - timedelta(hours=1)
    plain = Entry(
        guid="tag:feeds.example,2026:1/1",
        arrival=1,
        board="news",
        board_name="뉴스",
        board_url="http://news.example/",
        title=title,
        source=source,
        updated=seen,
        first_seen=seen,
    )
    return structs.replace(plain, **given)


ENTRIES = st.builds(
    lambda title, source, board, hours, number: entry(
        title, source, board=board, first_seen=NOW - timedelta(hours=hours), number=number
    ),
    st.sampled_from(TRAPS) | st.text(max_size=20),
    st.sampled_from(SOURCES),
    st.sampled_from(["news", "forum"]),
    st.integers(0, 2000),
    st.none() | st.integers(0, 60),
)
