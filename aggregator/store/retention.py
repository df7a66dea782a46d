"""Retention: what is old enough, or far enough down, to be dropped; and what a dropped headline leaves behind.

A purged headline keeps its row without its texts. So its guid is never given out again, the walk still finds it
standing where it stood, ranks still count it, and its group stays a group; the feeds alone pass it over.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import Connection, and_, delete, false, func, or_, select, text, update

from aggregator.store import grams, matches
from aggregator.store.columns import bytes_of
from aggregator.store.tables import boards, headlines, polls, revisions

CHUNK = 500
"""Rows a transaction: some milliseconds, so that no poll waits for the writer."""
DROPPED = ("title", "title_fold", "source", "source_fold", "url", "date_text", "category")
_c = headlines.c


class Keep(Struct, frozen=True):
    """What is kept: headlines first seen within ``days``, the ``rows`` that stand highest; 0 sets no end."""

    days: int = 0
    rows: int = 0


class Rule(Struct, frozen=True):
    """A board and what is kept of it."""

    id: int
    slug: str
    keep: Keep


class Purged(Struct, frozen=True, kw_only=True):
    """What was dropped, or would be: headlines, their revisions, and the bytes of all their texts."""

    headlines: int = 0
    revisions: int = 0
    text_bytes: int = 0

    def __add__(self, other: "Purged") -> "Purged":
        return Purged(
            headlines=self.headlines + other.headlines,
            revisions=self.revisions + other.revisions,
            text_bytes=self.text_bytes + other.text_bytes,
        )


def rules(conn: Connection, usual: Keep, board_id: int | None = None) -> list[Rule]:
    """The boards of which not all is kept, removed ones too, by id; a board's wish goes before the ``usual`` one."""
    days, rows = func.coalesce(boards.c.keep_days, usual.days), func.coalesce(boards.c.keep_rows, usual.rows)
    query = select(boards.c.id, boards.c.slug, days, rows).where(or_(days > 0, rows > 0)).order_by(boards.c.id)
    found = conn.execute(query if board_id is None else query.where(boards.c.id == board_id))
    return [Rule(id_, slug, Keep(*kept)) for id_, slug, *kept in found]


def past(conn: Connection, rule: Rule) -> int | None:
    """The place from which on down rows are too many, by the rows that are served; None where none are."""
    if not rule.keep.rows:
        return None
    served = _c.purged_at.is_(None), _c.place.is_not(None), _c.pinned.is_(False), _c.deleted_at.is_(None)
    query = select(_c.place).where(_c.board_id == rule.id, *served)
    found: int | None = conn.scalar(query.order_by(_c.place.desc()).offset(rule.keep.rows).limit(1))
    return found


def due(
    conn: Connection, rule: Rule, past: int | None, now: datetime, after: int = 0, among: Sequence[int] | None = None
) -> list[int]:
    """At most ``CHUNK`` arrivals above ``after`` that are to be purged, lowest first: too old, or ``past`` and below.

    Age counts from first sight, so that fetched history is not dropped before it was ever served. Rows are counted in
    the list's order, because history arrives after younger headlines. A notice stays as long as it stands.
    """
    aged = [_c.first_seen < now - timedelta(days=rule.keep.days)] if rule.keep.days else []
    beyond = [_c.place <= past] if past is not None else []
    query = (
        select(_c.arrival)
        .where(_c.board_id == rule.id, _c.arrival > after, _c.purged_at.is_(None))
        .where(or_(_c.pinned.is_(False), _c.deleted_at.is_not(None)))
        .where(or_(false(), *aged, *beyond))
    )
    query = query if among is None else query.where(_c.arrival.in_(among))
    return list(conn.scalars(query.order_by(_c.arrival).limit(CHUNK)))


def weighed(conn: Connection, arrivals: Sequence[int]) -> Purged:
    """What purging ``arrivals`` would drop."""
    there = and_(_c.arrival.in_(arrivals), _c.purged_at.is_(None))
    before = revisions.c.arrival.in_(select(_c.arrival).where(there))
    texts = sum((bytes_of(_c[name]) for name in DROPPED[1:]), bytes_of(_c[DROPPED[0]]))
    count, size = conn.execute(select(func.count(), func.coalesce(func.sum(texts), 0)).where(there)).one()
    titles = bytes_of(revisions.c.title) + bytes_of(revisions.c.url)
    older, more = conn.execute(select(func.count(), func.coalesce(func.sum(titles), 0)).where(before)).one()
    return Purged(headlines=count, revisions=older, text_bytes=int(size + more))


def purge(conn: Connection, board_id: int, arrivals: Sequence[int], now: datetime) -> Purged:
    """Drop the texts and revisions of ``arrivals``, and say what that was; what was purged before counts nothing."""
    dropped = weighed(conn, arrivals)
    conn.execute(delete(revisions).where(revisions.c.arrival.in_(arrivals)))
    grams.drop(conn, arrivals)
    matches.drop(conn, arrivals)
    emptied = {name: "" if not _c[name].nullable else None for name in DROPPED}
    purging = update(headlines).where(_c.arrival.in_(arrivals), _c.purged_at.is_(None))
    conn.execute(purging.values(**emptied, url_hash=None, comments=None, purged_at=now))
    counting = update(boards).where(boards.c.id == board_id)
    conn.execute(counting.values(reclaimed_bytes=boards.c.reclaimed_bytes + dropped.text_bytes))
    return dropped


def purge_due(
    conn: Connection, rule: Rule, usual: Keep, past: int | None, arrivals: Sequence[int], now: datetime
) -> Purged | None:
    """Purge those of ``arrivals`` that are due still; None, and nothing is dropped, where the ``rule`` holds no more.

    They were found by readers, and an admin may have said since that more is kept. The rule is looked at last: by then
    the board's row is this transaction's own, and nobody else changes it before that ends.
    """
    with conn.begin_nested() as whole:
        dropped = purge(conn, rule.id, due(conn, rule, past, now, among=arrivals), now)
        if rules(conn, usual, rule.id) == [rule]:
            return dropped
        whole.rollback()
    return None


def old_polls(conn: Connection, days: int, now: datetime, after: int = 0) -> list[int]:
    """At most ``CHUNK`` ids above ``after`` of records that may be forgotten: older than ``days``, one page, no news.

    What brought headlines, walked further or found the board gone is the ledger's for ever; so is each board's last
    look at its rows.
    """
    p, last = polls.c, polls.alias("last")
    # The index on (board_id, id) answers it for each board in turn.
    newest = select(func.max(last.c.id)).where(last.c.board_id == p.board_id, last.c.rows > 0).scalar_subquery()
    idle = and_(p.result.not_in(("changed", "gone")), p.pages <= 1)
    query = select(p.id).where(p.id > after, p.finished_at < now - timedelta(days=days), idle)
    query = query.where(p.id != func.coalesce(newest, 0))
    return list(conn.scalars(query.order_by(p.id).limit(CHUNK)))


def forget_polls(conn: Connection, ids: Sequence[int]) -> int:
    """Forget the records, and say how many there were."""
    return conn.execute(delete(polls).where(polls.c.id.in_(ids))).rowcount


def tidy(conn: Connection) -> None:
    """Let the database look again at how its rows are spread, where it thinks that they have changed a lot."""
    if conn.dialect.name == "sqlite":
        conn.execute(text("PRAGMA optimize"))
