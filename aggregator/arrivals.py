"""The headlines that came last, read once for all feeds that are kept: each looks at what came since it was made."""

import asyncio
from collections import deque
from itertools import takewhile

from aggregator.store import Store, Transaction, arrivals, identity
from aggregator.store.arrivals import Arrived
from aggregator.store.identity import Identity
from aggregator.store.state import State

# More than have come between two readers of anything, unless years of a board were.
MOST = 500


class Arrivals:
    """The last of a store's headlines; of none too many.

    ``state`` is the store's when they were read, ``last`` the last arrival that they reach up to.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._reading = asyncio.Lock()
        self._came: deque[Arrived] = deque(maxlen=MOST)
        self._who: Identity | None = None
        self.state = State(0, 0)
        self._first = self.last = 0

    async def reach(self) -> None:
        """Read on, to what has come by now. Raises StoreError."""
        async with self._reading:
            state = await self._store.state()
            if state == self.state:
                return
            # What came before anything else was changed is no more what it was; a store that was put back knows less.
            is_on = state.changed == self.state.changed and state.number > self.state.number
            came = await self._read() if is_on else None
            if came is None or (await self._store.state()).changed != state.changed:
                self._came.clear()
                self._who, self._first = await self._store.read(_now)
                self.last = self._first
            else:
                self._keep(came)
            self.state = state

    async def _read(self) -> list[Arrived] | None:
        """What came since the last; None where it is too much."""
        if self._who is None:
            return None
        came = await self._store.read(arrivals.since, self._who, self.last, MOST)
        return came if len(came) < MOST else None

    def _keep(self, came: list[Arrived]) -> None:
        for one in came:
            if len(self._came) == MOST:
                self._first = self._came[0].entry.arrival
            self._came.append(one)
            self.last = one.entry.arrival

    def since(self, arrival: int, state: State) -> list[Arrived] | None:
        """What came after ``arrival``, newest first; None where that is forgotten, or not all that happened."""
        if arrival < self._first or state.changed != self.state.changed:
            return None
        return list(takewhile(lambda one: one.entry.arrival > arrival, reversed(self._came)))


def _now(conn: Transaction) -> tuple[Identity, int]:
    return identity.stored(conn), identity.last_arrival(conn)
