"""Private feeds: who may read which, by a token that is kept by its digest alone."""

from datetime import datetime, timedelta
from typing import Literal, get_args

from msgspec import Struct
from sqlalchemy import Connection, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from aggregator.errors import RefusedError
from aggregator.store.audience import private_feeds

Scope = Literal["public", "all"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
HOUR = timedelta(hours=1)


class PrivateFeed(Struct, frozen=True, kw_only=True):
    """One subscriber's way to one feed: ``path`` is the feed's without its format, such as ``/topics/ai``.

    ``scope``: "public" gathers headlines of public boards, "all" of private ones too; the feed itself may be private in
    either. ``used_at`` is exact to the hour.
    """

    id: int
    subscriber: str
    path: str
    scope: Scope
    made_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None


FIELDS = tuple(private_feeds.c[name] for name in PrivateFeed.__struct_fields__)
CURRENT = private_feeds.c.revoked_at.is_(None)


def add(conn: Connection, subscriber: str, path: str, scope: Scope, digest: str, now: datetime) -> PrivateFeed:
    """Let a token open the feed for the subscriber. Raises RefusedError where one does already."""
    row = {"subscriber": subscriber, "path": path, "scope": scope, "digest": digest, "made_at": now}
    try:
        made = conn.execute(insert(private_feeds).values(**row).returning(*FIELDS)).mappings().one()
    except IntegrityError as error:
        raise RefusedError(f"{subscriber} has {path} already: rotate or revoke that first.") from error
    return PrivateFeed(**made)


def every(conn: Connection) -> list[PrivateFeed]:
    """All that were given out, revoked ones too, in that order."""
    return [PrivateFeed(**row) for row in conn.execute(select(*FIELDS).order_by(private_feeds.c.id)).mappings()]


def known(conn: Connection, digest: str) -> PrivateFeed | None:
    """What a token of that digest opens or, ``revoked_at``, opened; None where it was never given out."""
    row = conn.execute(select(*FIELDS).where(private_feeds.c.digest == digest)).mappings().one_or_none()
    return None if row is None else PrivateFeed(**row)


def is_news(feed: PrivateFeed, now: datetime) -> bool:
    """Whether a use at ``now`` is to be remembered: once an hour is enough."""
    return feed.used_at is None or feed.used_at <= now - HOUR


def used(conn: Connection, feed_id: int, now: datetime) -> None:
    """Remember that it was used, unless somebody did within the hour."""
    c = private_feeds.c
    long_ago = or_(c.used_at.is_(None), c.used_at <= now - HOUR)
    conn.execute(update(private_feeds).where(c.id == feed_id, long_ago).values(used_at=now))


def rotate(conn: Connection, feed_id: int, digest: str, now: datetime) -> PrivateFeed:
    """Let another token open it, and the old one nothing. Raises RefusedError where there is none to be replaced."""
    old = revoke(conn, feed_id, now)
    return add(conn, old.subscriber, old.path, old.scope, digest, now)


def revoke(conn: Connection, feed_id: int, now: datetime) -> PrivateFeed:
    """Let its token open nothing any more: its URL is gone. Raises RefusedError where there is none."""
    revoking = update(private_feeds).where(private_feeds.c.id == feed_id, CURRENT).values(revoked_at=now)
    row = conn.execute(revoking.returning(*FIELDS)).mappings().one_or_none()
    if row is None:
        raise RefusedError(f"There is no private feed {feed_id} that could be revoked.")
    return PrivateFeed(**row)
