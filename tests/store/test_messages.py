"""Messages to webhooks: kept with the change they tell of, in order, bounded, alike on both databases."""

from datetime import timedelta
from functools import partial

from sqlalchemy import Connection, func, select

from aggregator.entries import Webhook
from aggregator.housekeeping import judge
from aggregator.model import State
from aggregator.store import Store, boards, messages, outbox
from aggregator.webhooks import wanted
from tests.store.conftest import NOW
from tests.store.test_contract import spec

HOOKS = [
    Webhook(slug="all", url="http://a.example/"),
    Webhook(slug="stops", url="http://b.example/", states=("paused",)),
]
SLUGS = ["all", "stops"]


async def turned(store: Store, *states: State) -> None:
    """Let a new board be well, and then paused and resumed as ``states`` say, judged each time."""
    await store.write(boards.add, spec(), NOW)
    await judge(store, 0, NOW, wanted(HOOKS))
    for n, state in enumerate(states, 1):
        await store.write(partial(boards.pause, slug="news", paused=state == "paused", now=NOW))
        await judge(store, 0, NOW + timedelta(minutes=n), wanted(HOOKS))


async def told(store: Store, minutes: int = 60) -> list[tuple[str, str, str | None]]:
    """To whom what is due then: webhook, state, and the state before."""
    due = await store.read(messages.due, SLUGS, NOW + timedelta(minutes=minutes))
    return [(message.webhook, message.state, message.before) for message in due]


def waiting(tx: Connection) -> int:
    """How many messages there are."""
    return tx.scalar(select(func.count()).select_from(outbox.messages)) or 0


async def test_a_change_is_told_to_those_who_want_its_state(store: Store) -> None:
    """That a new board is well is no change."""
    await turned(store)
    assert await told(store) == []
    await store.write(partial(boards.pause, slug="news", paused=True, now=NOW))
    await judge(store, 0, NOW, wanted(HOOKS))
    assert await told(store) == [("all", "paused", "ok"), ("stops", "paused", "ok")]
    assert await told(store, -1) == []


async def test_a_webhook_is_told_in_order(store: Store) -> None:
    """A message that waits for its next try holds those behind it, and nobody else's."""
    await turned(store, "paused", "ok", "paused")
    first, other = await store.read(messages.due, SLUGS, NOW + timedelta(minutes=5))
    await store.write(messages.postpone, first.id, NOW + timedelta(minutes=10))
    await store.write(messages.settle, other.id)
    assert await told(store, 9) == [("stops", "paused", "ok")]
    held, _ = await store.read(messages.due, SLUGS, NOW + timedelta(minutes=10))
    assert (held.id, held.tries) == (first.id, 1)
    await store.write(messages.settle, held.id)
    assert await told(store, 10) == [("all", "ok", "paused"), ("stops", "paused", "ok")]


async def test_a_restart_loses_no_message(url: str) -> None:
    """They are in the store, not in a process."""
    async with await Store.open(url, authority="feeds.example", now=NOW) as store:
        await turned(store, "paused")
    async with await Store.open(url, authority="feeds.example", now=NOW) as again:
        assert [webhook for webhook, _, _ in await told(again)] == SLUGS


async def test_a_queue_is_bounded_and_ends_with_its_webhook(store: Store) -> None:
    """The newest stay; what was meant for a webhook that is no more is dropped."""
    await turned(store, "paused")
    (first, _) = await store.read(messages.due, SLUGS, NOW + timedelta(minutes=5))
    await store.write(messages.queue, first.change, ["all"] * messages.LONGEST_QUEUE, NOW)
    assert await store.read(waiting) == messages.LONGEST_QUEUE + 1
    (oldest, _) = await store.read(messages.due, SLUGS, NOW + timedelta(minutes=5))
    assert oldest.id > first.id
    assert await store.write(messages.forget_others, ["stops"]) == messages.LONGEST_QUEUE
    assert await told(store) == [("stops", "paused", "ok")]
