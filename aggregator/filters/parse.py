"""Text to a filter, by the grammar below; every refusal says where and what would be right.

::

    expr  = and *( SP "OR" SP and )                  OR is weakest
    and   = not *( SP not )                          a blank is AND
    not   = [ "-" ] ( "(" expr ")" / term )          "-" binds tightest; "!" is an alias
    term  = [ field ":" ] value *( "," value )       a comma, or its alias "|", is any-of
    value = ( word / "'" phrase "'" ) [ "*" ] / "/" re2 "/" [ "i" ] / range
    range = [ lo ] ".." [ hi ]
    field = title / source / link / board / tag / no / date / seen / is

A star behind a word lets it begin words only. A doubled quote inside a phrase is one; "…" is an alias.
"""

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import NoReturn, get_args

from aggregator.errors import FilterError
from aggregator.filters import values
from aggregator.filters.canonical import simplified
from aggregator.filters.patterns import pattern
from aggregator.filters.tree import EVERYTHING, And, Field, Filter, Not, Or, Pattern, Span, Term, Value, Word
from aggregator.folding import fold

LIMIT_CHARS = 2_000
LIMIT_TERMS = 64
LIMIT_LEVELS = 8

_FIELDS: dict[str, Field] = {field: field for field in get_args(Field) if field != "text"}
# What other programs call our fields; the second row reads its values in its own way.
_ALIASES: dict[str, Field] = {
    "intitle": "title",
    "author": "source",
    "inurl": "link",
    "site": "link",
    "pubdate": "date",
}
_TIMES: dict[str, Callable[[str], Span]] = {"after": values.after, "before": values.before, "when": values.when}
_CHOICE = f"the fields are {', '.join(f'{field}:' for field in _FIELDS)}"
_BLANKS = re.compile(r"\s*")
_FIELD = re.compile(r"([^\s,()|:'\"/-][^\s,()|:'\"/]*):")
_WORD = re.compile(r"[^\s,()|]+")
_PHRASE = {quote: re.compile(rf"{quote}((?:[^{quote}]|{quote}{quote})*){quote}") for quote in "'\""}
_PATTERN = re.compile(r"/((?:[^/\\]|\\.)*)/(i?)", re.DOTALL)
_OR = re.compile(r"OR(?=[\s()]|$)")
_FOREIGN = re.compile(r"(?:AND|NOT)(?=[\s()]|$)")
_ENDS = re.compile(r"[\s,|()]|$")
_STAR = "a star cannot stand here: words are found inside words too"

Reader = Callable[[str], Value]


