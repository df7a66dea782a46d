"""Ledgers are audited and rules renewed board by board, on either database."""

from datetime import timedelta

from msgspec import structs

from aggregator.housekeeping import audit, renew_rules
from aggregator.manners import Manners
from aggregator.store import Store, boards
from tests.fetch.conftest import origin
from tests.fetch.origin import Clock, Origin, fetcher, reply
from tests.store.conftest import NOW
from tests.store.test_contract import spec

__all__ = ["origin"]


async def test_every_board_is_audited(store: Store) -> None:
    """Paused ones too; of one that was never polled nothing is claimed."""
    for slug in ("b", "a"):
        await store.write(boards.add, spec(slug), NOW)
    await store.write(lambda tx: boards.pause(tx, "b", paused=True, now=NOW))
    found = [ledger async for ledger in audit(store)]
    assert [(ledger.board, ledger.claim, ledger.open) for ledger in found] == [("a", None, 0), ("b", None, 0)]


async def test_an_origins_rules_are_asked_for_once_for_all_its_boards(store: Store, origin: Origin) -> None:
    """Not for boards that are paused or told to ignore them, and an origin that fails keeps nobody from the next."""
    origin.replies["/robots.txt"] = reply(b"", 404)
    entries = {
        "dead": structs.replace(spec("dead"), url="http://127.0.0.1:9/"),
        "one": structs.replace(spec("one"), url=origin.url("/one")),
        "two": structs.replace(spec("two"), url=origin.url("/two")),
        "rude": structs.replace(spec("rude"), url="http://127.0.0.1:7/", manners=Manners(ignore_robots=True)),
    }
    for entry in entries.values():
        await store.write(boards.add, entry, NOW)
    clock = Clock(NOW)
    async with fetcher(clock=clock) as poller:
        assert await renew_rules(store, poller) == 2
        clock.now += timedelta(hours=1)
        assert await renew_rules(store, poller) == 2
    assert origin.targets == ["/robots.txt"]
