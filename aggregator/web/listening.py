"""What runs the application, and the port it listens at: how connections are taken, and by whom they are met."""

import asyncio
import socket
from typing import cast

from aiohttp import web

from aggregator.web.hot import at_hand
from aggregator.web.keys import SHELF
from aggregator.web.porch import Porch

# Connections that wait to be heard: beyond so many the system loses first words, which clients repeat after seconds.
BACKLOG = 4096
# libuv takes one connection of a handle within a go of the loop. Where a go takes 2 ms, 500 a second were met by one
# handle, and all others stood in a line that nobody saw; each further handle costs less than 1 us a connection.
HANDLES = 16


class Runner(web.AppRunner):
    """Runs an application; what keeps feeds has a porch."""

    porch: Porch | None = None

    @property
    def server(self) -> web.Server | None:
        """What makes a protocol of a connection: sites do nothing with it but call it."""
        return super().server if self.porch is None else cast("web.Server", self.porch)

    async def setup(self) -> None:
        """Begin; kept documents are given out before anything else, and in a siege others are refused."""
        await super().setup()
        if SHELF in self.app and (server := super().server) is not None:
            server.request_handler = at_hand(self.app, server.request_handler)  # type: ignore[assignment]
            self.porch = Porch(self.app, server)

    async def shutdown(self) -> None:
        """Send away who still stands outside, and end."""
        if self.porch is not None:
            self.porch.close()
        await super().shutdown()


async def listening(app: web.Application, shutdown_seconds: float) -> Runner:
    """What runs ``app``."""
    runner = Runner(app, access_log=None, shutdown_timeout=shutdown_seconds)
    await runner.setup()
    return runner


async def listen(runner: Runner, host: str, port: int, *, shared: bool = False) -> None:
    """Listen at a port, which several processes of one user may share. Raises OSError where it cannot be had."""
    loop, made = asyncio.get_running_loop(), cast("web.Server", runner.server)
    bound = await loop.create_server(made, host, port, reuse_port=shared or None, start_serving=False)
    for one in bound.sockets:
        for _ in range(HANDLES):
            await web.SockSite(runner, socket.fromfd(one.fileno(), one.family, one.type), backlog=BACKLOG).start()
    bound.close()
