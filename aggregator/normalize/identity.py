"""What makes a headline the same headline tomorrow: its key inside the board, and the guid made of it."""

from hashlib import blake2b
from urllib.parse import quote, unquote, unquote_plus

from yarl import URL

from aggregator.folding import fold
from aggregator.normalize.links import canonical_link
from aggregator.recipe import LinkRule

KEY_LIMIT_CHARS = 200
# RFC 4151 §2.1 lets the specific part of a tag URI hold what a path and a query may hold (RFC 3986 §3.3, §3.4).
_TAG_SAFE = "/?:@!$&'()*+,;=-._~%"


def key(link: str | None, rule: LinkRule | None, *, title: str, source: str | None, day: str | None) -> str:
    """The identity of a headline inside its board: document id, else link, else a versioned fingerprint.

    *link* is canonical. The key of a link leaves the scheme out, so that a board that moves to https keeps its
    headlines. *Shape*: ASCII, 1 to 200 characters, safe in a tag URI.

    >>> key("http://a.kr/news/22514", LinkRule(where="path", name="1"), title="", source=None, day=None)
    '22514'
    """
    if link is None:
        return fingerprint(title, source, day)
    identifier = document_id(link, rule) if rule is not None else None
    if identifier is not None:
        return _short(quote(identifier, safe=""))
    return _short(quote(link.partition("://")[2], safe=_TAG_SAFE))


def document_id(link: str, rule: LinkRule) -> str | None:
    """The board's own key of a document, decoded, read from *link* where *rule* says it is; None where it is not.

    *link* is canonical, so that it can be cut as it stands. Path parts are counted from 0, empty ones left out:
    ``/news/22514`` has ``news`` at 0.
    """
    where, _, query = link.partition("?")
    if rule.where == "path":
        parts = [part for part in where.split("/")[3:] if part]
        return unquote(parts[int(rule.name)]) if rule.name.isdecimal() and int(rule.name) < len(parts) else None
    for parameter in query.split("&"):
        name, _, value = parameter.partition("=")
        if unquote_plus(name) == rule.name and value:
            return unquote_plus(value)
    return None


def list_url(url: str, rule: LinkRule) -> str | None:
    """The list that the document at *url* stands in: its URL without the document id; None where *url* names none.

    >>> list_url("http://a.kr/b.php?bo_table=news&wr_id=7&page=2", LinkRule(where="query", name="wr_id"))
    'http://a.kr/b.php?bo_table=news'
    """
    link = canonical_link(url, rule)
    if document_id(link, rule) is None:
        return None
    whole = URL(link)
    if rule.where == "query":
        kept = [part for part in whole.raw_query_string.split("&") if unquote_plus(part.partition("=")[0]) != rule.name]
        return str(whole.with_query(None)) + (f"?{'&'.join(kept)}" if kept else "")
    parts = [part for part in whole.raw_path.split("/") if part][: int(rule.name)]
    return f"{whole.origin()}/{'/'.join(parts)}"


def fingerprint(title: str, source: str | None, day: str | None) -> str:
    """The key of a headline that has no link: a hash of its folded title, its source and its day in the board's zone.

    The version in front lets a later recipe of the hash stand beside this one.
    """
    written = "\x1f".join((fold(title), fold(source or ""), day or ""))
    return f"v1-{blake2b(written.encode(), digest_size=16).hexdigest()}"


def guid(authority: str, year: int, board_id: int, key: str) -> str:
    """The permanent tag URI of a headline (RFC 4151); *authority* and *year* are the store's own, fixed at its birth.

    >>> guid("feeds.example", 2026, 3, "22514")
    'tag:feeds.example,2026:3/22514'
    """
    return f"tag:{authority},{year}:{board_id}/{key}"


def _short(written: str) -> str:
    if len(written) <= KEY_LIMIT_CHARS:
        return written
    return f"v1-{blake2b(written.encode(), digest_size=16).hexdigest()}"
