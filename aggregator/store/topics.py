"""Topics: named filters, added, seeded and removed."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from aggregator.errors import RefusedError
from aggregator.model import Topic
from aggregator.store.seeding import changed_entries
from aggregator.store.tables import topics

FIELDS = tuple(topics.c[name] for name in Topic.__struct_fields__)


def add(conn: Connection, topic: Topic, now: datetime) -> None:  # noqa: ARG001  as every writing function is called
    """Add the topic; one that was removed comes back with this filter. Raises StoreError where the slug is in use."""
    there = by_slug(conn, topic.slug)
    if there is not None and not there[1]:
        raise RefusedError(f"There is a topic {topic.slug!r} already: remove it first, or choose another slug.")
    _put(conn, topic, known=there is not None)


def put(conn: Connection, topic: Topic) -> None:
    """Let the topic be this, whatever it was."""
    _put(conn, topic, known=by_slug(conn, topic.slug) is not None)


def every(conn: Connection) -> list[Topic]:
    """The topics that are not removed, by slug."""
    standing = select(*FIELDS).where(topics.c.removed_at.is_(None))
    return [Topic(**row) for row in conn.execute(standing.order_by(topics.c.slug)).mappings()]


def by_slug(conn: Connection, slug: str) -> tuple[Topic, bool] | None:
    """The topic and whether it was removed; None where there never was one."""
    row = conn.execute(select(*FIELDS, topics.c.removed_at).where(topics.c.slug == slug)).mappings().first()
    # What no database can store is left out of what is compared, too.
    if row is None or row["slug"] != slug:
        return None
    return Topic(**{name: row[name] for name in Topic.__struct_fields__}), row["removed_at"] is not None


def remove(conn: Connection, slug: str, now: datetime) -> None:
    """Remove the topic: its feeds are gone. Raises StoreError where there is none."""
    removing = update(topics).where(topics.c.slug == slug, topics.c.removed_at.is_(None)).values(removed_at=now)
    if conn.execute(removing.returning(topics.c.id)).first() is None:
        raise RefusedError(f"There is no topic {slug!r}.")


def seed(conn: Connection, specs: Iterable[Topic], now: datetime) -> None:  # noqa: ARG001  as boards are seeded
    """Apply the settings' entries that are new or changed: the topic is then what the entry says."""
    for topic in changed_entries(conn, "topic", {topic.slug: topic for topic in specs}):
        put(conn, topic)


def _put(conn: Connection, topic: Topic, *, known: bool) -> None:
    stated = {"title": topic.title, "filter": topic.filter, "private": topic.private, "removed_at": None}
    if known:
        conn.execute(update(topics).where(topics.c.slug == topic.slug).values(**stated))
    else:
        conn.execute(insert(topics).values(slug=topic.slug, **stated))
