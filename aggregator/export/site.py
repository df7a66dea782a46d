"""What of the server's answers can stand in files, and the file of each: the path that its URL is decoded to.

A page has ``.html`` behind its path, and the front page is ``index.html``. What is not listed here (filters of one's
own, ledgers, the API, events) is answered by the server alone.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from aggregator import outlines, publish, render, web
from aggregator.bulletin import PATH as HEALTH
from aggregator.bulletin import bulletin
from aggregator.document import etag
from aggregator.errors import ExportError
from aggregator.model import Feed
from aggregator.publish import Catalog, Request
from aggregator.render import FORMATS, Fragments
from aggregator.settings import Settings
from aggregator.shelf import minute_end
from aggregator.store import Store
from aggregator.web.paper import Beside, Paper

File = tuple[str, bytes]
EVERYTHING = Request()
_NO_URLS: dict[str, str] = dict.fromkeys(FORMATS, "")
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
# What a file system takes for a name, and what is put behind a slug at the most.
_NAME_BYTES, _ENDING_BYTES = 255, len(".atom.zst")
_STATIC = Path(web.__file__).parent / "static"


class Site:
    """The public feeds and pages of a store as files, with the bytes that the server answers with."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self._public_url, self._hubs = settings.public_url.rstrip("/"), settings.hubs
        self._zone = ZoneInfo(settings.polling.timezone)
        self._paper = Paper(store, self._public_url, settings.polling)
        self._fragments = Fragments(settings.server.cache // 2)

    async def selected(self, wanted: Request, now: datetime) -> Feed:
        """What the feed holds. Raises UnknownFeedError or GoneFeedError where it is public no more."""
        until = minute_end(now)
        return await publish.feed(self.store, wanted, self._public_url, until, self._zone, hubs=self._hubs)

    async def beside(self, wanted: Request, catalog: Catalog, now: datetime) -> Beside:
        """What its page says beside it."""
        return await self._paper.beside(wanted, catalog, now)

    def around(self, catalog: Catalog) -> str:
        """What says whether the lists have changed that stand around every feed: the ETag of a page without any."""
        none = Feed(id="", title="", subtitle="", page_url="", feed_urls=_NO_URLS, updated=_NEVER)
        return etag(self._paper.feed(EVERYTHING, none, catalog, Beside(fares=None, history=None)))

    def documents(self, wanted: Request, selected: Feed) -> list[File]:
        """The files of a feed in every format."""
        path = publish.path(wanted.kind, wanted.slug)
        return [(_file(path, form), render.document(selected, form, self._fragments).body) for form in FORMATS]

    def pages(self, wanted: Request, selected: Feed, catalog: Catalog, beside: Beside) -> list[File]:
        """The files of its page, and of a topic's outline."""
        path = publish.path(wanted.kind, wanted.slug)
        found = [(_file(path, "html"), self._paper.feed(wanted, selected, catalog, beside))]
        if wanted == EVERYTHING:
            found.append(("index.html", found[0][1]))
        if wanted.kind == "topic":
            found.append((_file(path, "opml"), outlines.by_board(catalog, wanted.slug, self._public_url, self._zone)))
        return found

    async def rest(self, catalog: Catalog) -> AsyncIterator[File]:
        """The files of no feed, in the order of ``others``."""
        yield "feeds.opml", outlines.every(catalog, self._public_url)
        yield "filters.html", self._paper.language()
        yield "health.html", await self._paper.health()
        told = await bulletin(self.store, self._public_url)
        for form in FORMATS:
            yield _file(HEALTH, form), render.document(told, form).body
        for file in _styles():
            yield f"static/{file.name}", file.read_bytes()


def requests(catalog: Catalog) -> list[Request]:
    """What is asked for by the addresses of all public feeds."""
    topics = [Request(kind="topic", slug=topic.slug) for topic in catalog.topics]
    return [EVERYTHING, *topics, *(Request(kind="board", slug=board.slug) for board in catalog.boards)]


def names(wanted: Request) -> list[str]:
    """The files of a feed. Raises ExportError where none can be called so.

    >>> names(Request(kind="board", slug="뉴스"))[1:3]
    ['boards/뉴스.atom', 'boards/뉴스.json']
    """
    slug = wanted.slug
    if {"/", "\0"} & set(slug) or len(slug.encode()) + _ENDING_BYTES > _NAME_BYTES:
        allowed = f"at most {_NAME_BYTES - _ENDING_BYTES} bytes without /"
        raise ExportError(f"No file can be called like the {wanted.kind} {slug!r}; allowed: {allowed}.")
    path = publish.path(wanted.kind, slug)
    found = [_file(path, ending) for ending in (*FORMATS, "html")]
    if wanted == EVERYTHING:
        found.append("index.html")
    if wanted.kind == "topic":
        found.append(_file(path, "opml"))
    return found


def others() -> list[str]:
    """The files of no feed."""
    health = [_file(HEALTH, ending) for ending in ("html", *FORMATS)]
    return ["feeds.opml", "filters.html", *health, *(f"static/{file.name}" for file in _styles())]


def _file(path: str, ending: str) -> str:
    return f"{unquote(path).removeprefix('/')}.{ending}"


def _styles() -> list[Path]:
    return sorted(file for file in _STATIC.iterdir() if file.is_file())