def parse(text: str) -> Filter:
    """The filter that *text* writes, simplified; text of blanks selects everything.

    Raises FilterError with column and hint where the text is not of the grammar or beyond 2,000 characters, 64 values
    or 8 levels of parentheses.

    >>> parse("intitle:연금*")
    Term(field='title', values=(Word(text='연금', anchored=True),))
    """
    if len(text) > LIMIT_CHARS:
        raise FilterError(
            f"the filter has {len(text)} characters", column=LIMIT_CHARS + 1, hint=f"at most {LIMIT_CHARS:,} characters"
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
            rest = self.text[: self.at] + self.text[self.at + 1 :]
            self.refuse("a parenthesis is closed that was not opened", f"remove it: {rest} or put it in quotes: ')'")
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
        if foreign := _FOREIGN.match(self.text, self.at):
            right = "-" if foreign[0] == "NOT" else ""
            corrected = self.text[: self.at] + right + self.text[foreign.end() :].lstrip()
            message = "AND and NOT are not words of this language"
            self.refuse(message, f"a blank means and, a hyphen in front means not: {corrected}")
        if self.sees("-") or self.sees("!"):
            self.at += 1
            if self.is_at_end() or self.text[self.at].isspace() or self.sees("-") or self.sees("!"):
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
            right = f"close it: {self.text.rstrip()}) or put it in quotes: '('"
            self.refuse("this parenthesis is never closed", right, opened)
        self.at += 1
        self.levels -= 1
        return selection

    def term(self) -> Filter:
        field, reader = self.field()
        found = [self.value(field, reader)]
        while self.sees(",") or self.sees("|"):
            self.at += 1
            found.append(self.value(field, reader))
        return Term(field, tuple(found))

    def field(self) -> tuple[Field, Reader]:
        if self.sees("#"):
            self.at += 1
            return "tag", self.reader("tag")
        named = _FIELD.match(self.text, self.at)
        if named is None:
            return "text", self.reader("text")
        name = fold(named[1])
        if name not in {*_FIELDS, *_ALIASES, *_TIMES}:
            near = get_close_matches(name, [*_FIELDS, *_ALIASES], n=1)
            corrected = f"{self.text[: self.at]}{near[0]}:{self.text[named.end() :]}" if near else ""
            wish = f"did you mean {corrected}" if near else "put quotes around text that holds a colon"
            self.refuse(f"there is no field {named[1]!r}", f"{wish}; {_CHOICE}")
        self.at = named.end()
        if name in _TIMES:
            return "date", _TIMES[name]
        field = _FIELDS.get(name) or _ALIASES[name]
        return field, self.reader(field)

    def reader(self, field: Field) -> Reader:
        return lambda written: values.read(field, written)

    def value(self, field: Field, reader: Reader) -> Value:
        begun = self.at
        self.terms += 1
        if self.terms > LIMIT_TERMS:
            self.refuse("the filter has too many values", f"at most {LIMIT_TERMS} terms are allowed")
        try:
            if self.sees("/") and field in values.TEXTUAL:
                return self.pattern()
            written, anchored = self.phrase() if self.sees("'") or self.sees('"') else self.word(field)
            value = reader(written)
        except ValueError as error:
            self.refuse(error.args[0], error.args[1], begun)
        if not anchored:
            return value
        if not isinstance(value, Word) or field not in values.TEXTUAL:
            self.refuse(_STAR, f"{field}: compares whole values", self.at - 1)
        return Word(value.text, anchored)

    def pattern(self) -> Pattern:
        found = _PATTERN.match(self.text, self.at)
        if found is None or not _ENDS.match(self.text, found.end()):
            word = _WORD.match(self.text, self.at)
            right = f"close it with / or /i, or put the text in quotes: '{word[0] if word else ''}'"
            self.refuse("this regular expression is not closed", f"{right}; a slash inside is written \\/")
        if not found[1]:
            self.refuse("this regular expression is empty", "write one between the slashes, or '//' in quotes")
        self.at = found.end()
        return pattern(found[1], ignore_case=bool(found[2]))

    def phrase(self) -> tuple[str, bool]:
        quote = self.text[self.at]
        found = _PHRASE[quote].match(self.text, self.at)
        if found is None:
            right = f"close it: {self.text}{quote} where a quote inside a phrase is doubled"
            self.refuse("this quote is never closed", right)
        self.at = found.end()
        anchored = self.sees("*")
        self.at += anchored
        if not _ENDS.match(self.text, self.at):
            self.refuse("a phrase ends with its quote", "put a blank behind the quote, or double a quote inside")
        return found[1].replace(quote * 2, quote), anchored

    def word(self, field: Field) -> tuple[str, bool]:
        found = _WORD.match(self.text, self.at)
        if found is None:
            self.refuse("a value is missing here", "write a word, or a phrase in quotes")
        word, anchored = found[0], False
        if field in values.TEXTUAL and len(word) > 1 and word.endswith("*"):
            word, anchored = word[:-1], True
        if "*" in word:
            right = f"a star stands behind what begins a word, as in 단독*; for a star itself write '{found[0]}'"
            self.refuse(_STAR, right, self.at + found[0].index("*"))
        self.at = found.end()
        return word, anchored

    def took(self, wanted: re.Pattern[str]) -> bool:
        self.skip_blanks()
        found = wanted.match(self.text, self.at)
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
