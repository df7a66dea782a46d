"""Hosts: what the boards of each have been asked of late, and when one of them is due."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, case, func, select

from aggregator.store.boards import STANDING
from aggregator.store.tables import boards, origins, polls

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_REFUSED = (429, 503)


class Asked(Struct, frozen=True, kw_only=True):
    """What a host's boards were asked by polls begun within an hour or a day; ``further`` leaves first pages out."""

    pages_hour: int = 0
    further_hour: int = 0
    pages_day: int = 0
    refused_day: int = 0
    last_at: datetime | None = None


class Host(Struct, frozen=True, kw_only=True):
    """A host with its boards' ``urls``; ``due_at`` is None where all of them are paused."""

    name: str
    urls: tuple[str, ...]
    is_polled: bool
    due_at: datetime | None
    asked: Asked


def every(conn: Connection, now: datetime, after: str, n: int) -> list[Host]:
    """At most ``n`` hosts that have boards, by name, those behind ``after``."""
    names = select(boards.c.host).where(STANDING, boards.c.host > after).group_by(boards.c.host)
    chosen = list(conn.scalars(names.order_by(boards.c.host).limit(n)))
    query = select(boards.c.host, boards.c.url, boards.c.paused, boards.c.next_poll_at, boards.c.claimed_until)
    found: dict[str, list[tuple[str, bool, datetime | None]]] = {name: [] for name in chosen}
    for host, url, paused, due_at, held in conn.execute(query.where(STANDING, boards.c.host.in_(chosen))):
        found[host].append((url, held is not None and held > now, None if paused else due_at))
    asked = _asked(conn, chosen, now)
    return [
        Host(
            name=name,
            urls=tuple(url for url, _, _ in ours),
            is_polled=any(held for _, held, _ in ours),
            due_at=min((due_at for _, _, due_at in ours if due_at is not None), default=None),
            asked=asked.get(name, Asked()),
        )
        for name, ours in found.items()
    ]


def said(conn: Connection, named: Collection[str]) -> dict[str, str]:
    """What the fetcher remembers of origins, in its own words."""
    query = select(origins.c.origin, origins.c.said).where(origins.c.origin.in_(named))
    return {row.origin: row.said for row in conn.execute(query)}


def _asked(conn: Connection, hosts: Collection[str], now: datetime) -> Mapping[str, Asked]:
    # Records are kept in the order in which polls end: what is older is met first from below, whatever is kept.
    older = select(polls.c.id).where(polls.c.started_at < now - DAY).order_by(polls.c.id.desc()).limit(1)
    is_late = polls.c.started_at >= now - HOUR
    query = (
        select(
            boards.c.host,
            _sum(case((is_late, polls.c.pages), else_=0)).label("pages_hour"),
            _sum(case((is_late & (polls.c.pages > 1), polls.c.pages - 1), else_=0)).label("further_hour"),
            _sum(polls.c.pages).label("pages_day"),
            _sum(case((polls.c.status.in_(_REFUSED), 1), else_=0)).label("refused_day"),
            func.max(polls.c.finished_at).label("last_at"),
        )
        .join_from(polls, boards)
        .where(polls.c.id > func.coalesce(older.scalar_subquery(), 0), polls.c.started_at >= now - DAY)
        .where(boards.c.host.in_(hosts))
        .group_by(boards.c.host)
    )
    return {row.pop("host"): Asked(**row) for row in map(dict, conn.execute(query).mappings())}


def _sum(counted: ColumnElement[int]) -> ColumnElement[int]:
    return func.coalesce(func.sum(counted), 0)
