"""A port to listen at: had or not, it is let go of."""

import asyncio
import logging
import socket

import aiohttp.web
import pytest
import uvloop

from aggregator import web
from aggregator.errors import ListenError
from aggregator.store import Store
from aggregator.web.listening import listen, listening
from tests.program import free_port
from tests.web.conftest import NOW, PUBLIC_URL


async def test_a_taken_port_is_named(store: Store) -> None:
    """Listening beside another server fails with the address in a sentence, and the address is free again after."""
    port = free_port()
    first, second, third = (web.application(store, public_url=PUBLIC_URL, clock=lambda: NOW) for _ in range(3))
    async with web.serving(first, "127.0.0.1", port):
        with pytest.raises(ListenError, match=f"127.0.0.1:{port}: Address already in use"):
            async with web.serving(second, "127.0.0.1", port):
                pass
    async with web.serving(third, "127.0.0.1", port):
        pass


def test_a_crowd_is_met_in_a_few_goes_of_the_loop() -> None:
    """Who stands in the system's own line is seen by nobody, so as many as come are taken off it at once."""

    async def met(goes: int) -> int:
        runner = await listening(aiohttp.web.Application(), 0)
        await listen(runner, "127.0.0.1", 0)
        address, server = runner.addresses[0], runner.server
        crowd = [socket.create_connection(address) for _ in range(60)]
        for _ in range(goes):
            await asyncio.sleep(0)
        found = len(server.connections) if server is not None else 0
        for one in crowd:
            one.close()
        await runner.cleanup()
        return found

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(met(6)) == 60


async def test_what_is_no_http_is_answered_and_fills_no_log(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """Anybody may send it, and it says nothing of the server."""
    port = free_port()
    async with web.serving(web.application(store, public_url=PUBLIC_URL, clock=lambda: NOW), "127.0.0.1", port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n")
        assert (await reader.readline()).split()[1] == b"400"
        writer.close()
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []
