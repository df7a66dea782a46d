"""What feedgen cannot say itself, as its extensions: built without arguments, filled, then called while writing."""

from datetime import datetime, timedelta

from lxml.etree import SubElement, _Element

from aggregator.model import Tombstone
from aggregator.render.clean import uri

_ATOM = "http://www.w3.org/2005/Atom"
_AT = "http://purl.org/atompub/tombstones/1.0"
_FH = "http://purl.org/syndication/history/1.0"
_DC = "http://purl.org/dc/elements/1.1/"
_SY = "http://purl.org/rss/1.0/modules/syndication/"
# That the document never changes (RFC 5005 §4).
_ARCHIVE = f"{{{_FH}}}archive"

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


class RssChannel:
    """How often the channel changes, spelt as the syndication module spells it, which feedgen's does not (B16).

    And its links, of which feedgen leaves out all but its own (B25).
    """

    every: timedelta = _HOUR
    links: tuple[tuple[str, str], ...] = ()
    is_archive: bool = False

    def extend_ns(self) -> dict[str, str]:
        """The namespaces of the channel and of its items."""
        return {"dc": _DC, "sy": _SY, **({"fh": _FH} if self.is_archive else {})}

    def extend_rss(self, root: _Element) -> _Element:
        """The root with its channel's links and ``sy:updatePeriod`` and ``…Frequency``: at least so many a period."""
        for rel, url in self.links:
            SubElement(root[0], f"{{{_ATOM}}}link", href=url, rel=rel)
        period, name = (_HOUR, "hourly") if self.every <= _HOUR else (_DAY, "daily")
        SubElement(root[0], f"{{{_SY}}}updatePeriod").text = name
        SubElement(root[0], f"{{{_SY}}}updateFrequency").text = str(max(1, period // self.every))
        if self.is_archive:
            SubElement(root[0], _ARCHIVE)
        return root


class RssItem:
    """Who is credited, which feedgen only prints with an e-mail address (B5), and the last change, as Atom says it."""

    creator: str
    updated: datetime

    def extend_rss(self, item: _Element) -> _Element:
        """The item with ``dc:creator`` and ``atom:updated``."""
        SubElement(item, f"{{{_DC}}}creator").text = self.creator
        SubElement(item, f"{{{_ATOM}}}updated").text = self.updated.isoformat()
        return item


class AtomFeed:
    """The feed's side of ``AtomEntry``, and what is gone from the feed, which only those are told who want it."""

    tombstones: tuple[Tombstone, ...] = ()
    is_archive: bool = False

    def extend_ns(self) -> dict[str, str]:
        """Those of archives and tombstones, where there are any: of the second validators warn."""
        return {**({"at": _AT} if self.tombstones else {}), **({"fh": _FH} if self.is_archive else {})}

    def extend_atom(self, root: _Element) -> _Element:
        """The root with ``fh:archive`` where it is one, and an ``at:deleted-entry`` a tombstone (RFC 6721 §3)."""
        if self.is_archive:
            SubElement(root, _ARCHIVE)
        for tombstone in self.tombstones:
            SubElement(root, f"{{{_AT}}}deleted-entry", ref=uri(tombstone.guid), when=tombstone.deleted_at.isoformat())
        return root


class AtomEntry:
    """Where an aggregated entry comes from: feedgen writes title and link of a source, Atom asks for more (B20)."""

    source_id: str
    updated: datetime

    def extend_atom(self, entry: _Element) -> _Element:
        """The entry whose ``source`` has id and updated too (RFC 4287 §4.2.11)."""
        source = entry.find("source")
        if source is not None:
            SubElement(source, "id").text = self.source_id
            SubElement(source, "updated").text = self.updated.isoformat()
        return entry
