"""Saved topics, matched when a headline is stored instead of searched for when a feed is asked.

A topic's matches hold all that its filter may ever take, newest last, and are good for the very text they were filled
for: where the topic says something else by now, or its filling is not done, it is searched like any filter. As of all
indexes, what they name is looked at again; so what is gone or has changed since does no harm.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row, Select, bindparam

from aggregator.filters import Traits, parse
from aggregator.filters.grams import narrowing
from aggregator.filters.lasting import lasting, telling, told_apart
from aggregator.filters.matching import in_small_letters
from aggregator.store import grams, state
from aggregator.store.audience import fillings, topic_headlines
from aggregator.store.grams import Hits, Index
from aggregator.store.inserting import insert_absent
from aggregator.store.matching import folded
from aggregator.store.tables import boards, headlines, identity, topics

CHUNK = 1_000

_c = headlines.c
_FOLDED = folded(headlines, "title"), folded(headlines, "source")
_TEXTS = sa.select(_c.arrival, *_FOLDED, _c.url, boards.c.slug).join_from(headlines, boards, boards.c.id == _c.board_id)
_MATCHED = grams.led(
    topic_headlines,
    topic_headlines.c.arrival,
    topic_headlines.c.topic_id == bindparam("matched_by"),
    lasts=True,
)
_FILLED = (
    sa.select(fillings.c.topic_id)
    .join_from(topics, fillings, sa.and_(fillings.c.topic_id == topics.c.id, fillings.c.filter == topics.c.filter))
    .where(topics.c.slug == bindparam("slug"), fillings.c.arrival == 0)
)
_STATES = sa.select(
    topics.c.id, topics.c.filter, topics.c.removed_at, fillings.c.filter.label("filled"), fillings.c.arrival
).outerjoin_from(topics, fillings, fillings.c.topic_id == topics.c.id)


def hits(conn: Connection, slug: str) -> Hits | None:
    """All that the topic's filter may take; None where the topic has to be searched."""
    topic_id = conn.scalar(_FILLED, {"slug": slug})
    if topic_id is None:
        return None
    return Hits(_MATCHED, {"matched_by": topic_id})


def latest(conn: Connection) -> dict[str, int | None]:
    """The newest headline that each public topic may hold, by slug: None where it has to be searched, or holds none."""
    last = sa.select(sa.func.max(topic_headlines.c.arrival)).where(topic_headlines.c.topic_id == topics.c.id)
    filled = sa.select(fillings.c.topic_id).where(fillings.c.filter == topics.c.filter, fillings.c.arrival == 0)
    known = sa.case((topics.c.id.in_(filled), last.scalar_subquery())).label("newest")
    query = sa.select(topics.c.slug, known).where(topics.c.removed_at.is_(None), topics.c.private.is_(False))
    return {row.slug: row.newest for row in conn.execute(query)}


def match(conn: Connection, arrivals: Sequence[int]) -> None:
    """Let every topic have those of ``arrivals`` that it may take, and no others of them.

    Called by whoever holds the counter of arrivals, so that no filling begins beside it and misses them.
    """
    filled = conn.execute(sa.select(fillings.c.topic_id, fillings.c.filter)).all()
    if not filled:
        return
    drop(conn, arrivals)
    rows = conn.execute(_TEXTS.where(_c.arrival.in_(arrivals))).all()
    for topic_id, text in filled:
        _store(conn, topic_id, text, rows)


def drop(conn: Connection, arrivals: Sequence[int] | Select[Any]) -> None:
    """Take headlines out of every topic's matches."""
    # The topics named, or SQLite would go through all matches.
    among = topic_headlines.c.topic_id.in_(sa.select(fillings.c.topic_id)), topic_headlines.c.arrival.in_(arrivals)
    conn.execute(sa.delete(topic_headlines).where(*among))


def unfilled(conn: Connection) -> list[int]:
    """The topics whose matches are not what their filters say, removed ones whose matches are still there too."""
    return [row.id for row in conn.execute(_STATES) if not _is_filled(row)]


def fill(conn: Connection, topic_id: int) -> None:
    """Bring a topic's matches a chunk nearer to what its filter says; the first time what they were is dropped."""
    row = conn.execute(_STATES.where(topics.c.id == topic_id)).one()
    if _is_filled(row):
        return
    if row.removed_at is not None or row.filled != row.filter:
        _begin(conn, row)
    else:
        _go_on(conn, row)


def _is_filled(row: Row[*tuple[Any, ...]]) -> bool:
    """Whether there is nothing to do: matched to the end, or a topic that has no matches and should have none."""
    if row.removed_at is not None or told_apart(row.filter) is None:
        return row.filled is None
    return bool(row.filled == row.filter and row.arrival == 0)


def _begin(conn: Connection, row: Row[*tuple[Any, ...]]) -> None:
    # Who stores headlines holds the counter till commit: all up to it are there now, all others will be matched.
    counting = sa.update(identity).values(arrival=identity.c.arrival).returning(identity.c.arrival)
    last = conn.execute(counting).scalar_one()
    conn.execute(sa.delete(topic_headlines).where(topic_headlines.c.topic_id == row.id))
    conn.execute(sa.delete(fillings).where(fillings.c.topic_id == row.id))
    if row.removed_at is None and told_apart(row.filter) is not None:
        conn.execute(sa.insert(fillings).values(topic_id=row.id, filter=row.filter, arrival=last + 1))


def _go_on(conn: Connection, row: Row[*tuple[Any, ...]]) -> None:
    found = grams.hits(conn, narrowing(lasting(parse(row.filter))))
    index, asked = (Index(headlines, _c.arrival, sa.true()), {}) if found is None else (found.index, found.asked)
    texts = sa.select(index.arrival.label("arrival"), *_FOLDED, _c.url, _c.board_id)
    texts = texts.select_from(index.table).where(index.found, index.arrival < row.arrival)
    page = texts.order_by(index.arrival.desc()).limit(CHUNK).subquery("page")
    with_slugs = sa.select(page, boards.c.slug).join_from(page, boards, boards.c.id == page.c.board_id)
    rows = conn.execute(with_slugs, asked).all()
    _store(conn, row.id, row.filter, rows)
    reached = min((one.arrival for one in rows), default=0) if len(rows) == CHUNK else 0
    conn.execute(sa.update(fillings).where(fillings.c.topic_id == row.id).values(arrival=reached))
    if reached == 0:
        # A search that was ended early goes on to the last match from now on.
        state.move(conn)


def _store(conn: Connection, topic_id: int, text: str, rows: Sequence[Row[*tuple[Any, ...]]]) -> None:
    takes = told_apart(text)
    taken = [row.arrival for row in rows if takes is not None and takes(_telling(row))]
    if taken:
        matches = [{"topic_id": topic_id, "arrival": arrival} for arrival in taken]
        conn.execute(insert_absent(conn, topic_headlines), matches)


def _telling(row: Row[*tuple[Any, ...]]) -> Traits:
    return telling(row.title_fold, row.source_fold, in_small_letters(row.url or ""), row.slug)
