"""Headlines: what is known of them, how a poll's changes are stored, and which a feed shows (``selecting``)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Boolean, ColumnElement, Connection, Row, Update, bindparam, func, insert, update

from aggregator.changes import Changes, Known
from aggregator.folding import fold
from aggregator.model import Board, Headline
from aggregator.normalize import NO_TITLE
from aggregator.store import grams, matches, places
from aggregator.store.columns import storable
from aggregator.store.inserting import insert_many_absent
from aggregator.store.selecting import Found, search, select
from aggregator.store.selection import Cursor, Selection
from aggregator.store.tables import boards, headlines, identity, revisions
from aggregator.store.twins import Newcomer, groups, text_hash

__all__ = [
    "Cursor",
    "Found",
    "Selection",
    "apply",
    "known",
    "latest",
    "namesakes",
    "relist",
    "search",
    "select",
]

# asyncpg sends at most 32,767 parameters a statement.
CHUNK = 1_000
LARGEST = 2**63 - 1
SECOND = timedelta(seconds=1)
PLACEHOLDER = fold(NO_TITLE)
_INDEXED = itemgetter(*grams.TEXTS)
# Built once: every page asks it. The sum keeps SQLite from the board's index, by which it would read all of its rows.
_BEARING = sa.select(*places.REMEMBERED, headlines.c.title_hash).where(
    headlines.c.board_id + sa.literal_column("0") == bindparam("board"),
    headlines.c.title_hash.in_(bindparam("hashes", expanding=True)),
)
_COUNTING = update(identity).values(arrival=identity.c.arrival + bindparam("n")).returning(identity.c.arrival)
# The newest, pinned ones left out.
_LATEST = (
    sa.select(*places.REMEMBERED)
    .where(headlines.c.board_id == bindparam("board"), headlines.c.pinned.is_(False))
    .order_by(headlines.c.arrival.desc())
    .limit(bindparam("n"))
)


def known(conn: Connection, board_id: int, keys: Sequence[str]) -> dict[str, Known]:
    """What the store remembers of the board's headlines, for those of ``keys`` that it has met."""
    met: dict[str, Known] = {}
    for start in range(0, len(keys), CHUNK):
        listed = headlines.c.listed.in_(keys[start : start + CHUNK])
        met |= {known.listed or known.key: known for known in _known(conn, board_id, listed)}
    return met


def namesakes(conn: Connection, board_id: int, titles: Sequence[str]) -> list[Known]:
    """The board's headlines that bear one of ``titles``, however they were folded; purged ones bear it again."""
    asked = {text_hash(fold(storable(title))): title for title in titles}
    hashes, found = sorted(asked), []
    for start in range(0, len(hashes), CHUNK):
        bearing = {"board": board_id, "hashes": hashes[start : start + CHUNK]}
        for row in map(dict, conn.execute(_BEARING, bearing).mappings()):
            title = asked[row.pop("title_hash")]
            found.append(Known(**row if row["purged_at"] is None else {**row, "title": title}))
    return found


def latest(conn: Connection, board_id: int, n: int) -> list[Known]:
    """The board's ``n`` newest headlines, pinned ones left out."""
    return [Known(**row) for row in conn.execute(_LATEST, {"board": board_id, "n": n}).mappings()]


def relist(conn: Connection, board: Board, moved: Mapping[str, Known], kept: Collection[str], *, rekeyed: bool) -> None:
    """Note under which keys the board lists headlines now.

    Where its keys are ``rekeyed`` all others but the ``kept`` are listed under none until they are met again: an old
    key may name another document by now. The headlines' own keys, which stand in guids, stay.
    """
    c = headlines.c
    if rekeyed:
        conn.execute(update(headlines).where(c.board_id == board.id, c.listed.not_in(kept)).values(listed=None))
        conn.execute(update(boards).where(boards.c.id == board.id).values(keys_changed=boards.c.keys_changed + 1))
    naming = update(headlines).where(c.arrival == bindparam("b_arrival")).values(listed=bindparam("b_listed"))
    conn.execute(naming, [{"b_arrival": known.arrival, "b_listed": key} for key, known in moved.items()])


def _known(conn: Connection, board_id: int, which: ColumnElement[bool]) -> list[Known]:
    query = sa.select(*places.REMEMBERED).where(headlines.c.board_id == board_id, which)
    return [Known(**row) for row in conn.execute(query).mappings()]


def apply(conn: Connection, board: Board, changes: Changes, now: datetime) -> None:
    """Store what a poll found: new headlines with arrivals and groups, changes with revisions, numbers and pins.

    Arrivals grow in commit order, because the counter's row is locked till commit: a reader that asks for what came
    after the last one it saw misses nothing. A new key that is there already, stored by a poll whose claim had run
    out, is passed over.
    """
    for start in range(0, len(changes.new), CHUNK):
        _insert(conn, board, changes, changes.new[start : start + CHUNK], now)
    for start in range(0, len(changes.changed), CHUNK):
        _revise(conn, board, changes.changed[start : start + CHUNK], now)
    if changes.restated:
        restated = [
            {"b_key": headline.key, "b_pinned": headline.pinned, **_counts(headline)} for headline in changes.restated
        ]
        conn.execute(_restating(board), restated)
    places.settle(conn, board.id, changes, now)


