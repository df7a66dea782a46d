"""What the W3C's feed validator, the formats and HTTP ask of a document; that validator is in no registry.

Each rule is a claim about documents; CONFORMANCE's letters name it. What breaks one is an error, as a warning would be.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import msgspec
from lxml import etree
from lxml.etree import _Element

from benchmarks.judges.documents import Document
from benchmarks.judges.verdicts import Verdict, looks_like_html

TYPES = {
    "atom": "application/atom+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "json": "application/feed+json",
    "txt": "text/plain; charset=utf-8",
    "opml": "text/x-opml; charset=utf-8",
    "html": "text/html; charset=utf-8",
}
NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "dc": "http://purl.org/dc/elements/1.1/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
}
TITLES = "titles that look like HTML"
NONE_OF_FEEDS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffd\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
_URI = re.compile(r"https?://[A-Za-z0-9._\[\]:-]+(?:[/?#][A-Za-z0-9%!$&'()*+,;=:@/?~._-]*)?")
_TAG = re.compile(r"tag:[a-z0-9.-]+,\d{4}:[A-Za-z0-9%!$&'()*+,;=:@/?~._-]+")

Claims = Iterator[tuple[str, bool]]


def judged(documents: Sequence[Document]) -> Iterator[Verdict]:
    """What the rules object to, by kind of document."""
    by_kind: dict[str, Callable[[Document], Claims]] = {"atom": _atom, "rss": _rss, "json": _json}
    verdicts = {kind: Verdict(judge=f"rules of {kind}", documents=0) for kind in by_kind}
    http, titles = Verdict(judge="rules of HTTP", documents=0), Verdict(judge=TITLES, documents=0)
    for document in documents:
        _add(http, document, _http(document))
        if document.kind in by_kind:
            _add(verdicts[document.kind], document, by_kind[document.kind](document))
            _add(verdicts[document.kind], document, _bytes(document))
        if document.kind in ("atom", "rss"):
            titles.documents += 1
            titles.warnings += [
                f"{document.url}: {title}" for _, title, _ in document.entries if looks_like_html(title)
            ]
    yield from (http, *verdicts.values(), titles)


def _add(verdict: Verdict, document: Document, claims: Claims) -> None:
    verdict.documents += document.url not in verdict.seen
    verdict.seen.add(document.url)
    verdict.errors += [f"{document.url}: {name}" for name, holds in claims if not holds]


def _http(document: Document) -> Claims:
    said = document.headers
    if document.kind in TYPES:
        yield "D1 its media type", said["content-type"] == TYPES[document.kind]
    yield "D1 nosniff", said.get("x-content-type-options") == "nosniff"
    yield "D8 no cookie", "set-cookie" not in said
    if document.status == 200 and document.kind in TYPES:  # noqa: PLR2004  HTTP's own number
        yield "D2 a strong ETag", re.fullmatch(r'"[!#-~]+"', said.get("etag", "")) is not None
        yield "D7 Vary", "Accept-Encoding" in said.get("vary", "")
        yield "D8 freshness", "max-age=" in said.get("cache-control", "") or document.kind == "html"
    if "last-modified" in said:
        yield "D3 not modified in the future", parsedate_to_datetime(said["last-modified"]) <= datetime.now(UTC)
    if document.kind in ("atom", "rss", "json", "txt", "opml"):
        yield "D12 CORS for everybody", said.get("access-control-allow-origin") == "*"
    if document.kind in ("atom", "rss", "json") and "/health" not in document.url:
        link = said.get("link", "")
        yield "D13 one self in Link", link.count('rel="self"') == 1 and f"<{document.url}>" in link
        yield "D13 a hub in Link", 'rel="hub"' in link
        yield "D19 queries are not indexed", ("?" in document.url) == ("noindex" in said.get("x-robots-tag", ""))


def _bytes(document: Document) -> Claims:
    text = document.body.decode("utf-8", "strict")
    yield "B10 no character that should not be there", not NONE_OF_FEEDS.search(text)
    if document.kind != "json":
        yield "C16 an XML declaration first", text.startswith("<?xml version='1.0' encoding='UTF-8'?>")
        yield "C16 neither DOCTYPE nor CDATA", "<!DOCTYPE" not in text and "<![CDATA[" not in text


def _entries(document: Document, ids: list[str], links: list[str], titles: list[str]) -> Claims:
    yield "C1 as many entries as in JSON", len(ids) == len(titles) == len(links) == len(document.entries)
    yield "C1 the same in the same order", list(zip(ids, titles, links, strict=False)) == list(document.entries)
    yield "B13 no id twice", len(set(ids)) == len(ids)
    yield "B12 ids are tag URIs", all(map(_TAG.fullmatch, ids))
    yield "B15 links are absolute and ASCII", all(map(_URI.fullmatch, links))
    yield "B11 titles are not blank", all(title.strip() == title != "" for title in titles)


def _past(moments: list[datetime]) -> bool:
    return all(moment <= datetime.now(UTC) for moment in moments)


def _atom(document: Document) -> Claims:
    root = etree.fromstring(document.body)
    entries = root.findall("a:entry", NAMES)
    yield from _entries(
        document, _of(root, "a:entry/a:id"), _of(root, "a:entry/a:link/@href"), _of(root, "a:entry/a:title")
    )
    yield "B1 one self, its own address", _of(root, "a:link[@rel='self']/@href") == [document.url]
    yield "B2 one alternate", len(_of(root, "a:link[@rel='alternate'][@type='text/html']/@href")) == 1
    yield "B3 one link an entry", all(len(entry.findall("a:link", NAMES)) == 1 for entry in entries)
    yield (
        "B4 authors",
        len(_of(root, "a:entry/a:author/a:name")) == len(entries) and len(_of(root, "a:author/a:name")) == 1,
    )
    yield (
        "B6 text in every entry",
        all(map(str.strip, _of(root, "a:entry/a:summary"))) and len(_of(root, "a:entry/a:summary")) == len(entries),
    )
    updated = [datetime.fromisoformat(one) for one in _of(root, "a:entry/a:updated")]
    yield "B7 no two updated at once", len(set(updated)) == len(entries)
    yield (
        "B8 the feed is as young as its youngest entry",
        datetime.fromisoformat(_of(root, "a:updated")[0]) >= max(updated, default=datetime.min.replace(tzinfo=UTC)),
    )
    yield (
        "B20 sources with id, title, updated",
        all(len(_of(root, f"a:entry/a:source/a:{name}")) == len(entries) for name in ("id", "title", "updated"))
        or "/health" in document.url,
    )
    yield "B23 no date in the future", _past([*updated, *map(datetime.fromisoformat, _of(root, "a:entry/a:published"))])
    yield "C10 its language", root.get("{http://www.w3.org/XML/1998/namespace}lang", "") != ""
    yield "no unknown namespace", _namespaces(root) <= {NAMES["a"]} or "tombstones" in document.url


def _rss(document: Document) -> Claims:
    channel = etree.fromstring(document.body)[0]
    items = channel.findall("item")
    yield from _entries(document, _of(channel, "item/guid"), _of(channel, "item/link"), _of(channel, "item/title"))
    yield "B1 one self, its own address", _of(channel, "a:link[@rel='self']/@href") == [document.url]
    yield "B2 the channel's link is the page", _of(channel, "link") == [document.url.replace(".rss", "")]
    yield "B5 dc:creator, no false address", len(_of(channel, "item/dc:creator")) == len(items)
    yield "B5 nobody by address", not channel.xpath("//author|//managingEditor|//webMaster|//comments|//textInput")
    yield "B12 no guid is a permalink", _of(channel, "item/guid/@isPermaLink") == ["false"] * len(items)
    yield (
        "B16 syndication spelt right",
        len(_of(channel, "sy:updatePeriod")) == len(_of(channel, "sy:updateFrequency")) == 1,
    )
    yield "B23 no date in the future", _past(list(map(parsedate_to_datetime, _of(channel, "item/pubDate"))))
    yield "B26 one kind of date", not _of(channel, "item/dc:date") and len(_of(channel, "item/pubDate")) == len(items)
    yield "C10 its language", len(_of(channel, "language")) == 1
    yield "C12 ttl, lastBuildDate", len(_of(channel, "ttl")) == len(_of(channel, "lastBuildDate")) == 1
    yield "descriptions say something", all(map(str.strip, _of(channel, "item/description")))
    yield "no unknown namespace", _namespaces(channel) <= {"", *NAMES.values()}


def _json(document: Document) -> Claims:
    told = msgspec.json.decode(document.body)
    yield "C14 feed_url is its own address", told["feed_url"] == document.url
    yield "C14 next_url is another", told.get("next_url") != document.url
    yield "C14 text in every item", all(item.get("content_text") for item in told["items"])
    yield "C14 authors, not author", all(item["authors"] and "author" not in item for item in told["items"])
    yield "C14 absolute addresses", urlsplit(told["home_page_url"]).scheme in ("http", "https")
    yield from _entries(document, *([item[key] for item in told["items"]] for key in ("id", "url", "title")))


def _of(root: _Element, path: str) -> list[str]:
    """Texts or attributes at an XPath."""
    found = root.xpath(path, namespaces=NAMES)
    return (
        [(one.text or "") if isinstance(one, _Element) else str(one) for one in found]
        if isinstance(found, list)
        else []
    )


def _namespaces(root: _Element) -> set[str]:
    return {etree.QName(one).namespace or "" for one in root.iter()}
