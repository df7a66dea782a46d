"""OPML 2.0: a list of feeds, which readers take in one go."""

from collections.abc import Mapping, Sequence

from lxml.etree import Element, SubElement, _Element, tostring
from msgspec import Struct

from aggregator.render import clean

MEDIA_TYPE = "text/x-opml"


class Outline(Struct, frozen=True, kw_only=True):
    """A feed: its name, its document and its page."""

    title: str
    feed_url: str
    page_url: str


def written(title: str, folders: Mapping[str, Sequence[Outline]]) -> bytes:
    """The feeds as an OPML document in UTF-8, those of each named folder in it, those of "" before them (C18).

    ``type`` is rss whatever the feed's format: OPML knows no other word, and ``version`` makes validators warn.
    """
    root = Element("opml", version="2.0")
    SubElement(SubElement(root, "head"), "title").text = clean.title(title)
    body = SubElement(root, "body")
    for name, outlines in sorted(folders.items(), key=lambda folder: bool(folder[0])):
        folder = SubElement(body, "outline", text=clean.title(name)) if name and outlines else body
        for outline in outlines:
            _add(folder, outline)
    return tostring(root, encoding="UTF-8", xml_declaration=True)


def _add(folder: _Element, outline: Outline) -> None:
    name = clean.title(outline.title)
    said = {"type": "rss", "text": name, "title": name, "xmlUrl": outline.feed_url, "htmlUrl": outline.page_url}
    SubElement(folder, "outline", said)
