"""Which of our feeds a URL is the address of, and its document as a GET gives it now."""

import re
from collections.abc import Callable, Collection
from datetime import datetime
from typing import cast
from urllib.parse import parse_qsl, unquote
from zoneinfo import ZoneInfo

from msgspec import Struct

from aggregator import publish, render
from aggregator.document import Document
from aggregator.errors import UnknownFeedError
from aggregator.push.links import links
from aggregator.request import minute_end
from aggregator.store import Store

_PATH = re.compile(rf"/(?:feed|(board|topic)s/([^/?#]+))\.({'|'.join(render.FORMATS)})(?:\?([^#]*))?")


class Address(Struct, frozen=True):
    """A feed in one format."""

    request: publish.Request
    format: render.Format


class Current(Struct, frozen=True):
    """A document with the ``Link`` header that goes with it."""

    document: Document
    link: str


def addressed(url: str, public_url: str) -> Address:
    """The feed that ``url`` is an address of. Raises UnknownFeedError for another's, FilterError for a wrong query."""
    found = _path(url, public_url)
    if found is None:
        raise UnknownFeedError("hub.topic is no public feed of this server.")
    # The first of a name counts, as it does where the feed is served.
    parameters = dict(reversed(parse_qsl(found[4] or "", keep_blank_values=True)))
    kind = cast("publish.Kind", found[1] or "all")
    wanted = publish.request(kind, unquote(found[2] or ""), parameters)
    if wanted.archive is not None:
        raise UnknownFeedError("hub.topic is an archive, of which there is never any news.")
    return Address(wanted, cast("render.Format", found[3]))


class Documents(Struct, frozen=True, kw_only=True):
    """The documents of a store's feeds, by address."""

    store: Store
    public_url: str
    hubs: tuple[str, ...]
    clock: Callable[[], datetime]
    zone: ZoneInfo

    async def current(self, url: str) -> Current:
        """What a GET of ``url`` gives. Raises RequestError where it gives none."""
        address = addressed(url, self.public_url)
        until = minute_end(self.clock())
        feed = await publish.feed(self.store, address.request, self.public_url, until, self.zone, hubs=self.hubs)
        return Current(render.document(feed, address.format), links(feed, address.format))

    def concerned(self, url: str, boards: Collection[str]) -> bool:
        """Whether news of ``boards`` may stand in the feed at ``url``; so they may in one that is none any more."""
        found = _path(url, self.public_url)
        return found is None or found[1] != "board" or unquote(found[2]) in boards


def _path(url: str, public_url: str) -> re.Match[str] | None:
    return _PATH.fullmatch(url.removeprefix(public_url)) if url.startswith(public_url) else None
