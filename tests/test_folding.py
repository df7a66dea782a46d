"""One folding for all matching."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.folding import fold


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("의대 증원", unicodedata.normalize("NFD", "의대 증원")),
        ("ＡＩ", "ai"),
        ("‘의대’", "'의대'"),
        ("“의대”", '"의대"'),
        ("3–4월", "3-4월"),
        ("의대…", "의대..."),
        ("의\u200b대", "의대"),
        ("STRASSE", "straße"),
        ("ｶﾞ", "ガ"),
        (" 의대\u3000증원 ", "의대 증원"),
    ],
)
def test_what_looks_alike_folds_alike(one: str, other: str) -> None:
    """Width, case, composition, quotes, dashes, blanks and what cannot be seen do not part two texts."""
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("의대", "의데"), ("ガ", "カ"), ("5", "6"), ("조국", "조 국")])
def test_what_differs_to_a_reader_stays_different(one: str, other: str) -> None:
    """Letters, voicing marks, digits and word gaps are never folded away."""
    assert fold(one) != fold(other)


@given(st.text())
def test_folding_what_is_folded_changes_nothing(text: str) -> None:
    """A stored fold can be compared with a fresh one."""
    assert fold(fold(text)) == fold(text)


@given(st.text(), st.sampled_from(["NFC", "NFD"]))
def test_composition_never_matters(text: str, form: str) -> None:
    """A title typed on one system is found by a filter typed on another."""
    composed = unicodedata.normalize("NFC", text) if form == "NFC" else unicodedata.normalize("NFD", text)
    assert fold(composed) == fold(text)
