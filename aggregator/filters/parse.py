"""Text to a filter, by the grammar below; every refusal says where and what would be right.

::

    expr  = and *( SP "OR" SP and )                 OR is weakest
    and   = not *( SP not )                         a blank is AND
    not   = [ "-" ] ( "(" expr ")" / term )         "-" binds tightest
    term  = [ field ":" ] value *( "," value )      a comma, or its alias "|", is any-of
    value = word / "'" phrase "'"                   a doubled quote inside a phrase is one; "…" is an alias
    field = title / source / board
"""

import re
from difflib import get_close_matches
from typing import NoReturn, get_args

from aggregator.errors import FilterError
from aggregator.filters.canonical import simplified
from aggregator.filters.tree import EVERYTHING, And, Field, Filter, Not, Or, Term
from aggregator.folding import fold

LIMIT_CHARS = 2_000
LIMIT_TERMS = 64
LIMIT_LEVELS = 8

_FIELDS: dict[str, Field] = {field: field for field in get_args(Field) if field != "text"}
_CHOICE = "the fields are title:, source: and board:"
_BLANKS = re.compile(r"\s*")
_FIELD = re.compile(r"([^\s,()|:'\"-][^\s,()|:'\"]*):")
_WORD = re.compile(r"[^\s,()|]+")
_PHRASE = {quote: re.compile(rf"{quote}((?:[^{quote}]|{quote}{quote})*){quote}") for quote in "'\""}
_OR = re.compile(r"OR(?=[\s()]|$)")
_FOREIGN = re.compile(r"(?:AND|NOT)(?=[\s()]|$)")


def parse(text: str) -> Filter:
    """The filter that *text* writes, simplified; text of blanks selects everything.

    Raises FilterError with column and hint where the text is not of the grammar or beyond 2,000 characters, 64 values
    or 8 levels of parentheses.

    >>> parse("연금 -source:광고")
    And(parts=(Not(part=Term(field='source', values=('광고',))), Term(field='text', values=('연금',))))
    """
    if len(text) > LIMIT_CHARS:
        raise FilterError(
            f"the filter has {len(text)} characters", column=LIMIT_CHARS + 1, hint=f"at most {LIMIT_CHARS} are allowed"
        )
    return simplified(_Parser(text).whole())


class _Parser:
    """One pass over the text, left to right; ``at`` is the next character to read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.terms = 0
        self.levels = 0

    def whole(self) -> Filter:
        self.skip_blanks()
        if self.is_at_end():
            return EVERYTHING
        selection = self.expression()
        if not self.is_at_end():
            self.refuse("a parenthesis is closed that was not opened", "remove it, or put it in quotes: ')'")
        return selection

    def expression(self) -> Filter:
        parts = [self.conjunction()]
        while self.took(_OR):
            parts.append(self.conjunction())
        return Or(tuple(parts))

    def conjunction(self) -> Filter:
        parts: list[Filter] = []
        self.skip_blanks()
        while not (self.is_at_end() or self.sees(")") or _OR.match(self.text, self.at)):
            parts.append(self.negation())
            self.skip_blanks()
        if not parts:
            self.refuse("something to search for is missing here", "OR stands between two parts, and () is never empty")
        return And(tuple(parts))

    def negation(self) -> Filter:
        if _FOREIGN.match(self.text, self.at):
            self.refuse("AND and NOT are not words of this language", "a blank means and, a hyphen in front means not")
        if self.sees("-"):
            self.at += 1
            if self.is_at_end() or self.text[self.at].isspace() or self.sees("-"):
                self.refuse("a hyphen must touch what it excludes", "write -word, or '-' in quotes")
            return Not(self.operand())
        return self.operand()

    def operand(self) -> Filter:
        if not self.sees("("):
            return self.term()
        opened = self.at
        self.at += 1
        self.levels += 1
        if self.levels > LIMIT_LEVELS:
            self.refuse("parentheses are nested too deep", f"at most {LIMIT_LEVELS} levels are allowed", opened)
        selection = self.expression()
        if not self.sees(")"):
            self.refuse("this parenthesis is never closed", "close it, or put it in quotes: '('", opened)
        self.at += 1
        self.levels -= 1
        return selection

    def term(self) -> Filter:
        field = self.field()
        values = [self.value(field)]
        while self.sees(",") or self.sees("|"):
            self.at += 1
            values.append(self.value(field))
        return Term(field, tuple(values))

    def field(self) -> Field:
        named = _FIELD.match(self.text, self.at)
        if named is None:
            return "text"
        name = fold(named[1])
        if name not in _FIELDS:
            near = get_close_matches(name, _FIELDS, n=1)
            wish = f"did you mean {near[0]}: ?" if near else "put quotes around text that holds a colon"
            self.refuse(f"there is no field {named[1]!r}", f"{_CHOICE}; {wish}")
        self.at = named.end()
        return _FIELDS[name]

    def value(self, field: Field) -> str:
        begun = self.at
        self.terms += 1
        if self.terms > LIMIT_TERMS:
            self.refuse("the filter has too many values", f"at most {LIMIT_TERMS} are allowed")
        value = fold(self.phrase() if self.sees("'") or self.sees('"') else self.word(field))
        if not value:
            self.refuse("a value is missing here", "write a word, or a phrase in quotes", begun)
        return value

    def phrase(self) -> str:
        quote = self.text[self.at]
        found = _PHRASE[quote].match(self.text, self.at)
        if found is None:
            self.refuse("this quote is never closed", f"close it with {quote}; a quote inside a phrase is doubled")
        self.at = found.end()
        if not (self.is_at_end() or self.text[self.at].isspace() or self.text[self.at] in ",|()"):
            self.refuse("a phrase ends with its quote", "put a blank behind the quote, or double a quote inside")
        return found[1].replace(quote * 2, quote)

    def word(self, field: Field) -> str:
        found = _WORD.match(self.text, self.at)
        if found is None:
            self.refuse("a value is missing here", "write a word, or a phrase in quotes")
        word = found[0]
        if word.startswith("/"):
            self.refuse("regular expressions are not offered", f"for the text itself write '{word}' in quotes")
        if "*" in word:
            self.refuse("there are no wildcards: every word is found inside words too", f"for the star write '{word}'")
        if field == "board" and word.startswith("@"):
            self.refuse("boards have no tags", "name boards by slug, as in board:news,notice")
        self.at = found.end()
        return word

    def took(self, pattern: re.Pattern[str]) -> bool:
        self.skip_blanks()
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found is not None

    def skip_blanks(self) -> None:
        found = _BLANKS.match(self.text, self.at)
        self.at = self.at if found is None else found.end()

    def is_at_end(self) -> bool:
        return self.at >= len(self.text)

    def sees(self, character: str) -> bool:
        return self.text.startswith(character, self.at)

    def refuse(self, message: str, hint: str, at: int | None = None) -> NoReturn:
        raise FilterError(message, column=(self.at if at is None else at) + 1, hint=hint)
