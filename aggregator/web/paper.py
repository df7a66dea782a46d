"""Pages as bytes, made of values alone: the same for who asks over HTTP and for who writes them into files."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import jinja2
from msgspec import Struct

from aggregator import publish, render
from aggregator.bulletin import bulletin, current, fares
from aggregator.health import ALARMS, Health
from aggregator.history import sentence
from aggregator.model import Feed
from aggregator.publish import Catalog, Request
from aggregator.render import clean, rendition
from aggregator.settings import PollingSettings
from aggregator.store import Store, backfill

# Atom first: a reader that takes the first alternate it meets should get the format that says most.
FORMATS: tuple[tuple[render.Format, str], ...] = (("atom", "Atom"), ("rss", "RSS"), ("json", "JSON Feed"))


class Beside(Struct, frozen=True, kw_only=True):
    """What a board's page says beside its feed: how it fares, and how far its history is read while it is."""

    fares: Health | None
    history: str | None


def root(public_url: str) -> str:
    """The path that the public URL puts before every one of ours, empty at a host's root.

    >>> root("https://example.org/headlines")
    '/headlines'
    """
    return urlsplit(public_url).path.rstrip("/")


class Paper:
    """What pages are written on: the templates, whatever the store can add to a feed, and the root of all URLs."""

    def __init__(self, store: Store, public_url: str, polling: PollingSettings) -> None:
        self._store, self._public_url, self._polling = store, public_url, polling
        self._templates = _templates(public_url)

    def written(self, template: str, **values: Any) -> bytes:  # noqa: ANN401 - templates take anything
        """A template filled in, in UTF-8."""
        return self._templates.get_template(template).render(values).encode()

    async def beside(self, wanted: Request, catalog: Catalog, now: datetime) -> Beside:
        """What the page of a feed says beside it."""
        state = await fares(self._store, wanted.slug, now) if wanted.kind == "board" else None
        return Beside(fares=state, history=await self._history(catalog, wanted))

    def feed(self, wanted: Request, selected: Feed, catalog: Catalog, beside: Beside) -> bytes:
        """The page of a feed: what was ``selected`` of what is ``wanted``, its URLs, and a box to narrow it."""
        public = frozenset(board.slug for board in catalog.boards)
        said = {"fares": beside.fares, "history": beside.history}
        return self.written("feed.html", feed=selected, catalog=catalog, asked=wanted, public=public, **said)

    async def health(self) -> bytes:
        """How every public board fares, the worst first, and the last changes."""
        told = await bulletin(self._store, self._public_url)
        return self.written("health.html", fares=await current(self._store, private=False), told=told, alarms=ALARMS)

    def language(self) -> bytes:
        """What a filter may say."""
        return self.written("filters.html")

    async def _history(self, catalog: Catalog, wanted: Request) -> str | None:
        """How far the history of the page's board has come; None while none is being read."""
        board = next((board for board in catalog.boards if wanted.kind == "board" and board.slug == wanted.slug), None)
        if board is None or not board.unfinished:
            return None
        reach = await self._store.read(backfill.reach, board)
        if reach is None or reach.gap.closed_at is not None:
            return None
        return sentence(reach, reach.time_left(self._polling.pages, self._polling.floor))


def _templates(public_url: str) -> jinja2.Environment:
    """The templates with what they call: rendering's own words for titles, links and dates."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("aggregator.web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        site=public_url,
        root=root(public_url),
        all_feeds={form: f"{public_url}{publish.path('all')}.{form}" for form, _ in FORMATS},
        formats=[(form, label, render.media_type(form)) for form, label in FORMATS],
        path=publish.path,
        title_of=clean.title,
        line_of=clean.line,
        link_of=clean.link,
        shown_date=rendition.shown_date,
        also_on=rendition.also_on,
        published=rendition.published,
    )
    return environment
