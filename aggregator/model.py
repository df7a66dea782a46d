"""The frozen values that the stages hand to each other; a type for each phase of a headline's life.

``Page`` (fetched) → ``Row`` in a ``Listing`` (as written) → ``Headline`` (normalized) → ``Changes`` (intended) →
``Entry`` (stored, as served). Times are aware ``datetime`` in UTC, durations ``timedelta``.
"""

from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from aggregator.manners import Manners, Standing
from aggregator.recipe import LinkRule, Recipe
from aggregator.timing import Tempo, Timing

Numbering = Literal["rank", "stable", "none"]
Absence = Literal["empty", "login", "challenge", "maintenance", "error"]
Precision = Literal["day", "minute", "second"]
PollResult = Literal["changed", "unchanged", "later", "person", "gone"]
# How a board fares, the worst first.
State = Literal["gone", "quarantined", "failing", "stale", "quiet", "paused", "ok"]


class Validators(Struct, frozen=True):
    """What a server gave for asking again, exactly as received, quotes and ``W/`` included (RFC 9110 §8.8).

    ``url`` is set where a redirect led to the URL that gave them: they are sent there and nowhere else.
    """

    etag: str | None = None
    last_modified: str | None = None
    url: str | None = None


class Page(Struct, frozen=True, kw_only=True):
    """Fetched bytes with what the far side said of them.

    ``url`` is the final URL, ``moved_to`` the target when the asked URL redirected permanently (301, 308) all the way.
    ``fresh_for`` is how long the answer may be reused (Cache-Control max-age less Age), None where nothing was said.
    """

    url: str
    status: int
    content_type: str | None
    body: bytes
    validators: Validators = Validators()
    fresh_for: timedelta | None = None
    moved_to: str | None = None


class NotModified(Struct, frozen=True, kw_only=True):
    """The far side answered 304; ``validators``, which it may renew, are those to send next time; else as of a Page."""

    url: str
    validators: Validators = Validators()
    fresh_for: timedelta | None = None
    moved_to: str | None = None


class Decoded(Struct, frozen=True, kw_only=True):
    """A page's text, the charset it was read in (WHATWG name) and what was wrong with its labels or bytes."""

    text: str
    charset: str
    faults: tuple[str, ...] = ()


class Row(Struct, frozen=True, kw_only=True, gc=False):
    """One line of a listing as written: markup gone, entities decoded once, nothing interpreted.

    ``number`` is what the list prints or, on the current row, what its neighbours leave. ``date_exact`` is a
    ``title=`` or ``datetime=`` attribute that says more than ``date_text``. ``url`` is absolute.
    """

    title: str
    number: int | None = None
    source: str | None = None
    date_text: str | None = None
    date_exact: str | None = None
    url: str | None = None
    pinned: bool = False
    current: bool = False
    comments: int | None = None
    category: str | None = None


class Listing(Struct, frozen=True, kw_only=True):
    """The list read off a page: rows in page order, and what was found out about the page as a whole.

    ``confidence`` is 0..1 and 0 exactly when there are no rows. ``link_rule`` is None where rows have no usable links.
    ``absence`` is why there are none, where the page says so; a fault quotes it. ``suspect``: the page was not parsed,
    because that might take very long. ``native_feed`` is the URL of a feed that the page announces.
    """

    rows: tuple[Row, ...] = ()
    absence: Absence | None = None
    numbering: Numbering = "none"
    link_rule: LinkRule | None = None
    next_page: str | None = None
    confidence: float = 0.0
    faults: tuple[str, ...] = ()
    suspect: bool = False
    native_feed: str | None = None


class Headline(Struct, frozen=True, kw_only=True, gc=False):
    """A normalized row: what is stored of one board's document. ``key`` is its identity inside the board.

    ``title`` is in NFC; ``written`` is the title in the characters of the page where those differ, and is not stored.
    """

    key: str
    title: str
    written: str | None = None
    number: int | None = None
    source: str | None = None
    date_text: str | None = None
    published: datetime | None = None
    precision: Precision | None = None
    url: str | None = None
    pinned: bool = False
    current: bool = False
    comments: int | None = None
    category: str | None = None


class BoardSpec(Struct, frozen=True, kw_only=True):
    """What an admin says of a board. ``timezone`` is an IANA name, ``recipe`` None where detection shall find one.

    ``keep_days`` and ``keep_rows`` are 0 for ever and None as the settings say. ``tags`` are folded; filters name
    boards by them. What is ``private`` is had by a token alone. Where it ``follows``, ``every`` is [polling]'s interval
    and goes with it; where it ``inherits_zone``, its zone was [polling]'s.
    """

    slug: str
    name: str
    url: str
    timezone: str
    every: timedelta
    follows: bool = False
    inherits_zone: bool = False
    recipe: Recipe | None = None
    backfill: str = "none"
    keep_days: int | None = None
    keep_rows: int | None = None
    tags: tuple[str, ...] = ()
    private: bool = False
    manners: Manners = Manners()
    timing: Timing = Timing()


