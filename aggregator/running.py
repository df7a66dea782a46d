"""A server that runs: what it runs by, read again without a restart, and the signals that it hears."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from aggregator.errors import AggregatorError
from aggregator.logs import event
from aggregator.service import Service
from aggregator.settings import Settings, require_secrets
from aggregator.workers import Workers

Load = Callable[[], Settings]
Sow = Callable[[Settings], Awaitable[None]]
log = logging.getLogger("aggregator")


class Part(NamedTuple):
    """What part a process has in serving: it has ``workers`` beside it, or it is a ``worker``."""

    workers: Workers | None = None
    worker: bool = False


WHOLE = Part()


class Running:
    """The service and the settings it runs by, which are read again by ``reload``."""

    def __init__(self, service: Service, load: Load, sow: Sow, part: Part) -> None:
        """Read settings by ``load``, and ``sow`` their boards and topics."""
        self._service, self._load, self._sow, self._part = service, load, sow, part

    @property
    def settings(self) -> Settings:
        """What settings.toml says."""
        return self._service.settings

    async def reload(self) -> list[str]:
        """Take what settings.toml says now, unless it cannot be read; the keys that need a restart."""
        left = await self._take()
        if self._part.worker:
            os.kill(os.getppid(), signal.SIGHUP)
        return left

    async def _take(self) -> list[str]:
        settings = self._load()
        require_secrets(settings)
        await self._sow(settings)
        left = self._service.take(settings)
        if self._part.workers is not None:
            self._part.workers.hang_up()
        return left

    async def hang_up(self) -> None:
        """Reload, and say in the log what came of it."""
        try:
            left = await self._take()
        except AggregatorError as error:
            log.error(event("reload", result="refused", error=str(error)))  # noqa: TRY400 - the sentence says it
        else:
            log.info(event("reload", result="taken", needs_restart=", ".join(left) or None))


def heard(running: Running) -> asyncio.Event:
    """Hear signals from now on: before anybody is told that the server is up, since SIGHUP would end it until then."""
    stop, tasks = asyncio.Event(), set[asyncio.Task[None]]()
    loop = asyncio.get_running_loop()

    def reload() -> None:
        tasks.add(task := loop.create_task(running.hang_up()))
        task.add_done_callback(tasks.discard)

    loop.add_signal_handler(signal.SIGHUP, reload)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


def bound(stop: asyncio.Event) -> None:
    """Set ``stop`` when standard input ends: whoever began this process holds its other end."""
    loop = asyncio.get_running_loop()

    def read() -> None:
        if not os.read(sys.stdin.fileno(), 1):
            loop.remove_reader(sys.stdin.fileno())
            stop.set()

    loop.add_reader(sys.stdin.fileno(), read)
