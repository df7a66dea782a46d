"""The index's pieces of text: what the predicate takes is never missed by them."""

from hypothesis import given
from hypothesis import strategies as st

from aggregator.filters import Filter, Term, predicate, traits
from aggregator.filters.grams import NOTHING, Either, Every, Named, Need, grams, indexed, narrowing
from aggregator.filters.tree import Field, Word
from aggregator.folding import fold
from aggregator.model import Entry
from tests.filtering import ENTRIES, FILTERS, TEXTS, VIEWER, entry


def meets(need: Need, has: set[str], of: Entry) -> bool:
    """Whether a headline with these grams has what is needed."""
    match need:
        case Named(text=text):
            return text == of.board or text.removeprefix("@") in of.tags
        case Every(parts=parts):
            return all(meets(part, has, of) for part in parts)
        case Either(parts=parts):
            return any(meets(part, has, of) for part in parts)
        case _:
            return need in has


@given(TEXTS.map(fold), st.integers(0, 20), st.integers(0, 20))
def test_a_part_has_no_gram_that_the_whole_has_not(text: str, start: int, length: int) -> None:
    """Wherever a text is cut, in the middle of a word or across words."""
    assert grams(text[start : start + length]) <= grams(text)


@given(FILTERS, ENTRIES)
def test_what_the_predicate_takes_is_found(selection: Filter, of: Entry) -> None:
    """Narrowing loses no headline, whatever stands behind a not, in a pattern or under another field."""
    seen = traits(of)
    if predicate(selection, VIEWER)(seen):
        assert meets(narrowing(selection), set(indexed(seen.title, seen.source).split()), of)


@given(around=TEXTS.map(fold), text=TEXTS.map(fold).filter(bool), in_title=st.booleans())
def test_what_holds_a_text_is_found(around: str, text: str, *, in_title: bool) -> None:
    """A title or a source that was made to hold the text, so that the predicate is known to take it."""
    holding = f"{around}{text}{around}"
    has = set((indexed(holding, "") if in_title else indexed("", holding)).split())
    fields: list[Field] = ["text", "title" if in_title else "source"]
    for field in fields:
        assert meets(narrowing(Term(field, (Word(text),))), has, entry(holding))


@given(st.text() | st.text("a b금👍") | TEXTS.map(fold))
def test_grams_are_what_stands_together_in_a_word(text: str) -> None:
    """Every two units of UTF-16, and every three of alphabets, wherever in the word they are."""
    words = [word.encode("utf-16-be", "surrogatepass").hex() for word in text.split(" ")]
    pairs = {word[at : at + 8] for word in words for at in range(0, len(word) - 4, 4)}
    threes = {word[at : at + 12] for word in words for at in range(0, len(word) - 8, 4)}
    alphabetic = {three for three in threes if all("0021" <= three[at : at + 4] <= "10ff" for at in (0, 4, 8))}
    assert grams(text) == pairs | alphabetic
    assert set(indexed(text, "").split()) == grams(text)


def test_two_characters_narrow_and_one_does_not() -> None:
    """Two syllables of Korean are a gram; one letter of anything is none."""
    assert narrowing(Term("title", (Word("의대"),))) == "c758b300"
    assert narrowing(Term("title", (Word("a 1 의"),))) == NOTHING
    assert len(grams("👍")) == 1
