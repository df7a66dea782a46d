"""WebSub subscriptions: who asked, who meant it, what each was told last and when the next try is due."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, Table, and_, delete, func, insert, literal, select, update

from aggregator.store.audience import intents, subscriptions
from aggregator.store.columns import UtcDateTime

Mode = Literal["subscribe", "unsubscribe"]


class Wish(Struct, frozen=True, kw_only=True):
    """What was asked for: ``topic`` and ``callback`` as they were written, ``secret`` None for unsigned deliveries."""

    mode: Mode
    topic: str
    callback: str
    lease: timedelta
    secret: str | None = None


class Intent(Struct, frozen=True, kw_only=True):
    """A wish that is to be verified; ``tries`` counts those without an answer."""

    id: int
    host: str
    wish: Wish
    tries: int


class Subscription(Struct, frozen=True, kw_only=True):
    """Who is told what: ``seen`` is the ETag of what was delivered last, empty before; ``tries`` counts failures."""

    id: int
    topic: str
    callback: str
    host: str
    secret: str | None
    expires_at: datetime
    seen: str
    tries: int


class Busy(Struct, frozen=True, kw_only=True):
    """What is under way already, by id, the callbacks' hosts that have had enough, and whether retries have."""

    ids: Collection[int] = ()
    hosts: Collection[str] = ()
    retries: bool = False


FIELDS = tuple(subscriptions.c[name] for name in Subscription.__struct_fields__)
_WISHED = tuple(intents.c[name] for name in Wish.__struct_fields__)


def held(conn: Connection, wish: Wish, host: str) -> tuple[int, int, int]:
    """Beside this wish's own: subscriptions in all, those of the callback's host, and its wishes unverified."""
    others = [~_of(table, wish) for table in (subscriptions, intents)]
    c = subscriptions.c
    return (
        _count(conn, subscriptions, others[0]),
        _count(conn, subscriptions, and_(others[0], c.host == host)),
        _count(conn, intents, and_(others[1], intents.c.host == host)),
    )


def intend(conn: Connection, wish: Wish, host: str, now: datetime) -> None:
    """Keep the wish to be verified, in place of an earlier one of the same callback and topic."""
    conn.execute(delete(intents).where(_of(intents, wish)))
    said = {name: getattr(wish, name) for name in Wish.__struct_fields__}
    conn.execute(insert(intents).values(**said, host=host, tries=0, due_at=now))


def to_verify(conn: Connection, now: datetime, limit: int, busy: Busy) -> list[Intent]:
    """At most ``limit`` wishes whose verification is due, those that nobody was asked of before first."""
    query = select(intents.c.id, intents.c.host, intents.c.tries, *_WISHED).where(*_due(intents, now, busy))
    return [_intent(dict(row)) for row in conn.execute(_first(query, intents, limit)).mappings()]


def settle(conn: Connection, intent: Intent, now: datetime, *, meant: bool) -> None:
    """Do what was wished, where it was meant and not replaced by another wish meanwhile.

    A new subscriber is due at once, so that nothing falls between its own GET and this.
    """
    wish = intent.wish
    if not _settled(conn, intent) or not meant:
        return
    if wish.mode == "unsubscribe":
        conn.execute(delete(subscriptions).where(_of(subscriptions, wish)))
        return
    stated = {"secret": wish.secret, "expires_at": now + wish.lease}
    # One whose lease had run out may have missed news: it is looked at, and told only of what it was not told yet.
    due = func.coalesce(subscriptions.c.due_at, literal(now, UtcDateTime()))
    renewing = update(subscriptions).where(_of(subscriptions, wish)).values(**stated, due_at=due)
    if conn.execute(renewing.returning(subscriptions.c.id)).first() is None:
        whose = {"topic": wish.topic, "callback": wish.callback, "host": intent.host}
        conn.execute(insert(subscriptions).values(**whose, **stated, seen="", tries=0, due_at=now))


def postpone(conn: Connection, intent: Intent, due_at: datetime) -> None:
    """Verify the wish later, for nobody has answered."""
    conn.execute(update(intents).where(intents.c.id == intent.id).values(tries=intent.tries + 1, due_at=due_at))


