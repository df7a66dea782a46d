"""The same headline on several boards: which group a new headline joins.

A group is named by the arrival of its first member and never changes: a headline joins when it is stored or not at all,
so the lead of a merged feed stays the lead. One member a board: a board that says a thing twice means two things.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Select, and_, bindparam, exists, or_, select

from aggregator.store.matching import folded
from aggregator.store.tables import headlines

# Boards repeat each other within a day or two; a title that returns later is a new headline.
SAME_TITLE_WITHIN = timedelta(hours=48)


class Newcomer(Struct, frozen=True, kw_only=True):
    """What a new headline is recognised by, and the hashes of it.

    ``title_fold`` is None where the title says nothing, as a placeholder does.
    """

    arrival: int
    title_fold: str | None
    title_hash: int
    url: str | None
    url_hash: int | None
    moment: datetime


def text_hash(text: str) -> int:
    """48 bits that stand for ``text`` in an index, signed; among a million texts two share theirs once in 500 stores.

    >>> text_hash("연금") == text_hash("연금") != text_hash("의대")
    True
    """
    return int.from_bytes(blake2b(text.encode(errors="replace"), digest_size=8).digest()[:6], signed=True)


def groups(conn: Connection, board_id: int, newcomers: Sequence[Newcomer]) -> dict[int, int]:
    """The group of each newcomer by arrival: the earliest on other boards with the same link or title, else its own."""
    candidates = conn.execute(_CANDIDATES, _asked(board_id, newcomers)).all() if newcomers else []
    taken: set[int] = set()
    joined = {}
    for newcomer in newcomers:
        earliest = next(
            (c.twin for c in candidates if c.twin not in taken and _same(newcomer, c.title_fold, c.url, c.moment)),
            newcomer.arrival,
        )
        taken.add(earliest)
        joined[newcomer.arrival] = earliest
    return joined


def _asked(board_id: int, newcomers: Sequence[Newcomer]) -> dict[str, Any]:
    moments = [newcomer.moment for newcomer in newcomers]
    return {
        "board": board_id,
        "links": list({newcomer.url_hash for newcomer in newcomers if newcomer.url_hash is not None}),
        "titles": list({newcomer.title_hash for newcomer in newcomers if newcomer.title_fold is not None}),
        "since": min(moments) - SAME_TITLE_WITHIN,
        "until": max(moments) + SAME_TITLE_WITHIN,
    }


def _candidates() -> Select[tuple[int, str, str | None, datetime]]:
    """What other boards have of the same link or title, in groups that this board is not in; earliest group first."""
    linked = headlines.c.url_hash.in_(bindparam("links", expanding=True))
    titled = headlines.c.title_hash.in_(bindparam("titles", expanding=True))
    near = headlines.c.moment.between(bindparam("since"), bindparam("until"))
    ours = headlines.alias("ours")
    return (
        select(headlines.c.twin, folded(headlines, "title"), headlines.c.url, headlines.c.moment)
        .where(
            or_(linked, and_(titled, near)),
            headlines.c.board_id != bindparam("board"),
            ~exists().where(ours.c.twin == headlines.c.twin, ours.c.board_id == bindparam("board")),
        )
        .order_by(headlines.c.twin)
    )


# Built once: a comparison with each of hundreds of hashes costs more to put together than to run.
_CANDIDATES = _candidates()


def _same(newcomer: Newcomer, title_fold: str, url: str | None, moment: datetime) -> bool:
    if newcomer.url is not None and newcomer.url == url:
        return True
    return newcomer.title_fold == title_fold and abs(newcomer.moment - moment) <= SAME_TITLE_WITHIN
