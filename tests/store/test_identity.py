"""Who a store is, from its birth on."""

from datetime import timedelta

from aggregator.store import Store, identity
from tests.store.conftest import NOW


async def test_identity_is_fixed_at_birth(url: str) -> None:
    """A store keeps the authority, year and birth it was created with, whatever a later start says."""
    async with await Store.open(url, authority="feeds.example", now=NOW) as first:
        born = await first.read(identity.stored)
    async with await Store.open(url, authority="moved.example", now=NOW + timedelta(days=400)) as second:
        assert await second.read(identity.stored) == born == identity.Identity("feeds.example", 2026, NOW)
