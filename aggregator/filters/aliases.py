"""Parameters of other programs that say what a filter says: RSSHub's, FreshRSS's and rss-funnel's.

``filter…`` and ``filterout…`` (RSSHub) hold expressions, whose case is never looked at; a headline has no text but its
title, so that is its description too. ``keep_only`` and ``discard`` (rss-funnel) are literal. ``filter_time`` counts
seconds, ``hours`` (FreshRSS) hours back from now. What is empty was not asked.
"""

import re
from collections.abc import Iterable

from aggregator.errors import FilterError
from aggregator.filters.patterns import pattern
from aggregator.filters.tree import Ago, Field, Filter, Not, Span, Term, Value, Word
from aggregator.folding import fold

_LOOKS_IN: dict[str, Field] = {
    "": "title",
    "_title": "title",
    "_description": "title",
    "_author": "source",
    "_category": "tag",
}
_EXPRESSIONS = {f"filter{name}": field for name, field in _LOOKS_IN.items()}
_EXCLUSIONS = {f"filterout{name}": field for name, field in _LOOKS_IN.items()}
_SECONDS = {"filter_time": 1, "hours": 3600}
_LITERAL = re.compile(r"[^\\^$.?*+()\[\]{}]+")


def asked(parameters: Iterable[tuple[str, str]]) -> tuple[Filter, ...]:
    """What *parameters* ask for beside a filter of ours, each to be met; those of no other program are passed over.

    Raises FilterError that names the parameter.

    >>> asked([("filterout_author", "광고|보도자료"), ("utm_source", "mail")])
    (Not(part=Term(field='source', values=(Word(text='광고', anchored=False), Word(text='보도자료', anchored=False)))),)
    """
    return tuple(part for name, value in parameters if value for part in _part(name, value))


def _part(name: str, value: str) -> Iterable[Filter]:
    if name in _EXPRESSIONS:
        yield _expression(name, _EXPRESSIONS[name], value)
    elif name in _EXCLUSIONS:
        yield Not(_expression(name, _EXCLUSIONS[name], value))
    elif name in ("keep_only", "discard"):
        literal = Term("text", (_word(name, value),))
        yield literal if name == "keep_only" else Not(literal)
    elif name in _SECONDS:
        if not re.fullmatch("[1-9][0-9]{0,8}", value):
            raise _refusal(name, f"{value[:20]!r} is no count", f"{name}=24, or date:P7D in the filter")
        yield Term("date", (Span(Ago(seconds=int(value) * _SECONDS[name]), None),))
    elif name == "filter_case_sensitive" and value != "false":
        raise _refusal(name, "capitals are never told apart here", "filter_case_sensitive=false")


def _expression(name: str, field: Field, value: str) -> Term:
    """Any of some words, as most such expressions are; else the expression itself, where the field is a text."""
    if _LITERAL.fullmatch(value):
        return Term(field, tuple(_word(name, part) for part in value.split("|")))
    if field == "tag":
        raise _refusal(name, "tags are compared whole", f"{name}=one|other")
    try:
        return Term(field, (_pattern(value),))
    except ValueError as error:
        raise _refusal(name, error.args[0], f"{name}=one|other; {error.args[1]}") from error


def _pattern(value: str) -> Value:
    # A slash would end it where it is printed.
    return pattern(re.sub(r"(\\.)|/", lambda found: found[1] or r"\/", value), ignore_case=True)


def _word(name: str, value: str) -> Word:
    text = fold(value)
    if not text:
        raise _refusal(name, "a word is missing", f"{name}=one|other")
    return Word(text)


def _refusal(name: str, message: str, hint: str) -> FilterError:
    return FilterError(f"{name}: {message}", column=1, hint=hint)
