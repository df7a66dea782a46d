"""Filters: text to a value with three faces, right for Korean, and errors that point at the mistake."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Struct

from aggregator.errors import FilterError
from aggregator.filters import canonical, matches, parse, sentence
from aggregator.filters.tree import And, Field, Filter, Not, Or, Term
from aggregator.folding import fold


class Said(Struct, frozen=True):
    """A headline as far as filters look at it."""

    title: str
    source: str | None = "연합"
    board: str = "news"


VALUES = st.text(min_size=1, max_size=6).map(fold).filter(bool) | st.sampled_from(
    ["의대", "연금 개혁", "it's", "or", "-", "*"]
)
FIELDS: st.SearchStrategy[Field] = st.sampled_from(["text", "title", "source", "board"])
TERMS: st.SearchStrategy[Filter] = st.builds(Term, FIELDS, st.lists(VALUES, min_size=1, max_size=3).map(tuple))
FILTERS = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Or(tuple(parts))),
    ),
    max_leaves=6,
)
HEADLINES = st.builds(Said, st.text(max_size=20) | VALUES, st.none() | VALUES, st.sampled_from(["news", "forum"]))


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
        ("'의대 증원'", "의대  증원", True),
        ("'의대 증원'", "증원된 의대", False),
        ('"연금 개혁"', "연금 개혁안", True),
        ("(의대 OR 연금) -증원", "의대 증원", False),
        ("title:연합", "제목", False),
        ("source:연합", "제목", True),
        ("board:news", "제목", True),
        ("board:new", "제목", False),
        ("ＡＩ", "ai 반도체", True),
        ("'it''s'", "It’s on", True),
        ("or", "More", True),
    ],
)
def test_a_filter_takes_what_its_words_say(text: str, title: str, *, taken: bool) -> None:
    """Literal substrings after folding; blank is and, comma any-of, hyphen not."""
    assert matches(parse(text), Said(title)) is taken


@pytest.mark.parametrize(
    ("text", "column", "hint"),
    [
        ("(의대", 1, "close it"),
        ("의대)", 3, "remove it"),
        ("'의대", 1, "doubled"),
        ("titel:의대", 1, "title"),
        ("의대 OR", 6, "OR stands between"),
        ("- 의대", 2, "touch|hyphen|-word"),
        ("의대 AND 연금", 4, "a blank means and"),
        ("NOT 의대", 1, "hyphen"),
        ("/의.대/", 1, "quotes"),
        ("의대*", 1, "star"),
        ("title:", 7, "word"),
        ("의대,", 4, "word"),
    ],
)
def test_a_mistake_is_pointed_at_with_a_hint(text: str, column: int, hint: str) -> None:
    """The error names the column, counted from 1, and what would be right."""
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert caught.value.column == column
    assert any(word in caught.value.hint for word in hint.split("|"))


@pytest.mark.parametrize("text", ["가" * 2001, " ".join("가나" for _ in range(65)), "(" * 9 + "가" + ")" * 9])
def test_a_filter_has_limits(text: str) -> None:
    """Length, values and nesting are bounded, because a URL is written by strangers."""
    with pytest.raises(FilterError):
        parse(text)


@given(FILTERS)
@example(Term("board", ("@",)))
def test_a_printed_filter_parses_to_itself(selection: Filter) -> None:
    """Parse ∘ print is the identity on what parsing gives, and the canonical text is a fixed point."""
    text = canonical(selection)
    assert canonical(parse(text)) == text


@given(FILTERS, HEADLINES)
def test_the_canonical_form_selects_the_same(selection: Filter, headline: Said) -> None:
    """Simplifying and printing never change what is selected."""
    assert matches(parse(canonical(selection)), headline) is matches(selection, headline)


@given(FILTERS, FILTERS, HEADLINES)
def test_negation_and_alternatives_obey_logic(one: Filter, other: Filter, headline: Said) -> None:
    """De Morgan holds between the faces of the tree."""
    both, neither = matches(Not(And((one, other))), headline), matches(Or((Not(one), Not(other))), headline)
    assert both is neither


@given(FILTERS)
def test_every_filter_has_a_sentence(selection: Filter) -> None:
    """People can read what a feed holds."""
    assert "headlines" in sentence(selection)


@given(st.text(max_size=60))
def test_no_text_is_more_than_a_filter_error(text: str) -> None:
    """Whatever is typed is a filter or an error with a column inside the text or just behind it."""
    try:
        parse(text)
    except FilterError as error:
        assert 1 <= error.column <= len(text) + 1  # noqa: PT017  the column is the claim
        assert error.hint  # noqa: PT017  the same
