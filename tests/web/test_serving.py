"""A port to listen at: had or not, it is let go of."""

import pytest

from aggregator import web
from aggregator.errors import ListenError
from aggregator.store import Store
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
