"""Revisions: the titles and links that headlines had before."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from aggregator.changes import Form
from aggregator.store.tables import revisions

# asyncpg sends at most 32,767 parameters a statement.
CHUNK = 1_000


def since(conn: Connection, arrivals: Sequence[int], then: datetime) -> dict[int, list[Form]]:
    """The forms that headlines had and lost after ``then``, by arrival, the oldest first."""
    lost = defaultdict[int, list[Form]](list)
    for start in range(0, len(arrivals), CHUNK):
        query = select(revisions.c.arrival, revisions.c.title, revisions.c.url)
        which = revisions.c.arrival.in_(arrivals[start : start + CHUNK]), revisions.c.replaced_at > then
        for row in conn.execute(query.where(*which).order_by(revisions.c.id)):
            lost[row.arrival].append(Form(row.title, row.url))
    return lost
