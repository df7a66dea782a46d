"""What a server gives to everybody, found as a stranger would: from the list of feeds, and from link to link."""

import aiohttp
import msgspec
from lxml import etree
from msgspec import Struct

FORMATS = ("atom", "rss", "json", "txt")
# What every feed is asked beside its own address: long, narrowed, by date, with what is gone.
VARIANTS = (
    "n=500",
    "n=3",
    "q=%EC%9D%98%EB%8C%80",
    "q=%EC%97%86%EB%8A%94%EA%B2%83",
    "dup=all&n=200&sort=date",
    "backfill=yes",
)
TOMBSTONES = "n=200&tombstones=yes"
PAGES = ("/", "/filters", "/health", "/feed?q=%EC%9D%98%EB%8C%80&explain=yes", "/feed?q=(", "/boards/nowhere")
OTHERS = ("/robots.txt", "/recipe.schema.json", "/static/style.css")

Triple = tuple[str, str, str]


class Document(Struct, frozen=True, kw_only=True):
    """An answer: ``kind`` is the ending of a feed, or ``html``, ``opml``, ``other``; ``entries`` are what it shows.

    ``entries`` are (id, title, link) as the JSON Feed of the same address says them; none where it is no feed.
    """

    url: str
    kind: str
    status: int
    headers: dict[str, str]
    body: bytes
    entries: tuple[Triple, ...] = ()


class _Item(Struct):
    id: str
    title: str
    url: str


class _JsonFeed(Struct):
    items: list[_Item]
    next_url: str | None = None


class Site:
    """A server's answers, each asked for once."""

    def __init__(self, session: aiohttp.ClientSession, root: str) -> None:
        self._session, self._root = session, root
        self.found: dict[str, Document] = {}

    async def collect(self, most: int | None = None) -> list[Document]:
        """Every public feed with its pages, variants and formats, every page for people, and the lists.

        ``most``: so many of the feeds at the most, in the order of the list.
        """
        outlines = await self._ask(f"{self._root}/feeds.opml", "opml")
        for place in _places(outlines.body)[:most]:
            await self._feed(place)
        for path in PAGES:
            await self._ask(self._root + path, "html")
        for path in OTHERS:
            await self._ask(self._root + path, "other")
        await self._formats(f"{self._root}/health.json")
        return list(self.found.values())

    async def walk(self, place: str, query: str, n: int) -> list[Document]:
        """A feed in every format from its first page of ``n`` entries to its last."""
        url: str | None = f"{place}.json?{query}&n={n}"
        walked = []
        while url:
            json, told = await self._formats(url)
            walked += json
            url = told.next_url
        return walked

    async def _feed(self, place: str) -> None:
        _, told = await self._formats(f"{place}.json")
        await self._ask(place, "html")
        for query in VARIANTS:
            await self._formats(f"{place}.json?{query}")
            await self._ask(f"{place}?{query}", "html")
        if told.next_url:
            await self._formats(told.next_url)
            await self._ask(told.next_url.replace(".json", ""), "html")
        await self._formats(f"{place}.json?{TOMBSTONES}")
        if "/boards/" in place:
            await self._ask(f"{place}/ledger", "html")
            await self._ask(f"{place}/ledger.json", "other")
        if "/topics/" in place:
            await self._ask(f"{place}.opml", "opml")

    async def _formats(self, url: str) -> tuple[list[Document], _JsonFeed]:
        """The feed at a JSON Feed's address in every format, all as that one says them."""
        body = (await self._ask(url, "json")).body
        told = msgspec.json.decode(body, type=_JsonFeed)
        entries = tuple((item.id, item.title, item.url) for item in told.items)
        spellings = [url.replace(".json", f".{form}") for form in FORMATS]
        return [await self._ask(one, form, entries) for one, form in zip(spellings, FORMATS, strict=True)], told

    async def _ask(self, url: str, kind: str, entries: tuple[Triple, ...] = ()) -> Document:
        known = self.found.get(url)
        if known is not None and (known.entries or not entries):
            return known
        headers = {"Accept": "text/html"} if kind == "html" else {}
        async with self._session.get(url, headers=headers, allow_redirects=False) as answer:
            body, said = await answer.read(), {name.lower(): value for name, value in answer.headers.items()}
            status = answer.status
        found = Document(url=url, kind=kind, status=status, headers=said, body=body, entries=entries)
        self.found[url] = found
        return found


def _places(opml: bytes) -> list[str]:
    """The feeds of an OPML document, each by its address without an ending."""
    urls = etree.fromstring(opml).xpath("//outline/@xmlUrl")
    return [str(url).removesuffix(".atom") for url in urls] if isinstance(urls, list) else []
