"""How long what a feed shows is likely to stay: read off indexes, however many boards there are."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Select, bindparam, select

from aggregator.store.tables import boards


class Freshness(Struct, frozen=True):
    """The shortest interval of a feed's boards, and when the first of them is due; None where it has none."""

    every: timedelta | None
    next_poll_at: datetime | None


def freshness(conn: Connection, slugs: Collection[str] | None, *, private: bool) -> Freshness:
    """That of the boards that stand and run, of those called ``slugs`` or of all; ``private`` ones too where said."""
    asked = {} if slugs is None else {"slugs": list(slugs)}
    named = slugs is not None
    return Freshness(
        conn.scalar(_least(boards.c.every, named=named, private=private), asked),
        conn.scalar(_least(boards.c.next_poll_at, named=named, private=private), asked),
    )


@cache
def _least(column: ColumnElement[Any], *, named: bool, private: bool) -> Select[Any]:
    running = [boards.c.removed_at.is_(None), boards.c.paused.is_(False)]
    if not private:
        running.append(boards.c.private.is_(False))
    if named:
        running.append(boards.c.slug.in_(bindparam("slugs", expanding=True)))
    return select(column).where(*running).order_by(column).limit(1)
