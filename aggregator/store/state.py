"""The number that grows whenever a feed may say something else: what is kept by it need not be asked for again.

It is counted on in the very transaction, once, at its end: nobody sees it before what it stands for, and no lock is
taken after its own. Statements are looked at, not callers: whoever writes a headline need not think of this.
"""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, event, insert, select, update

from aggregator.store.audience import state

R = TypeVar("R")
NUMBER = "SELECT number FROM state"
# What no feed shows, by table; every poll sets some of it.
UNSHOWN = {
    "headlines": {"listed", "place", "missed_at"},
    "boards": {
        *(
            "etag",
            "last_modified",
            "validators_url",
            "next_poll_at",
            "claimed_until",
            "failures",
            "recipe",
            "pager",
            "follows",
        ),
        *("keys_changed", "quarantined_since", "quarantine", "backfill", "unfinished", "unsettled", "numbering"),
        *("keep_days", "keep_rows", "reclaimed_bytes", "host", "manners", "standing", "timing", "tempo"),
    },
    "topics": set[str](),
}
_WRITING = re.compile(
    r'\s*(INSERT INTO|DELETE FROM|UPDATE) "?(headlines|boards|topics)\b"?(?: SET (.*?)(?: WHERE |$))?', re.DOTALL
)
_COLUMN = re.compile(r"(?:^|, )(\w+)=")
_MOVED = "moved"


def shows(statement: str) -> bool:
    """Whether a statement can change what a feed says.

    >>> shows("UPDATE boards SET next_poll_at=?, failures=? WHERE id = ?"), shows("UPDATE boards SET name=?, etag=?")
    (False, True)
    """
    found = _WRITING.match(statement)
    if found is None:
        return False
    return found[3] is None or not set(_COLUMN.findall(found[3])) <= UNSHOWN[found[2]]


def watch(engine: Engine) -> None:
    """Mark the transactions of ``engine`` that can change what a feed says."""

    def mark(conn: Connection, _cursor: object, statement: str, *_: Any) -> None:  # noqa: ANN401  SQLAlchemy's
        if not conn.info.get(_MOVED) and shows(statement):
            conn.info[_MOVED] = True

    event.listen(engine, "before_cursor_execute", mark)


def move(conn: Connection) -> None:
    """Mark the transaction, where it changes what a feed finds and writes nothing that one shows."""
    conn.info[_MOVED] = True


def moving(conn: Connection, work: Callable[[Connection], R]) -> R:
    """What ``work`` answers; the number has grown where it wrote what a feed can show."""
    conn.info.pop(_MOVED, None)
    answer = work(conn)
    if conn.info.pop(_MOVED, False):
        conn.execute(update(state).values(number=state.c.number + 1))
    return answer


def number(conn: Connection) -> int:
    """The number as of the transaction."""
    found: int = conn.execute(select(state.c.number)).scalar_one()
    return found


def begin(conn: Connection) -> None:
    """Begin to count, in a store that is born."""
    conn.execute(insert(state).values(id=1, number=1))
