"""Who reads, on SQLite and on PostgreSQL alike: private feeds, wishes and subscriptions."""

from datetime import timedelta

import pytest
from msgspec import structs

from aggregator.errors import RefusedError
from aggregator.model import Poll
from aggregator.store import Selection, Store, boards, headlines, polls, private, subscriptions
from aggregator.store.subscriptions import Busy, Intent, Subscription, Wish
from tests.store.conftest import NOW
from tests.store.test_contract import headline, posted, spec

HOUR = timedelta(hours=1)
WISH = Wish(mode="subscribe", topic="https://a.example/feed.atom", callback="http://b.example/1", lease=HOUR)
IDLE = Busy()


async def wished(store: Store, wish: Wish = WISH) -> Intent:
    """The wish as it waits to be verified."""
    await store.write(subscriptions.intend, wish, "b.example", NOW)
    return next(one for one in await store.read(subscriptions.to_verify, NOW, 9, IDLE) if one.wish == wish)


async def subscribed(store: Store, wish: Wish = WISH) -> Subscription:
    """The subscription of a verified wish."""
    await store.write(lambda tx: subscriptions.intend(tx, wish, "b.example", NOW))
    (intent,) = await store.read(subscriptions.to_verify, NOW, 9, IDLE)
    await store.write(subscriptions.settle, intent, NOW, meant=True)
    return (await store.read(subscriptions.every))[-1]


async def test_one_subscriber_has_a_feed_once(store: Store) -> None:
    """A second address is refused until the first is replaced, which is remembered as gone."""
    first = await store.write(private.add, "kim", "/feed", "all", "d1", NOW)
    with pytest.raises(RefusedError, match="already"):
        await store.write(private.add, "kim", "/feed", "public", "d2", NOW)
    second = await store.write(private.rotate, first.id, "d2", NOW)
    with pytest.raises(RefusedError, match="no private feed"):
        await store.write(private.revoke, first.id, NOW)
    old = await store.read(private.known, "d1")
    assert (second.scope, await store.read(private.known, "d2")) == ("all", second)
    assert old is not None
    assert old.revoked_at == NOW


async def test_private_boards_are_gathered_only_where_asked_for(store: Store) -> None:
    """Neither as an entry nor as another board of one."""
    for slug, hidden in (("secret", True), ("news", False)):
        board = await store.write(boards.add, structs.replace(spec(slug), private=hidden), NOW)
        await posted(store, board, headline(1))
    (entry,) = await store.read(headlines.select, Selection())
    (first,) = await store.read(headlines.select, Selection(private=True))
    assert (entry.board, entry.others) == ("news", ())
    assert (first.board, first.others) == ("secret", ("뉴스",))


async def test_a_later_wish_takes_the_place_of_an_earlier(store: Store) -> None:
    """Whoever verifies the earlier one then has verified nothing."""
    earlier = await wished(store)
    await wished(store, structs.replace(WISH, secret="new"))
    await store.write(subscriptions.settle, earlier, NOW, meant=True)
    assert await store.read(subscriptions.every) == []
    assert [one.wish.secret for one in await store.read(subscriptions.to_verify, NOW, 9, IDLE)] == ["new"]


async def test_a_renewal_keeps_what_was_told(store: Store) -> None:
    """Only its end and its secret are others."""
    told = await subscribed(store)
    await store.write(subscriptions.delivered, told, "e1")
    again = await subscribed(store, structs.replace(WISH, lease=3 * HOUR, secret="s"))
    assert again == structs.replace(told, seen="e1", secret="s", expires_at=NOW + 3 * HOUR)
    assert await store.read(subscriptions.held, WISH, "b.example") == (0, 0, 0)
    # It may have lapsed meanwhile, and missed something.
    assert await store.read(subscriptions.due, NOW, 9, IDLE) == [again]


async def test_only_who_does_not_wait_for_another_try_is_marked(store: Store) -> None:
    """Who waits goes on waiting, others wait until they have their turn; nobody is told after the lease."""
    told = await subscribed(store)
    await store.write(subscriptions.failed, told, NOW + HOUR / 2)
    await store.write(subscriptions.mark, [WISH.topic], NOW)
    assert await store.read(subscriptions.due, NOW, 9, IDLE) == []
    await store.write(subscriptions.delivered, told, "e1")
    for topic, n in (("https://a.example/other.atom", 0), (WISH.topic, 1)):
        await store.write(subscriptions.mark, [topic], NOW)
        assert len(await store.read(subscriptions.due, NOW, 9, IDLE)) == n
    assert await store.read(subscriptions.due, NOW, 9, Busy(hosts=["b.example"])) == []
    assert await store.read(subscriptions.due, NOW, 9, Busy(ids=[told.id])) == []
    assert await store.read(subscriptions.due, NOW + 2 * HOUR, 9, IDLE) == []
    await store.write(subscriptions.expire, NOW + 2 * HOUR)
    assert await store.read(subscriptions.every) == []


async def test_only_who_was_told_of_a_state_is_spared_it(store: Store) -> None:
    """A state that was told is no news."""
    told = await subscribed(store)
    await store.write(subscriptions.delivered, told, "e1")
    await store.write(subscriptions.mark, [WISH.topic], NOW)
    for etag, n in (("e2", 1), ("e1", 0)):
        await store.write(subscriptions.spare, WISH.topic, etag)
        assert len(await store.read(subscriptions.due, NOW, 9, IDLE)) == n


async def test_new_wishes_are_verified_before_those_without_an_answer(store: Store) -> None:
    """However long these wait, and they alone where as many are tried again as may be."""
    old = await wished(store)
    await store.write(subscriptions.postpone, old, NOW - HOUR)
    new = (await wished(store, structs.replace(WISH, callback="http://b.example/2"))).wish
    for busy, wishes in ((IDLE, [new, WISH]), (Busy(retries=True), [new])):
        assert [one.wish for one in await store.read(subscriptions.to_verify, NOW, 9, busy)] == wishes


async def test_news_are_polls_that_brought_something(store: Store) -> None:
    """Looking from behind the last id, or from a later one than there is, finds what is there."""
    board = await store.write(boards.add, spec(), NOW)
    for new in (0, 2):
        poll = Poll(board="news", started_at=NOW, finished_at=NOW, result="changed", new=new)
        await store.write(polls.record, board.id, poll, polls.After(next_poll_at=NOW))
    last, found = await store.read(polls.news, 0)
    assert found == {(last, NOW): "news"}
    assert await store.read(polls.news, last) == (last, {})
