"""Writes in groups: whoever asks while a transaction runs shares the next one, and its commit.

A commit and the way to the writer's thread and back cost more than what a poll without news has to say.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

P = ParamSpec("P")
R = TypeVar("R")
Unit = Callable[[Connection], Any]
# A longer group would keep other programs from the file, and a reader's answer waiting for what it did not ask.
MOST = 100


class _Asked(NamedTuple):
    """A unit of work, and who waits for it."""

    unit: Unit
    waiting: asyncio.Future[Any]


class Grouping:
    """Hands units of work to one thread, all that wait at a time together."""

    def __init__(self, transaction: Callable[[Sequence[Unit]], list[Any]]) -> None:
        """Let ``transaction`` run units one after the other and commit them; what it raises undoes them all."""
        self._transaction = transaction
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._asked: list[_Asked] = []
        self._running: asyncio.Future[list[Any]] | None = None

    async def write(self, work: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What ``work`` answers, once committed."""

        def unit(connection: Connection) -> R:
            return work(connection, *args, **kwargs)

        waiting: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._asked.append(_Asked(unit, waiting))
        if self._running is None:
            self._begin()
        return await waiting

    async def close(self) -> None:
        """Wait for what was asked."""
        while self._running is not None:
            await asyncio.wait([self._running])
        await asyncio.to_thread(self._thread.shutdown)

    def _begin(self) -> None:
        wanted = [one for one in self._asked if not one.waiting.cancelled()]
        group, self._asked, self._running = wanted[:MOST], wanted[MOST:], None
        if group:
            units = [one.unit for one in group]
            self._running = asyncio.get_running_loop().run_in_executor(self._thread, self._outcomes, units)
            self._running.add_done_callback(partial(self._answer, group))

    def _answer(self, group: Sequence[_Asked], done: asyncio.Future[list[Any]]) -> None:
        self._begin()
        for one, outcome in zip(group, done.result(), strict=True):
            if one.waiting.cancelled():
                continue
            if isinstance(outcome, _Failed):
                one.waiting.set_exception(outcome.error)
            else:
                one.waiting.set_result(outcome)

    def _outcomes(self, units: Sequence[Unit]) -> list[Any]:
        """What became of each. Where one of several is refused it is undone with the others, and each done alone."""
        try:
            return self._transaction(units)
        except BaseException as error:  # noqa: BLE001 - handed on to whoever waits
            if len(units) == 1 or (isinstance(error, DBAPIError) and not isinstance(error, IntegrityError)):
                return [_Failed(error)] * len(units)
        return [self._outcomes([unit])[0] for unit in units]


class _Failed(NamedTuple):
    error: BaseException
