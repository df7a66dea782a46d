"""What archives hold: blocks of headlines as they stood when somebody first asked for them, and never otherwise.

Edits, deletions and purges that come later leave them alone. What is on a board that is removed or hidden is passed
over when they are read, and forgotten with the board's headlines.
"""

import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct, msgpack
from sqlalchemy import Connection, delete, func, insert
from sqlalchemy import select as query

from aggregator.cuts import SHORT
from aggregator.model import Entry
from aggregator.store.audience import archived
from aggregator.store.identity import stored
from aggregator.store.inserting import insert_absent
from aggregator.store.selecting import entry
from aggregator.store.selection import arrived
from aggregator.store.tables import boards, headlines

# So many blocks a transaction, so that no poll waits for the writer.
CHUNK = 20
# asyncpg sends at most 32,767 parameters a statement.
MANY = 1_000
NO_BOARD = 0
_c = headlines.c


class Archived(Struct, frozen=True, kw_only=True):
    """An entry as it is archived, with what its feeds ask beside it: its group, and whether it is history."""

    entry: Entry
    twin: int
    history: bool


def missing(conn: Connection, blocks: Collection[int]) -> list[int]:
    """Those of ``blocks`` that nobody has asked for yet, in order."""
    there: set[int] = set()
    for some in _chunks(sorted(blocks)):
        marked = archived.c.board_id == NO_BOARD, archived.c.block.in_(some)
        there |= set(conn.scalars(query(archived.c.block).where(*marked)))
    return sorted(set(blocks) - there)


def keep(conn: Connection, blocks: Sequence[int]) -> None:
    """Archive the first of ``blocks`` as their headlines stand; the others are left for another transaction.

    A block that another transaction archives is waited for and left as it is. No block may grow any more.
    """
    for block in blocks[:CHUNK]:
        mark = insert_absent(conn, archived).values(block=block, board_id=NO_BOARD, body=b"")
        if conn.execute(mark.returning(archived.c.block)).first() is None:
            continue
        bodies = [
            {"block": block, "board_id": board_id, "body": zlib.compress(msgpack.encode(held))}
            for board_id, held in _standing(conn, block).items()
        ]
        if bodies:
            conn.execute(insert(archived), bodies)


def held(conn: Connection, blocks: Collection[int], among: Collection[str] | None, *, private: bool) -> list[Archived]:
    """What ``blocks`` hold of the boards ``among`` (slugs; None means all) that are not removed, newest first.

    With ``private`` of those too that are.
    """
    found: list[Archived] = []
    asked = query(archived.c.body).join_from(archived, boards, boards.c.id == archived.c.board_id)
    asked = asked.where(boards.c.removed_at.is_(None))
    if not private:
        asked = asked.where(boards.c.private.is_(False))
    if among is not None:
        asked = asked.where(boards.c.slug.in_(among))
    for some in _chunks(sorted(blocks)):
        for body in conn.scalars(asked.where(archived.c.block.in_(some))):
            found += msgpack.decode(zlib.decompress(body), type=list[Archived])
    return sorted(found, key=lambda one: one.entry.arrival, reverse=True)


def around(conn: Connection, twins: Collection[int], below: int) -> set[int]:
    """The blocks in which the members of these groups stand that arrived before ``below``."""
    found: set[int] = set()
    for some in _chunks(sorted(twins)):
        members = query(_c.arrival).where(_c.twin.in_(some), _c.arrival < below)
        found |= {arrival // SHORT for arrival in conn.scalars(members)}
    return found


def last_below(conn: Connection, arrival: int, slug: str) -> int | None:
    """The last arrival below ``arrival`` on the board ``slug``, whatever became of it; None where there is none."""
    board = query(boards.c.id).where(boards.c.slug == slug).scalar_subquery()
    found: int | None = conn.scalar(query(func.max(_c.arrival)).where(_c.board_id == board, _c.arrival < arrival))
    return found


def drop_board(conn: Connection, board_id: int) -> None:
    """Forget what is archived of a board."""
    conn.execute(delete(archived).where(archived.c.board_id == board_id))


def _standing(conn: Connection, block: int) -> dict[int, list[Archived]]:
    """The block's headlines by board, without what is purged or gone from its board."""
    who, found = stored(conn), defaultdict[int, list[Archived]](list)
    for row in conn.execute(arrived(block * SHORT, (block + 1) * SHORT)):
        found[row.board_id].append(Archived(entry=entry(who, row, ()), twin=row.twin, history=row.history))
    return found


def _chunks(numbers: Sequence[int]) -> Iterable[Sequence[int]]:
    return (numbers[start : start + MANY] for start in range(0, len(numbers), MANY))