def _insert(conn: Connection, board: Board, changes: Changes, new: Sequence[Headline], now: datetime) -> None:
    first = conn.execute(_COUNTING, {"n": len(new)}).scalar_one() - len(new) + 1
    rows = {arrival: _row(board, changes, headline, arrival, now) for arrival, headline in enumerate(new, first)}
    joined = groups(conn, board.id, [_newcomer(row) for row in rows.values()])
    stored = [{**row, "twin": joined[arrival]} for arrival, row in rows.items()]
    insert_many_absent(conn, headlines, [{**row, **_folds(row)} for row in stored])
    grams.add(conn, [grams.Texts(*_INDEXED(row)) for row in stored])
    matches.match(conn, list(rows))


def _row(board: Board, changes: Changes, headline: Headline, arrival: int, now: datetime) -> dict[str, Any]:
    moment = headline.published or now
    return {
        **_texts(headline.title, headline.source, headline.url, headline.category),
        "arrival": arrival,
        "board_id": board.id,
        "key": f"{headline.key}~{board.keys_changed}" if board.keys_changed else headline.key,
        "listed": headline.key,
        "number": _storable_count(headline.number),
        "date_text": headline.date_text,
        "published": headline.published,
        "precision": headline.precision,
        "moment": moment,
        "first_seen": now,
        "updated": _distinct(moment, arrival),
        "pinned": headline.pinned,
        "comments": _storable_count(headline.comments),
        "place": changes.places.get(headline.key),
        "history": headline.key in changes.history,
    }


def _texts(title: str, source: str | None, url: str | None, category: str | None) -> dict[str, Any]:
    """The columns that filters and twins look at; folded from what is stored, so that the predicate sees the same."""
    title, source = storable(title), None if source is None else storable(source)
    title_fold = fold(title)
    return {
        "title": title,
        "title_fold": title_fold,
        "title_hash": text_hash(title_fold),
        "source": source,
        "source_fold": fold(source or ""),
        "url": url,
        "url_hash": None if url is None else text_hash(url),
        "category": category,
        "category_fold": fold(storable(category or "")),
    }


def _folds(row: dict[str, Any]) -> dict[str, str | None]:
    """The folded texts as they are stored: those that are not the texts themselves."""
    shown = {"title_fold": row["title"], "source_fold": row["source"] or ""}
    return {name: None if row[name] == text else row[name] for name, text in shown.items()}


def _newcomer(row: dict[str, Any]) -> Newcomer:
    title = row["title_fold"]
    telling = title if title not in ("", PLACEHOLDER) else None
    known = {name: row[name] for name in ("arrival", "title_hash", "url", "url_hash", "moment")}
    return Newcomer(title_fold=telling, **known)


def _distinct(moment: datetime, arrival: int) -> datetime:
    """``moment`` to the second with the arrival in its microseconds, because no two entries may share ``updated``."""
    return moment.replace(microsecond=arrival % 1_000_000)


def _revise(conn: Connection, board: Board, changed: Sequence[Headline], now: datetime) -> None:
    """Give headlines their new title or link and keep the old one; ``updated`` moves by a second at the least."""
    c = headlines.c
    there = c.board_id == board.id, c.listed.in_([headline.key for headline in changed]), c.purged_at.is_(None)
    columns = c.arrival, c.listed, c.title, c.source, c.url, c.number, c.comments, c.category, c.updated
    before = {row.listed: row for row in conn.execute(sa.select(*columns).where(*there))}
    met = [(headline, before[headline.key]) for headline in changed if headline.key in before]
    if not met:
        return
    conn.execute(
        insert(revisions),
        [{"arrival": old.arrival, "title": old.title, "url": old.url, "replaced_at": now} for _, old in met],
    )
    arrivals = [old.arrival for _, old in met]
    grams.drop(conn, arrivals)
    revising = update(headlines).where(headlines.c.arrival == bindparam("b_arrival"))
    conn.execute(revising, [{"b_arrival": old.arrival, **_revised(headline, old, now)} for headline, old in met])
    grams.add(conn, grams.texts(conn, arrivals))
    # Whoever begins to fill a topic waits for this, and sees these texts.
    conn.execute(update(identity).values(arrival=identity.c.arrival))
    matches.match(conn, arrivals)


def _revised(headline: Headline, old: Row[*tuple[Any, ...]], now: datetime) -> dict[str, Any]:
    number, comments = _storable_count(headline.number), _storable_count(headline.comments)
    texts = _texts(
        headline.title, headline.source or old.source, headline.url or old.url, headline.category or old.category
    )
    return {
        **texts,
        **_folds(texts),
        "number": old.number if number is None else number,
        "comments": old.comments if comments is None else comments,
        "pinned": headline.pinned,
        "updated": _distinct(max(now, old.updated.replace(microsecond=0) + SECOND), old.arrival),
    }


def _restating(board: Board) -> Update:
    """What a list says of a headline anew; silence about a number says nothing."""
    return (
        update(headlines)
        .where(headlines.c.board_id == board.id, headlines.c.listed == bindparam("b_key"))
        .values(
            number=func.coalesce(bindparam("b_number", type_=BigInteger), headlines.c.number),
            comments=func.coalesce(bindparam("b_comments", type_=BigInteger), headlines.c.comments),
            pinned=bindparam("b_pinned", type_=Boolean),
        )
    )


def _counts(headline: Headline) -> dict[str, int | None]:
    return {"b_number": _storable_count(headline.number), "b_comments": _storable_count(headline.comments)}


def _storable_count(written: int | None) -> int | None:
    """A number that a page printed, unless it is longer than any database's integers."""
    return None if written is None or abs(written) > LARGEST else written
