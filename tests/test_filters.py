"""Filters: text to a value with three faces, right for Korean, and errors that point at the mistake."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.errors import FilterError
from aggregator.filters import And, Filter, Not, Or, Term, canonical, matches, parse, sentence, simplified
from aggregator.filters.tree import Word
from aggregator.model import Entry
from tests.filtering import ENTRIES, FILTERS, NOW, VIEWER, entry

YESTERDAY = NOW - timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "title", "taken"),
    [
        ("", "무엇이든", True),
        ("의대", "의대증원 발표", True),
        ("의대 증원", "의대 정원", False),
        ("의대,간호", "간호법 통과", True),
        ("의대|간호", "간호법 통과", True),
        ("의대 OR 간호", "간호법 통과", True),
        ("-의대", "의대 증원", False),
        ("!의대", "의대 증원", False),
        ("'의대 증원'", "의대  증원", True),
        ("'의대 증원'", "증원된 의대", False),
        ('"연금 개혁"', "연금 개혁안", True),
        ("(의대 OR 연금) -증원", "의대 증원", False),
        ("title:연합", "제목", False),
        ("source:연합", "제목", True),
        ("author:연합", "제목", True),
        ("ＡＩ", "ai 반도체", True),
        ("'it''s'", "It’s on", True),
        ("or", "More", True),
        ("단독*", "[단독] 의대 증원", True),
        ("단독*", "속보단독", False),
        ("단독*", "속보단독 단독보도", True),
        ("'의대 증'*", "전국의대 증원", False),
        ("/의.대/", "의과대 정원", True),
        ("/^의대/", "전국 의대", False),
        ("/ai|반도체/", "AI 투자", True),
        ("/AI/i", "ai 투자", True),
        ("/연합/", "제목", False),
        ("source:/^연/", "제목", True),
    ],
)
def test_a_filter_takes_what_its_words_say(text: str, title: str, *, taken: bool) -> None:
    """Literal substrings after folding; blank is and, comma any-of, hyphen not, a star begins a word, slashes RE2."""
    assert matches(parse(text), entry(title)) is taken


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("board:news", True),
        ("board:new", False),
        ("board:@정치", True),
        ("board:@정", False),
        ("tag:정치", True),
        ("#정치", True),
        ("tag:속보", True),
        ("tag:속", False),
        ("link:BBS", True),
        ("site:news.example", True),
        ("inurl:연금", True),
        ("no:12", True),
        ("no:1..12", True),
        ("no:13..", False),
        ("no:..11", False),
        ("date:2026-11-23", True),
        ("date:2026-11", True),
        ("date:2026-11-22..2026-11-23", True),
        ("date:2026-11-24..", False),
        ("date:P7D", True),
        ("date:PT12H", False),
        ("when:7d", True),
        ("after:2026-11-23", True),
        ("before:2026-11-23", False),
        ("pubdate:2026-11-01/2026-11-30", True),
        ("seen:2026-11-24", True),
        ("is:new", True),
        ("is:pinned,edited", True),
        ("is:deleted", False),
    ],
)
def test_a_field_looks_where_its_name_says(text: str, *, taken: bool) -> None:
    """Slugs, tags and flags whole, links inside, numbers and times in ranges; other programs' names are aliases."""
    shown = entry(
        "제목", tags=("정치", "경제"), category="속보", url="http://news.example/bbs/%EC%97%B0%EA%B8%88", number=12
    )
    claimed = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
    seen = {"published": claimed, "first_seen": NOW - timedelta(hours=2), "pinned": True}
    full = Entry(**{name: getattr(shown, name) for name in shown.__struct_fields__} | seen)
    assert matches(parse(text), full, VIEWER) is taken


