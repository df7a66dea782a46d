"""What archives hold, on SQLite and on PostgreSQL alike."""

import asyncio

from aggregator.store import Store, archives, boards
from aggregator.store.archives import CHUNK
from tests.store.conftest import NOW
from tests.store.test_contract import headline, posted, spec


async def test_a_block_is_kept_once_whoever_asks(store: Store) -> None:
    """Of many who keep it at once one does, in steps; what was kept is no more missing, even where it is empty."""
    board = await store.write(boards.add, spec(), NOW)
    await posted(store, board, *(headline(n) for n in range(1, 1_200)))
    every = range(30)
    assert await store.read(archives.missing, every) == list(every)
    for _ in range(2):
        await asyncio.gather(*(store.write(archives.keep, every[:CHUNK]) for _ in range(5)))
    assert await store.read(archives.missing, every) == list(every[CHUNK:])
    held = await store.read(lambda conn: archives.held(conn, every, ["news"], private=False))
    assert [one.entry.arrival for one in held] == list(range(50 * CHUNK - 1, 0, -1))
    assert await store.read(lambda conn: archives.held(conn, every, ["other"], private=False)) == []
    await store.write(archives.keep, [29])
    assert await store.read(archives.missing, every) == list(range(CHUNK, 29))


async def test_the_last_arrival_of_a_board_below_another(store: Store) -> None:
    """Whatever lies between is another board's."""
    first = await store.write(boards.add, spec(), NOW)
    second = await store.write(boards.add, spec("other"), NOW)
    await posted(store, first, headline(1), headline(2))
    await posted(store, second, *(headline(n) for n in range(3, 9)))
    assert await store.read(archives.last_below, 9, "news") == 2
    assert await store.read(archives.last_below, 3, "other") is None