class Board(Struct, frozen=True, kw_only=True):
    """A board as the store holds it. ``removed_at`` set means its feeds answer 410.

    ``keys_changed`` counts how often its keys were replaced. While it is ``quarantined_since`` a time nothing is taken
    from its page, for the reason in ``quarantine``. ``backfill`` is how far its first contact goes back: none, a number
    of pages, a date, all. ``unfinished`` where gaps are open or something was missed once, ``unsettled`` where ranks
    disagree with what is stored. ``pager`` is its pages' URL with ``{page}`` in it, empty where numbers tell none.
    """

    id: int
    slug: str
    name: str
    url: str
    timezone: str
    every: timedelta
    follows: bool = False
    paused: bool = False
    numbering: Numbering = "none"
    validators: Validators = Validators()
    next_poll_at: datetime
    failures: int = 0
    removed_at: datetime | None = None
    recipe: Recipe | None = None
    keys_changed: int = 0
    quarantined_since: datetime | None = None
    quarantine: str | None = None
    backfill: str = "none"
    unfinished: bool = False
    unsettled: bool = False
    pager: str | None = None
    keep_days: int | None = None
    keep_rows: int | None = None
    tags: tuple[str, ...] = ()
    private: bool = False
    manners: Manners = Manners()
    standing: Standing = Standing()
    timing: Timing = Timing()
    tempo: Tempo = Tempo()

    @property
    def asking(self) -> Validators:
        """What to send for its first page: nothing where that is ``needed``."""
        return Validators() if self.needed else self.validators

    @property
    def needed(self) -> bool:
        """Whether its first page must be read to find the others, which are still wanted."""
        return (self.unfinished or self.unsettled) and not self.pager and not self.standing.only_page

    @property
    def zone(self) -> ZoneInfo:
        """Its time zone."""
        return ZoneInfo(self.timezone)


class Poll(Struct, frozen=True, kw_only=True):
    """The record of one attempt at one board. ``stage``, ``error`` and ``status`` are set where it failed."""

    board: str
    started_at: datetime
    finished_at: datetime
    result: PollResult
    rows: int = 0
    new: int = 0
    changed: int = 0
    gone: int = 0
    pages: int = 1
    stage: str | None = None
    error: str | None = None
    status: int | None = None
    faults: tuple[str, ...] = ()


class Topic(Struct, frozen=True, kw_only=True):
    """A named, saved filter; what is ``private`` is had by a token alone."""

    slug: str
    title: str
    filter: str
    private: bool = False


class Entry(Struct, frozen=True, kw_only=True, cache_hash=True):
    """A stored headline as it is served.

    ``guid`` is permanent. ``arrival`` is the store's own ever-growing sequence. ``updated`` is distinct for every entry
    of the store's last million. ``others`` names the further boards that carry it. ``timezone``, in which dates are
    shown, and ``tags`` are its board's. ``edited``: it had another title or link. ``deleted``: it is gone there.
    """

    guid: str
    arrival: int
    board: str
    board_name: str
    board_url: str
    title: str
    updated: datetime
    first_seen: datetime
    number: int | None = None
    source: str | None = None
    published: datetime | None = None
    precision: Precision | None = None
    url: str | None = None
    pinned: bool = False
    comments: int | None = None
    category: str | None = None
    others: tuple[str, ...] = ()
    timezone: str = "UTC"
    tags: tuple[str, ...] = ()
    edited: bool = False
    deleted: bool = False


class Tombstone(Struct, frozen=True, kw_only=True):
    """A headline that was served and is gone from its board."""

    guid: str
    deleted_at: datetime


class Feed(Struct, frozen=True, kw_only=True):
    """What is rendered: a title, its places and its entries, newest arrival first.

    ``page_url`` is the page for people, ``feed_urls`` the document's URL by format. ``updated`` is the selection's last
    change, of an empty one the store's birth. ``next_poll_at``, when the first of its boards is due, says how long an
    answer stays fresh and is never rendered. ``older_urls`` are those of what comes behind the last entry, by format
    and under "page"; ``nearby`` those of others of the feed, by relation (RFC 5005) first. ``is_archive``: it never
    changes. ``tombstones`` are set where asked for, ``looked_at`` where the search ended after so many.
    """

    id: str
    title: str
    subtitle: str
    page_url: str
    feed_urls: dict[str, str]
    updated: datetime
    language: str = "ko"
    ttl: timedelta = timedelta(minutes=10)
    entries: tuple[Entry, ...] = ()
    next_poll_at: datetime | None = None
    older_urls: dict[str, str] = {}
    nearby: dict[str, dict[str, str]] = {}
    is_archive: bool = False
    hubs: tuple[str, ...] = ()
    tombstones: tuple[Tombstone, ...] = ()
    looked_at: int | None = None
