"""Further processes at the server's own port, among which the system shares connections out; they share the store."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from aggregator.beside import beside
from aggregator.logs import event

log = logging.getLogger("aggregator")
PAUSE_SECONDS = 1.0
PATIENCE_SECONDS = 10.0


class Workers:
    """So many processes of ``command``, each begun anew where it ends by itself.

    Each ends when its standard input does, so that none outlives a server that is killed.
    """

    def __init__(self, command: Sequence[str], count: int) -> None:
        self._command, self._count = command, count
        self._processes: set[asyncio.subprocess.Process] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep them until left."""
        async with beside(*(self._keep() for _ in range(self._count))):
            yield

    def hang_up(self) -> None:
        """Let each read its settings again."""
        for process in self._processes:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGHUP)

    async def _keep(self) -> None:
        while True:
            process = await asyncio.create_subprocess_exec(*self._command, stdin=asyncio.subprocess.PIPE)
            self._processes.add(process)
            try:
                code = await process.wait()
            finally:
                self._processes.discard(process)
                await _ended(process)
            log.error(event("worker", result="ended", code=code))
            await asyncio.sleep(PAUSE_SECONDS)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """End a process, at once where it does not by itself."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
