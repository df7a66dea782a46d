"""How boards fare, as a feed: one entry a change, so that an admin's reader says what is wrong."""

from datetime import datetime, timedelta

from aggregator.health import Health
from aggregator.health import health as judged
from aggregator.model import Entry, Feed
from aggregator.publish import path
from aggregator.render import FORMATS
from aggregator.store import Store, Transaction, boards, health, identity
from aggregator.store.health import Change
from aggregator.store.identity import Identity

PATH = "/health"
CHANGES = 50
TTL = timedelta(minutes=5)
MILLION = 1_000_000


async def bulletin(store: Store, public_url: str) -> Feed:
    """The last changes, the newest first; an entry's link is its board's page."""
    return await store.read(_bulletin, public_url)


async def current(store: Store, *, private: bool = True) -> list[Change]:
    """How every board fares, the worst first; without ``private`` the public ones alone."""
    return await store.read(lambda tx: health.current(tx, private=private))


async def fares(store: Store, board: str, now: datetime) -> Health | None:
    """How a board fares at this moment; None where there is none of that slug any more."""
    return await store.read(_fares, board, now)


def _fares(conn: Transaction, slug: str, now: datetime) -> Health | None:
    board = boards.by_slug(conn, slug)
    found = health.signs(conn, [board.id]) if board is not None else []
    return judged(found[0], now) if found else None


def family(birth: Identity) -> str:
    """What the ids of a store's changes begin with, before a slash and their number: the id of their feed."""
    return f"tag:{birth.authority},{birth.year}:health"


def _bulletin(conn: Transaction, public_url: str) -> Feed:
    birth = identity.stored(conn)
    changes = health.changes(conn, CHANGES)
    name = family(birth)
    entries = tuple(_entry(change, name, public_url) for change in changes)
    return Feed(
        id=name,
        title="How the boards fare",
        subtitle="Every change of a board's state",
        page_url=f"{public_url}{PATH}",
        feed_urls={ending: f"{public_url}{PATH}.{ending}" for ending in FORMATS},
        updated=max((entry.updated for entry in entries), default=birth.born_at),
        language="en",
        ttl=TTL,
        entries=entries,
    )


def _entry(change: Change, name: str, public_url: str) -> Entry:
    page = f"{public_url}{path('board', change.board)}"
    return Entry(
        guid=f"{name}/{change.id}",
        arrival=change.id,
        board=change.board,
        board_name=change.name,
        board_url=page,
        title=f"{change.name}: {change.state}, {change.sentence}",
        # Changes of one moment are told apart, as headlines are, by what the microseconds say.
        updated=change.since.replace(microsecond=change.id % MILLION),
        first_seen=change.since,
        url=page,
    )
