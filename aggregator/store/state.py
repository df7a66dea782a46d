"""The number that grows whenever a feed may say something else: what is kept by it need not be asked for again.

Beside it stands what it was when that was last more than headlines that came: who keeps what it selected need only look
at those. It is counted on in the very transaction, once, at its end: nobody sees it before what it stands for, and no
lock is taken after its own. Statements are looked at, not callers: whoever writes a headline need not think of this.
"""

import re
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from msgspec import Struct
from sqlalchemy import Connection, Engine, event, select, update

from aggregator.store.audience import state
from aggregator.store.inserting import insert_absent

R = TypeVar("R")
STATE = "SELECT number, changed FROM state"
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

Moved = Literal["arrivals", "changes"]


class State(Struct, frozen=True):
    """What feeds can show: its ``number``, and what that was when it was last more than headlines that came."""

    number: int
    changed: int


def shows(statement: str) -> Moved | None:
    """What a statement can add to what feeds say, or change of it; None for neither.

    >>> shows("UPDATE boards SET next_poll_at=?, failures=? WHERE id = ?"), shows("UPDATE boards SET name=?, etag=?")
    (None, 'changes')
    >>> shows("INSERT INTO headlines (arrival) VALUES (?)")
    'arrivals'
    """
    found = _WRITING.match(statement)
    if found is None:
        return None
    if (found[1], found[2]) == ("INSERT INTO", "headlines"):
        return "arrivals"
    shown = found[3] is None or not set(_COLUMN.findall(found[3])) <= UNSHOWN[found[2]]
    return "changes" if shown else None


def watch(engine: Engine) -> None:
    """Mark the transactions of ``engine`` that can change what a feed says."""

    def mark(conn: Connection, _cursor: object, statement: str, *_: Any) -> None:  # noqa: ANN401  SQLAlchemy's
        if conn.info.get(_MOVED) != "changes" and (moved := shows(statement)) is not None:
            conn.info[_MOVED] = moved

    event.listen(engine, "before_cursor_execute", mark)


def move(conn: Connection) -> None:
    """Mark the transaction, where it changes what a feed finds and writes nothing that one shows."""
    conn.info[_MOVED] = "changes"


def moving(conn: Connection, work: Callable[[Connection], R]) -> R:
    """What ``work`` answers; the number has grown where it wrote what a feed can show."""
    conn.info.pop(_MOVED, None)
    answer = work(conn)
    if (moved := conn.info.pop(_MOVED, None)) is not None:
        counted = {"number": state.c.number + 1}
        conn.execute(
            update(state).values(counted if moved == "arrivals" else {**counted, "changed": counted["number"]})
        )
    return answer


def current(conn: Connection) -> State:
    """The state as of the transaction."""
    return State(*conn.execute(select(state.c.number, state.c.changed)).one())


def begin(conn: Connection) -> None:
    """Begin to count, in a store that is born; a migration may have begun before its first start."""
    conn.execute(insert_absent(conn, state).values(id=1, number=1))
