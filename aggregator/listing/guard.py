"""What must not be parsed: pages on which the parser would take seconds or minutes.

Lexbor is quadratic in nesting, in attributes on one tag and in unclosed formatting tags: 38 KB of these take 6 s.
"""

import re
from itertools import accumulate
from typing import Final

from aggregator.listing.words import phrases

_OPEN_FORMATTING_LIMIT: Final = 300
_STRAIN_LIMIT: Final = 40_000
_SELECTABLE_DEPTH: Final = 250
_DEPTH_LIMIT: Final = 2000
_ATTRIBUTES_LIMIT: Final = 500
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_LONG_TAG: Final = re.compile(r"<[a-zA-Z][^>]{1500,}")
_NAMES: Final = "a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u"
_FORMATTING: Final = frozenset(_NAMES.split("|"))
# A formatting tag that is not closed right after its own text (its name), or any tag that may nest (nothing).
_PILING: Final = re.compile(
    rf"<(?:({_NAMES})(?=[\s>/])(?!(?:\s[^<>]*)?>[^<]*</\1>)|"
    rf"(?!(?:{_NAMES}|td|th|tr|li|p|br|img)[\s>/])[a-z])".encode()
)
_NESTING: Final = re.compile(rb"<(/?)(?!(?:td|th|tr|li|p|br|img|input|meta|link|hr|dt|dd|tbody|thead)[\s>/])[a-z]")
_FOLLOWED: Final = _FORMATTING | {"caption", "table", "td", "th"}
_UNNESTED: Final = phrases("""
    area | base | br | col | embed | frame | hr | img | input | link | meta | param | source | track | wbr | p | li |
    dt | dd | tr | td | th | tbody | thead | tfoot | option | optgroup | colgroup | caption | rp | rt | html | head |
    body
""")


class _Formatting:
    """The formatting tags left open, a table's cells apart; ``strain`` grows as closing them out of order costs."""

    def __init__(self) -> None:
        self.levels: list[list[str]] = [[]]
        self.strain = 0

    def take(self, tag: str, *, closing: bool) -> None:
        """Follow one tag as the parser does: a cell starts afresh, a table's end returns to what was open before."""
        left = self.levels[-1]
        if tag in {"td", "th", "caption"}:
            left.clear()
        elif tag == "table" and not closing:
            self.levels.append([])
        elif tag == "table" and len(self.levels) > 1:
            self.levels.pop()
        elif tag in _FORMATTING:
            self._format(tag, left, closing=closing)

    def _format(self, tag: str, left: list[str], *, closing: bool) -> None:
        if not closing:
            left.append(tag)
        elif left and left[-1] == tag:
            left.pop()
        elif tag in left:
            self.strain += len(left)
            left.remove(tag)


def suspicion(text: str) -> str | None:
    """Return why *text* would be dangerously slow to parse, None where it is harmless."""
    if any(len(tag.split(None, _ATTRIBUTES_LIMIT)) > _ATTRIBUTES_LIMIT for tag in _LONG_TAG.findall(text)):
        return "too many attributes on one tag"
    return None if _flat(text) else _nesting(text)


def is_deep(text: str) -> bool:
    """Whether tags nest so deeply that selectors take long: the parser tries each at every level of a page."""
    if text.count("<") - text.count("</") <= _SELECTABLE_DEPTH:
        return False
    ends = _NESTING.findall(text.encode("utf-8", "replace").lower())
    return max(accumulate(-1 if end else 1 for end in ends), default=0) > _SELECTABLE_DEPTH


def _flat(text: str) -> bool:
    """Whether counting alone shows that tags cannot pile up: formatting is mostly closed right after its own text.

    What is closed so never waits; of ``n`` others at most ``n`` are closed out of order, past at most ``n`` open ones.
    """
    # Bytes are made lower case at once, and a pattern without regard to case is three times as slow.
    found = _PILING.findall(text.encode("utf-8", "replace").lower())
    unclosed = len(found) - found.count(b"")
    return len(found) - unclosed <= _DEPTH_LIMIT and unclosed * unclosed <= _STRAIN_LIMIT


def _nesting(text: str) -> str | None:
    """Follow every tag: the exact answer, an order of magnitude slower."""
    formatting, depth = _Formatting(), 0
    for slash, name in _TAG.findall(text):
        tag = name.lower()
        if tag not in _UNNESTED and tag not in _FORMATTING:
            depth = max(0, depth + (-1 if slash else 1))
            if depth > _DEPTH_LIMIT:
                return "nested too deeply"
        if tag in _FOLLOWED:
            formatting.take(tag, closing=bool(slash))
            if len(formatting.levels[-1]) > _OPEN_FORMATTING_LIMIT or formatting.strain > _STRAIN_LIMIT:
                return "too many unclosed formatting tags"
    return None