@pytest.mark.parametrize(
    ("text", "column", "hint"),
    [
        ("(의대", 1, "close it: (의대)"),
        ("의대)", 3, "remove it: 의대 "),
        ("'의대", 1, "close it: '의대'"),
        ("titel:의대", 1, "did you mean title:의대"),
        ("a titel:의대", 3, "did you mean a title:의대"),
        ("의대 OR", 6, "OR stands between"),
        ("- 의대", 2, "-word"),
        ("의대 AND 연금", 4, "a blank means and"),
        ("의대 NOT 연금", 4, "의대 -연금"),
        ("/의.대", 1, "close it"),
        ("/의(대/", 1, "RE2's syntax"),
        ("/AI/", 1, "/AI/i"),
        ("의*대", 2, "단독*"),
        ("board:new*", 10, "단독*"),
        ("title:", 7, "word"),
        ("의대,", 4, "word"),
        ("no:12x", 4, "no:11200"),
        ("no:9..1", 4, "no:1..9"),
        ("date:2024-13", 6, "2024-04-01"),
        ("date:2024-02..2024-01", 6, "2024-01..2024-02"),
        ("date:P1D..P7D", 6, "P7D..P1D"),
        ("before:1000", 8, "2024-04-01"),
        ("when:soon", 6, "when:7d"),
        ("is:story", 4, "new, edited"),
        ("is:pinnd", 4, "is:pinned"),
        ("board:@", 7, "word"),
    ],
)
def test_a_mistake_is_pointed_at_with_a_hint(text: str, column: int, hint: str) -> None:
    """The error names the column, counted from 1, and what would be right."""
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert caught.value.column == column
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("가" * 2001, "2,000 characters"),
        (" ".join("가나" for _ in range(65)), "64 terms"),
        ("(" * 9 + "가" + ")" * 9, "8 levels"),
    ],
)
def test_a_filter_has_limits_and_names_them(text: str, limit: str) -> None:
    """Length, values and nesting are bounded, because a URL is written by strangers."""
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert limit in caught.value.hint


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('"의대"|연금', "연금,의대"),
        ("연금 OR 의대 OR 의대", "연금,의대"),
        ("intitle:b  (title:a)", "title:a title:b"),
        ("!(!연금)", "연금"),
        ("/b/,a,/a/", "a OR title:/a/,/b/"),
        ("date:p1w seen:PT36H", "date:P7D seen:P1DT12H"),
        ("no:12..12 no:1…", "no:1.. no:12"),
        ("when:2m after:2024 before:2024-03", "date:..2024-02-29 date:2024.. date:P2M"),
        ("board:@ＡＩ #속보", "board:@ai tag:속보"),
    ],
)
def test_a_meaning_has_one_spelling(text: str, written: str) -> None:
    """Aliases are replaced, values and parts sorted, doubles dropped."""
    assert canonical(parse(text)) == written


@given(FILTERS)
@example(Term("text", (Word("@"),)))
def test_a_printed_filter_parses_to_itself(selection: Filter) -> None:
    """Parse ∘ print is the identity on what parsing gives, and the canonical text is a fixed point."""
    text = canonical(selection)
    assert parse(text) == simplified(selection)
    assert canonical(parse(text)) == text


@given(FILTERS, ENTRIES)
def test_the_canonical_form_selects_the_same(selection: Filter, shown: Entry) -> None:
    """Simplifying and printing never change what is selected."""
    assert matches(parse(canonical(selection)), shown, VIEWER) is matches(selection, shown, VIEWER)


@given(FILTERS, FILTERS, ENTRIES)
def test_negation_and_alternatives_obey_logic(one: Filter, other: Filter, shown: Entry) -> None:
    """De Morgan holds between the faces of the tree."""
    both = matches(Not(And((one, other))), shown, VIEWER)
    assert both is matches(Or((Not(one), Not(other))), shown, VIEWER)


@given(FILTERS)
def test_every_filter_has_a_sentence(selection: Filter) -> None:
    """People can read what a feed holds."""
    assert "headlines" in sentence(selection)


@given(st.text(max_size=60) | st.text("()'\"/,|-!#*:. OR단독titledatno20", max_size=40))
def test_no_text_is_more_than_a_filter_error(text: str) -> None:
    """Whatever is typed is a filter or an error with a column inside the text or just behind it."""
    try:
        parse(text)
    except FilterError as error:
        assert 1 <= error.column <= len(text) + 1  # noqa: PT017  the column is the claim
        assert error.hint  # noqa: PT017  the same


def test_a_time_needs_a_viewer() -> None:
    """Without a now nothing is new, and guessing one would be a lie."""
    with pytest.raises(ValueError, match="viewer"):
        matches(parse("is:new"), entry("제목"))
