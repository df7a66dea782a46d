"""That something was stored: said in this process at once, and found in the store where another process stored it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime

from aggregator.beside import beside
from aggregator.errors import StoreError
from aggregator.logs import event
from aggregator.store import Store, polls

log = logging.getLogger("aggregator")
TICK_SECONDS = 1.0
# Two polls may commit in another order than they took their ids.
OVERLAP = 100

Mark = tuple[int, datetime]


class Ear:
    """One listener: which boards had news since it was last asked."""

    def __init__(self) -> None:
        self._boards: set[str] = set()
        self._filled = asyncio.Event()

    def fill(self, boards: Collection[str]) -> None:
        """Let it hear of news of ``boards``."""
        self._boards |= set(boards)
        self._filled.set()

    async def boards(self, patience_seconds: float | None = None) -> frozenset[str]:
        """The boards that had news, once there are any; none when the patience is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_seconds):
                await self._filled.wait()
        heard, self._boards = frozenset(self._boards), set()
        self._filled.clear()
        return heard


class News:
    """Tells its listeners of polls that brought something, wherever they were made."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stirred = asyncio.Event()
        self._ears: set[Ear] = set()
        self._last, self._known = 0, set[Mark]()

    def stir(self) -> None:
        """Look at once: something was stored by this process."""
        self._stirred.set()

    @contextmanager
    def heard(self) -> Iterator[Ear]:
        """A listener, until left."""
        self._ears.add(ear := Ear())
        try:
            yield ear
        finally:
            self._ears.discard(ear)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Tell of what is stored from now on, until left."""
        with suppress(StoreError):
            await self._fresh()
        async with beside(self._watch()):
            yield

    async def _watch(self) -> None:
        while True:
            with suppress(TimeoutError):
                # wait_for would lose a cancellation that comes with the event (Python 3.11).
                async with asyncio.timeout(TICK_SECONDS):
                    await self._stirred.wait()
            self._stirred.clear()
            try:
                if boards := await self._fresh():
                    for ear in self._ears:
                        ear.fill(boards)
            except StoreError:
                pass  # The service says so; what is missed now is found at the next tick.
            except Exception:
                log.exception(event("news", result="defect"))

    async def _fresh(self) -> set[str]:
        self._last, found = await self._store.read(polls.news, self._last - OVERLAP)
        fresh = {board for mark, board in found.items() if mark not in self._known}
        self._known = set(found)
        return fresh
