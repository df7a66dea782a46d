"""The system's resolver, asked in threads of our own."""

import socket

import pytest

from aggregator.errors import TryLaterError
from aggregator.fetch.names import SystemNames
from tests.fetch.origin import Clock, fetcher


async def test_a_name_has_its_addresses() -> None:
    """What the system knows is answered in aiohttp's shape, the port with it."""
    names = SystemNames(2)
    (found,) = await names.resolve("127.0.0.1", 80)
    await names.close()
    assert (found["host"], found["port"], found["family"]) == ("127.0.0.1", 80, socket.AF_INET)


@pytest.mark.parametrize("host", ["a..example", f"{'a' * 64}.example"])
async def test_what_cannot_be_a_name_is_the_networks_affair(host: str) -> None:
    """A label that is empty or too long is found out without any network, and fails like an unknown name."""
    async with fetcher(clock=Clock()) as poller:
        with pytest.raises(TryLaterError, match="is no name"):
            await poller.fetch(f"http://{host}/list")