def topics(conn: Connection, now: datetime) -> list[str]:
    """The topics that somebody is subscribed to."""
    return list(conn.scalars(select(subscriptions.c.topic).where(subscriptions.c.expires_at > now).distinct()))


def mark(conn: Connection, topics: Collection[str], now: datetime) -> None:
    """Let everybody be looked at who is subscribed to one of ``topics`` and does not wait for another try."""
    c = subscriptions.c
    conn.execute(update(subscriptions).where(c.topic.in_(topics), c.due_at.is_(None)).values(due_at=now, tries=0))


def spare(conn: Connection, topic: str, etag: str) -> None:
    """Tell nobody of this state of the topic who was told of it before."""
    c = subscriptions.c
    spared = c.topic == topic, c.seen == etag, c.due_at.is_not(None)
    conn.execute(update(subscriptions).where(*spared).values(due_at=None, tries=0))


def due(conn: Connection, now: datetime, limit: int, busy: Busy) -> list[Subscription]:
    """At most ``limit`` subscriptions that are to be told of something now, those that did not fail before first."""
    query = select(*FIELDS).where(subscriptions.c.expires_at > now, *_due(subscriptions, now, busy))
    return [Subscription(**row) for row in conn.execute(_first(query, subscriptions, limit)).mappings()]


def delivered(conn: Connection, told: Subscription, etag: str) -> None:
    """Remember what was delivered."""
    conn.execute(update(subscriptions).where(_same(told)).values(seen=etag, tries=0, due_at=None))


def failed(conn: Connection, told: Subscription, due_at: datetime) -> None:
    """Try again then."""
    conn.execute(update(subscriptions).where(_same(told)).values(tries=told.tries + 1, due_at=due_at))


def end(conn: Connection, told: Subscription) -> None:
    """Tell this one no more."""
    conn.execute(delete(subscriptions).where(_same(told)))


def expire(conn: Connection, now: datetime) -> None:
    """Forget subscriptions whose lease is over."""
    conn.execute(delete(subscriptions).where(subscriptions.c.expires_at <= now))


def every(conn: Connection) -> list[Subscription]:
    """All subscriptions, in the order in which they came."""
    return [Subscription(**row) for row in conn.execute(select(*FIELDS).order_by(subscriptions.c.id)).mappings()]


def _settled(conn: Connection, intent: Intent) -> bool:
    """Whether the wish stood until now, and was not replaced by a later one meanwhile."""
    c, wish = intents.c, intent.wish
    # SQLite gives the id of a deleted row out again.
    same = c.id == intent.id, _of(intents, wish), c.mode == wish.mode, c.secret.is_not_distinct_from(wish.secret)
    return conn.execute(delete(intents).where(*same).returning(c.id)).first() is not None


def _same(told: Subscription) -> ColumnElement[bool]:
    c = subscriptions.c
    return and_(c.id == told.id, c.callback == told.callback, c.topic == told.topic)


def _of(table: Table, wish: Wish) -> ColumnElement[bool]:
    return and_(table.c.callback == wish.callback, table.c.topic == wish.topic)


def _due(table: Table, now: datetime, busy: Busy) -> tuple[ColumnElement[bool], ...]:
    c = table.c
    free = c.due_at <= now, c.id.not_in(busy.ids), c.host.not_in(busy.hosts)
    return (*free, c.tries == 0) if busy.retries else free


def _first(query: Select[Any], table: Table, limit: int) -> Select[Any]:
    """Those that did not fail before, then the longest waiting."""
    return query.order_by(table.c.tries, table.c.due_at, table.c.id).limit(limit)


def _count(conn: Connection, table: Table, among: ColumnElement[bool]) -> int:
    return conn.scalar(select(func.count()).select_from(table).where(among)) or 0


def _intent(row: dict[str, Any]) -> Intent:
    wish = Wish(**{name: row.pop(name) for name in Wish.__struct_fields__})
    return Intent(wish=wish, **row)
