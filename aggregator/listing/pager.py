"""The next page of a listing: what the page says, else the pager's own links, learnt by comparing them."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final, NamedTuple
from urllib.parse import urldefrag, urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from aggregator.listing import shapes, words
from aggregator.listing.guard import is_deep, suspicion
from aggregator.listing.links import Link, page_link, served
from aggregator.listing.markup import TEXT, Outline, is_seen

_PAGE: Final = re.compile(r"[\[(]?\s*(\d{1,6})\s*[\])]?(?:\s*(?:페이지|page|ページ|页|頁))?")
_PART: Final = re.compile(r"(?:page|p)?-?(\d{1,6})(?:\.\w+)?")
_ROWS: Final = re.compile(r"\{rows:(\d+)\}")
_NEAR: Final = 12
_SCRIPTED: Final = ("#", "javascript:")
_NEXT: Final = frozenset("".join(label.split()) for label in words.NEXT)


class Step(NamedTuple):
    """A link that a pager prints as a page's number."""

    link: Link
    number: int


def next_page(outline: Outline, links: Sequence[Link], rows: Iterable[range], page_url: str | None) -> str | None:
    """Return the absolute URL of the next page, None on the last one or where no pager was found.

    *rows* are the places of the listing's rows: links inside them page through comments, not through the list.
    """
    inside = list(rows)
    outer = [link for link in links if link.url and not any(link.at in row for row in inside)]
    for link in outer:
        if (outline.nodes[link.at].attrs.get("rel") or "").lower() == "next":
            return served(link)
    name, steps = _steps(outline, outer)
    if steps:
        return _following(outer, name, steps, _bare(outline, steps, inside) or _own(page_url, name) or 1)
    worded = [link for link in outer if _label(outline, link) in words.NEXT]
    return served(worded[0]) if worded else None


def may_go_on(text: str, page_url: str | None, rows: Collection[str]) -> bool:
    """Whether a page has a link that ``next_page`` could take for the next one, other than to the *rows* (URLs).

    It costs a fraction of finding out. A page that is slow to parse may.
    """
    if suspicion(text) is not None or is_deep(text):
        return True
    known = {_place(row, None) for row in rows}
    leading = [link for link in LexborHTMLParser(text).css("a") if _may_lead_on(link)]
    hrefs = [(link.attributes.get("href") or "").strip() for link in leading]
    # Scripts lead anywhere.
    return any(not href or href.startswith(_SCRIPTED) or _place(href, page_url) not in known for href in hrefs)


def _place(href: str, page_url: str | None) -> str:
    """Where a link leads, without the place on that page; itself where that is nowhere."""
    try:
        return urldefrag(urljoin(page_url or "", href))[0]
    except ValueError:
        return href


def _may_lead_on(link: LexborNode) -> bool:
    if "next" in (link.attributes.get("rel") or "").lower():
        return True
    said = "".join(_seen(link)) or "".join(image.attributes.get("alt") or "" for image in link.css("img"))
    label = "".join(said.lower().split())
    return _PAGE.fullmatch(label) is not None or label in _NEXT


def _seen(node: LexborNode) -> Iterator[str]:
    """The texts in an element that can be seen."""
    for child in node.iter(include_text=True):
        tag = child.tag or ""
        if tag == TEXT:
            yield (child.text_content or "").strip()
        elif is_seen(tag, child.attributes):
            yield from _seen(child)


def _label(outline: Outline, link: Link) -> str:
    node = outline.nodes[link.at]
    text = outline.text(link.at + 1, node.end)
    images = [inside.attrs.get("alt") or "" for inside in outline.nodes[link.at : node.end] if inside.tag == "img"]
    return " ".join((text or " ".join(images)).lower().split())


def _steps(outline: Outline, outer: Sequence[Link]) -> tuple[str, list[Step]]:
    """The pager's numbered links, with the query parameter or path part in which all of them say their number."""
    groups: dict[tuple[str, str], list[Step]] = defaultdict(list)
    for link in outer:
        found = _PAGE.fullmatch(outline.text(link.at + 1, outline.nodes[link.at].end))
        if found:
            for name in _carriers(link, int(found[1])):
                groups[link.host, name].append(Step(link, int(found[1])))
    (_, name), steps = max(
        groups.items(), key=lambda group: len({step.number for step in group[1]}), default=(("", ""), [])
    )
    return name, steps


