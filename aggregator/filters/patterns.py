"""Regular expressions of filters: RE2's syntax and its linear time, searched in folded text."""

import re
import unicodedata
from collections.abc import Callable

import re2

from aggregator.filters.tree import Pattern

_LITERAL = re.compile(r"\\[pP]\{[^}]*\}|\\[pP].|\\.|\(\?P?<[^>]*>|\(\?[imsU-]+[:)]|\[:\^?[a-z]+:\]", re.DOTALL)
_IGNORES_CASE = re.compile(r"\(\?[msU]*i")


def pattern(expression: str, *, ignore_case: bool) -> Pattern:
    """The pattern that *expression* writes; raises ValueError with what is wrong and what would be right.

    >>> pattern("의대.*증원", ignore_case=False)
    Pattern(expression='의대.*증원', ignore_case=False)
    """
    made = Pattern(unicodedata.normalize("NFC", expression), ignore_case)
    try:
        _compiled(made)
    except UnicodeEncodeError as error:
        raise ValueError("it holds half a character", "write the whole character") from error
    except re2.error as error:
        raise ValueError(str(error.args[0].decode() if isinstance(error.args[0], bytes) else error), _RIGHT) from error
    if not ignore_case and _asks_for_capitals(made.expression):
        raise ValueError("titles are compared in small letters, so a capital is never found", f"/{made.expression}/i")
    return made


def search(wanted: Pattern) -> Callable[[str], bool]:
    """Whether a folded text holds what *wanted* describes, as a function that was compiled once."""
    compiled = _compiled(wanted)
    # The binding searches bytes three times as fast as text, whose offsets it counts. Stored texts can be encoded.
    return lambda text: compiled.search(text.encode(errors="ignore")) is not None


_RIGHT = "RE2's syntax: https://github.com/google/re2/wiki/Syntax"


def _compiled(wanted: Pattern) -> "re2._Regexp[str]":
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.case_sensitive = not wanted.ignore_case
    return re2.compile(wanted.expression, options=options)


def _asks_for_capitals(expression: str) -> bool:
    if _IGNORES_CASE.search(expression):
        return False
    return any(character.isupper() for character in _LITERAL.sub("", expression))
