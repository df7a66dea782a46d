"""A page's links, and which part of them is the document id."""

import re
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

from aggregator.listing.markup import Outline
from aggregator.listing.words import phrases
from aggregator.recipe import LinkRule

_NOWHERE: Final = "http://relative.invalid/"
_CALL: Final = re.compile(r"""(?:return\s+)?([\w.$]+)\s*\(([^()]*['"\d][^()]*)\)""")
_MOVE: Final = re.compile(
    r"""location(?:\.href)?\s*=\s*['"]([^'"]+)['"]|location\.(?:assign|replace)\(\s*['"]([^'"]+)['"]"""
)
# A part of a path that may be a year, a month, a day or these together is no id while another part differs as well.
_DATED: Final = re.compile(r"(?:19|20)\d\d(?:[-_]?[01]\d(?:[-_]?[0-3]\d)?)?|[01]?\d[-_]?[0-3]\d|[0-3]?\d")
_ROOT: Final = re.compile(r"https?://[^/?#]+")
# A call that opens a document is short; in an endless one the pattern below would be looked for at every place.
_SCRIPT_LIMIT: Final = 1000
_MOST: Final = 0.9
_NEARLY: Final = 0.95
# Parameters that say where in the list or how sorted a reader is, never which document.
VOLATILE: Final = phrases("""
    cat | category | cpage | csrf_token | curpage | currentpage | desc | divpage | fbclid | gclid | highlight |
    jsessionid | keyword | lang | listcount | liststyle | my_post_key | offset | order | order_type | orderby | page |
    page_no | page_num | paged | pageindex | pageno | pagenum | pg | phpsessid | prev_no | s | sc | sca |
    search | search_keyword | search_target | select_arrange | session | sessionid | sfl | sid | sn | sn1 | sod |
    sop | sort | sort_index | ss | sst | start | stx | token | utm_campaign | utm_content | utm_medium | utm_source |
    utm_term
""")

Place = Literal["query", "path"]


class Link(NamedTuple):
    """One link: its node, its absolute URL without fragment (None for a script's call), its fragment and its identity.

    ``path`` and ``query`` are the URL taken apart; ``target`` is what tells two links to different places apart.
    """

    at: int
    url: str | None
    fragment: str
    target: str
    host: str
    path: tuple[str, ...]
    query: dict[str, str]


def links(outline: Outline, page_url: str | None) -> list[Link]:
    """Return the page's links to documents in reading order: http(s) URLs, and calls of scripts with an argument."""
    base = urljoin(page_url or _NOWHERE, outline.base or "")
    made: dict[str, Link | None] = {}
    found: list[Link] = []
    for at, node in enumerate(outline.nodes):
        if node.tag != "a":
            continue
        href = (node.attrs.get("href") or "").strip()
        if not href or href.startswith(("#", "javascript:")):
            link = _call(at, href, node.attrs.get("onclick") or "", base)
        else:
            # A menu, a title and its picture lead to the same place: that is taken apart once.
            if href not in made:
                made[href] = _http(at, href, base)
            link = made[href]
        if link is not None:
            found.append(link if link.at == at else link._replace(at=at))
    return found


def _call(at: int, href: str, onclick: str, base: str) -> Link | None:
    script = f"{href[:_SCRIPT_LIMIT]} {onclick[:_SCRIPT_LIMIT]}"
    if moved := _MOVE.search(script):
        return _http(at, moved[1] or moved[2], base)
    called = _CALL.search(script)
    if called is None or "popup" in href or called[1].endswith(("void", "open", "blur")):
        return None
    return Link(at, None, "", f"{called[1]}({called[2]})", "", (called[1],), {called[1]: called[2]})


def _http(at: int, href: str, base: str) -> Link | None:
    try:
        whole = _joined(base, href)
        url, _, fragment = whole.partition("#")
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return None
    pairs = parse_qsl(parts.query, encoding="utf-8", errors="replace") if parts.query else ()
    query = {name: value for name, value in pairs if value}
    path = tuple(unquote(part) for part in parts.path.split("/") if part)
    kept = "&".join(f"{name}={value}" for name, value in sorted(query.items()) if name.lower() not in VOLATILE)
    return Link(at, url, fragment, f"{parts.netloc}/{'/'.join(path)}?{kept}", parts.netloc, path, query)


def _joined(base: str, href: str) -> str:
    """What ``urljoin`` says, said at once where the link is whole, or begins at the root and climbs nowhere."""
    if href.startswith(("http://", "https://")):
        return href
    if href.startswith("/") and not href.startswith("//") and "/." not in href and (root := _ROOT.match(base)):
        return root[0] + href
    return urljoin(base, href)


def served(link: Link) -> str | None:
    """Return the URL of *link* as a row carries it, None where the page's own URL was needed and not known."""
    return None if link.url is None or link.url.startswith(_NOWHERE) else link.url


def link_rule(rows: Sequence[Link | None]) -> LinkRule | None:
    """Return which part of the rows' links differs from row to row: the document id; None where nothing does.

    A query parameter before a path part, numbers before words, never one that sorts or pages. Links to several hosts
    have no rule: what differs there is the whole link.

    >>> from aggregator.listing.markup import parse
    >>> page = parse("<a href='/r?b=news&no=7&page=2'>x</a><a href='/r?b=news&no=6&page=2'>y</a>")
    >>> link_rule(links(page, "http://board.example/"))
    LinkRule(where='query', name='no')
    """
    known = [link for link in rows if link is not None and link.url is not None]
    if len({link.host for link in known}) != 1:
        return None
    wanted = len({link.target for link in known})
    by_rank: list[tuple[tuple[bool, bool, bool, int], LinkRule]] = []
    for where, name in _parts(known):
        held = [value for link in known if (value := _value(link, where, name))]
        if len(held) >= _MOST * len(known) and len(set(held)) >= _NEARLY * wanted and name.lower() not in VOLATILE:
            numeric = sum(value.isdecimal() for value in held) * 2 > len(held)
            dated = where == "path" and all(map(_DATED.fullmatch, held))
            rank = (not dated, numeric, where == "query", int(name) if where == "path" else 0)
            by_rank.append((rank, LinkRule(where=where, name=name)))
    return max(by_rank, key=lambda pair: pair[0])[1] if by_rank else None


def _parts(known: Sequence[Link]) -> list[tuple[Place, str]]:
    parts: list[tuple[Place, str]] = [
        ("query", name) for name in dict.fromkeys(name for link in known for name in link.query)
    ]
    parts += [("path", str(at)) for at in range(max(len(link.path) for link in known))]
    return parts


def _value(link: Link, where: Place, name: str) -> str | None:
    if where == "query":
        return link.query.get(name)
    return link.path[int(name)] if int(name) < len(link.path) else None


def document_id(link: Link, rule: LinkRule | None) -> str | None:
    """Return the part of *link* that *rule* points at, None where it has none."""
    return None if rule is None or link.url is None else _value(link, rule.where, rule.name)


def page_link(page_url: str | None) -> Link | None:
    """Return the page's own URL as a link, to compare its parts with the rows' ones."""
    return _http(-1, page_url, _NOWHERE) if page_url else None
