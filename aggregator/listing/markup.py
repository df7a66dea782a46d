"""HTML text → :class:`Outline`: what can be seen of a page, flat and in reading order. The only module that parses.

Everything after it works on plain lists: a node's descendants are ``nodes[at + 1 : nodes[at].end]``.
"""

import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from aggregator.listing.words import phrases

TEXT: Final = "-text"
INLINE: Final = phrases("""
    a | abbr | acronym | b | bdi | bdo | big | br | cite | code | del | dfn | em | font | i | img | input | ins |
    kbd | label | mark | nobr | q | s | samp | small | span | strike | strong | sub | sup | time | tt | u | var |
    wbr
""")
HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_UNSEEN: Final = phrases("""
    script | style | noscript | template | iframe | svg | select | textarea | object | embed | canvas | head |
    dialog | map | -comment | !doctype
""")
_UNSEEN_CLASSES: Final = phrases("""
    sound_only | sound-only | blind | sr-only | sr_only | visually-hidden | visuallyhidden | visually_hidden |
    screen-reader-text | screen-reader | screen_out | a11y-hidden | hide-text | u-hidden | element-invisible |
    ir_text
""")
_FEEDS: Final = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"}
)
# Browsers stop nesting here as well; what lies deeper is nobody's listing.
_LEVELS_LIMIT: Final = 512
_UNSEEN_STYLE: Final = re.compile(r"(?i)display\s*:\s*none|visibility\s*:\s*hidd?en?\b")


class Node:
    """One element or text of a page. ``end`` is one past its last descendant, ``depth`` counts block ancestors only.

    ``ordinal`` counts the block siblings before it; for a table cell it is the column, colspans counted.
    """

    __slots__ = ("attrs", "depth", "end", "ordinal", "parent", "tag", "text", "width")

    def __init__(self, tag: str, attrs: dict[str, str | None], parent: int, depth: int, ordinal: int) -> None:
        self.tag = tag
        self.attrs = attrs
        self.parent = parent
        self.depth = depth
        self.ordinal = ordinal
        self.end = 0
        self.text = ""
        self.width = 0


class Outline:
    """A page's visible nodes in reading order with the parser's ``elements``, and what its head links."""

    __slots__ = ("base", "elements", "feeds", "next_link", "nodes", "root")

    def __init__(self, root: LexborNode | None = None) -> None:
        self.root = root
        self.nodes: list[Node] = []
        self.elements: list[LexborNode] = []
        self.base: str | None = None
        self.next_link: str | None = None
        self.feeds: list[str] = []

    def text(self, start: int, end: int) -> str:
        """Return the visible text of the nodes from *start* to *end*, with one space between words."""
        nodes = self.nodes
        return " ".join(
            "".join(nodes[at].text or (" " if nodes[at].tag not in INLINE else "") for at in range(start, end)).split()
        )

    def ancestors(self, at: int, limit: int = 10_000) -> list[int]:
        """Return *at* and its ancestors, nearest first, *limit* at most."""
        nodes, chain = self.nodes, []
        while at >= 0 and limit:
            chain.append(at)
            at = nodes[at].parent
            limit -= 1
        return chain


def parse(text: str) -> Outline:
    """Return the outline of *text*; anything parses. Ask :func:`~aggregator.listing.guard.suspicion` first."""
    root = LexborHTMLParser(text).root
    outline = Outline(root)
    if root is None:
        return outline
    waiting: list[tuple[LexborNode, int, int]] = [(root, -1, 0)]
    while waiting:
        node, up, level = waiting.pop()
        if up >= 0 and (sibling := node.next) is not None:
            waiting.append((sibling, up, level))
        at = _added(outline.nodes, node, up)
        if len(outline.nodes) > len(outline.elements):
            outline.elements.append(node)
        if at is not None and level < _LEVELS_LIMIT and (child := node.child) is not None:
            waiting.append((child, at, level + 1))
    _close(outline.nodes)
    _read_head(outline, root)
    return outline


def _added(nodes: list[Node], node: LexborNode, up: int) -> int | None:
    """Append a node below *up* where it can be seen; its place where something may stand below it."""
    tag = node.tag or ""
    above = nodes[up] if up >= 0 else None
    depth = 0 if above is None else above.depth + (above.tag not in INLINE)
    if tag == TEXT:
        text = node.text_content or ""
        if text and not text.isspace():
            child = Node(TEXT, {}, up, depth, 0)
            child.text = text
            nodes.append(child)
        elif text and nodes[-1].tag == TEXT:
            nodes[-1].text += " "
        return None
    if not is_seen(tag, attrs := node.attributes):
        return None
    nodes.append(Node(tag, attrs, up, depth, 0 if above is None else above.width))
    if above is not None and tag not in INLINE:
        above.width += _columns(attrs) if tag in {"td", "th"} else 1
    return len(nodes) - 1


def is_seen(tag: str, attrs: dict[str, str | None]) -> bool:
    """Whether an element is shown, and what stands in it."""
    return tag not in _UNSEEN and not _unseen(attrs)


def _unseen(attrs: dict[str, str | None]) -> bool:
    if not attrs:
        return False
    if "hidden" in attrs or _UNSEEN_STYLE.search(attrs.get("style") or ""):
        return True
    names = attrs.get("class")
    return bool(names) and not _UNSEEN_CLASSES.isdisjoint(names.split() if names else ())


def _columns(attrs: dict[str, str | None]) -> int:
    span = (attrs.get("colspan") or "1").strip("\\\"' ")
    return max(1, min(100, int(span))) if span.isdecimal() and span.isascii() else 1


def _close(nodes: list[Node]) -> None:
    for at in range(len(nodes) - 1, -1, -1):
        node = nodes[at]
        node.end = max(node.end, at + 1)
        if node.parent >= 0:
            above = nodes[node.parent]
            above.end = max(above.end, node.end)


def _read_head(outline: Outline, root: LexborNode) -> None:
    base = root.css_first("base[href]")
    outline.base = base.attributes.get("href") if base is not None else None
    following = root.css_first('link[rel="next"][href]')
    outline.next_link = following.attributes.get("href") if following is not None else None
    for link in root.css('link[rel~="alternate"][type][href]'):
        if (link.attributes.get("type") or "").strip().lower() in _FEEDS:
            outline.feeds.append(link.attributes.get("href") or "")