def _carriers(link: Link, number: int) -> list[str]:
    """The query parameters (``name``) and path parts (``/index``) of *link* that say *number*."""
    names = [name for name, value in link.query.items() if value == str(number)]
    return names + [
        f"/{at}" for at, part in enumerate(link.path) if (found := _PART.fullmatch(part)) and int(found[1]) == number
    ]


def _following(outer: Sequence[Link], name: str, steps: Sequence[Step], here: int) -> str | None:
    """The link to the page after *here*: printed as a number, or an arrow whose URL says it."""
    numbered = (step.link for step in steps if step.number == here + 1)
    arrows = (link for link in outer if _said(link, name) == here + 1)
    following = next(numbered, None) or next(arrows, None)
    return served(following) if following else None


def _bare(outline: Outline, steps: Sequence[Step], rows: Sequence[range]) -> int | None:
    """The number that stands unlinked among or beside the pager's links."""
    printed = {step.number for step in steps}
    linked = {at for step in steps for at in range(step.link.at, outline.nodes[step.link.at].end)}
    near = {
        at
        for step in steps
        for at in range(max(0, step.link.at - _NEAR), min(len(outline.nodes), step.link.at + _NEAR))
    }
    for at in sorted(near - linked):
        found = _PAGE.fullmatch(outline.nodes[at].text.strip())
        if (
            found
            and int(found[1]) not in printed
            and _fits(int(found[1]), printed)
            and not any(at in row for row in rows)
        ):
            return int(found[1])
    return None


def _fits(number: int, printed: set[int]) -> bool:
    return bool({number - 1, number + 1} & printed)


def _own(page_url: str | None, name: str) -> int | None:
    page = page_link(page_url)
    return _said(page, name) if page else None


def _said(link: Link, name: str) -> int | None:
    """The page's number in the part of *link* that the pager counts in."""
    if name.startswith("/"):
        found = _PART.fullmatch(link.path[int(name[1:])]) if int(name[1:]) < len(link.path) else None
        return int(found[1]) if found else None
    return shapes.number(link.query.get(name, ""))


def pages(following: str | None, url: str | None, rows: int = 0) -> str:
    """The URL of every page, ``{page}`` where that of the next page says a number one greater than the page's own.

    A page that says none is the first one. Where the number says how many rows stand above the page, ``rows`` more than
    above its own, ``{rows:20}`` stands for it. Empty where no number tells the two apart. ``paged`` reads it.

    >>> pages("http://a.kr/list?id=news&page=2", "http://a.kr/list?id=news")
    'http://a.kr/list?id=news&page={page}'
    >>> pages("http://a.kr/news/page/2", "http://a.kr/news")
    'http://a.kr/news/page/{page}'
    >>> pages("http://a.kr/list?f=5&start=25", "http://a.kr/list?f=5", 25)
    'http://a.kr/list?f=5&start={rows:25}'
    """
    after, own = page_link(following), page_link(url)
    if after is None or own is None or after.host != own.host or following is None:
        return ""
    for name, value in after.query.items():
        there = rf"([?&]{re.escape(name)}=){re.escape(value)}(?=&|$)"
        if _apart(own.query.get(name, "1"), value) == 1:
            return _spelt(following, there, "{page}")
        if rows > 1 and _apart(own.query.get(name, "0"), value) == rows:
            return _spelt(following, there, f"{{rows:{rows}}}")
    for at, part in enumerate(after.path):
        before = own.path[at] if at < len(own.path) else "1"
        if _apart(before, part) == 1:
            return _spelt(following, rf"(//[^/?]+(?:/[^/?]*){{{at}}}/){part}(?=[/?]|$)", "{page}")
    return ""


def paged(pattern: str, page: int) -> str:
    """The URL of a page, counted from 1, of those that ``pages`` found.

    >>> paged("http://a.kr/list?f=5&start={rows:25}", 3)
    'http://a.kr/list?f=5&start=50'
    """
    return _ROWS.sub(lambda said: str(int(said[1]) * (page - 1)), pattern).replace("{page}", str(page))


def _apart(before: str, after: str) -> int | None:
    return int(after) - int(before) if before.isdecimal() and after.isdecimal() else None


def _spelt(following: str, number: str, stands: str) -> str:
    spelt = re.sub(number, lambda said: said[1] + stands, following)
    return spelt if spelt != following else ""
