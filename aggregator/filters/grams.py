"""What an index of headlines is asked for: pieces of text so short that every literal is made of them.

A gram is two characters that stand together in one word, in hexadecimal UTF-16, so that no database has an opinion of
its own about letters. Two syllables or ideographs tell a lot; of an alphabet's letters there are few, so that three of
them are a gram too. Whatever holds a text holds its grams: an index finds all that the predicate takes, and more.
"""

import re
from functools import lru_cache

from msgspec import Struct

from aggregator.filters.tree import And, Field, Filter, Or, Term, Value, Word

# Everything but a blank, each pair from its own first character on.
_PAIRS = re.compile("(?=([^ ][^ ]))")
# Letters, digits and signs of everything before Hangul's single letters: the alphabets.
_THREES = re.compile("(?=([\x21-\u10ff]{3}))")
_WIDE = re.compile("[\U00010000-\U0010ffff]")
_UNIT = 4
_PAIR, _THREE = 2 * _UNIT, 3 * _UNIT
_IN_SOURCE = "s"
# A board's headlines name few sources, again and again.
_SOURCES = 1_000
# So many of a literal's grams are asked for; dropping one finds more, never less.
MOST = 12


class Named(Struct, frozen=True):
    """A headline's board is of this slug, or of this tag where an ``@`` stands in front."""

    text: str


class Every(Struct, frozen=True):
    """A headline has every one of ``parts``: grams, or what is made of them; no parts: nothing is asked."""

    parts: "tuple[Need, ...]" = ()


class Either(Struct, frozen=True):
    """A headline has at least one of ``parts``, of which there are two or more."""

    parts: "tuple[Need, ...]" = ()


Need = str | Named | Every | Either
NOTHING = Every()


def grams(text: str) -> set[str]:
    """The grams of a folded text; none where all its words are of one character.

    >>> sorted(grams("연금 ai"))
    ['00610069', 'c5f0ae08']
    >>> sorted(grams("eu4"))
    ['00650075', '006500750034', '00750034']
    """
    return set(_spelt(text).split())


def indexed(title: str, source: str) -> str:
    """The grams of a headline's folded texts, blanks between them; a source's are told from a title's.

    One that stands in a text twice may stand here twice: to tell them apart takes longer than to index both.
    """
    return f"{_spelt(title)} {_of_source(source)}"


def _spelt(text: str) -> str:
    units = _WIDE.sub(_halves, text)
    pairs = _hexadecimal(_PAIRS.findall(units), _PAIR)
    threes = _THREES.findall(units)
    return f"{pairs} {_hexadecimal(threes, _THREE)}" if threes else pairs


def _hexadecimal(parts: list[str], length: int) -> str:
    """Parts of one length in hexadecimal, blanks between them: all at once, and cut by the same call."""
    return "".join(parts).encode("utf-16-be", "surrogatepass").hex(" ", -(length // 2))


def _halves(wide: re.Match[str]) -> str:
    """The two units that UTF-16 makes of a character."""
    high, low = divmod(ord(wide[0]) - 0x1_0000, 0x400)
    return chr(0xD800 + high) + chr(0xDC00 + low)


@lru_cache(_SOURCES)
def _of_source(source: str) -> str:
    return " ".join([_IN_SOURCE + gram for gram in _spelt(source).split()])


def narrowing(selection: Filter) -> Need:
    """What every headline has that *selection* takes, as far as grams and boards tell.

    Only literal text that must be there narrows, and only texts of two characters or more.

    >>> narrowing(Term("title", (Word("연금"),)))
    'c5f0ae08'
    >>> narrowing(Term("title", (Word("연금"), Word("a")))) == NOTHING
    True
    """
    match selection:
        case Term(field=field, values=values):
            return either([_value(field, value) for value in values])
        case And(parts=parts):
            return every([narrowing(part) for part in parts])
        case Or(parts=parts):
            return either([narrowing(part) for part in parts])
        case _:
            return NOTHING


def every(parts: list[Need]) -> Need:
    """All of *parts* at once, those left out that ask for nothing."""
    asking = [part for part in parts if part != NOTHING]
    return asking[0] if len(asking) == 1 else Every(tuple(asking))


def either(parts: list[Need]) -> Need:
    """Any of *parts*; nothing is asked, where one of them asks for nothing or there are none."""
    if NOTHING in parts or not parts:
        return NOTHING
    return parts[0] if len(parts) == 1 else Either(tuple(parts))


def _value(field: Field, value: Value) -> Need:
    if not isinstance(value, Word):
        return NOTHING
    match field:
        case "board":
            return Named(value.text)
        case "title":
            return _literal(value.text)
        case "source":
            return _literal(value.text, _IN_SOURCE)
        case "text":
            return either([_literal(value.text), _literal(value.text, _IN_SOURCE)])
        case _:
            return NOTHING


def _literal(text: str, mark: str = "") -> Need:
    found = grams(text)
    # Three letters tell all that their pairs do.
    told = {pair for gram in found if len(gram) == _THREE for pair in (gram[:_PAIR], gram[_UNIT:])}
    return every([mark + gram for gram in sorted(found - told)[:MOST]])
