"""What is hidden, renamed or gone without any news: nobody is delivered what a GET would not give."""

import asyncio
from datetime import timedelta

from sqlalchemy import update

from aggregator.changes import Changes
from aggregator.store import Transaction, boards, subscriptions, tables, topics
from tests.push.conftest import Pushing, polled
from tests.push.subscriber import Subscriber
from tests.web.conftest import NOW, PUBLIC_URL, news, post

ALL = f"{PUBLIC_URL}/feed.atom?n=500"


def change(tx: Transaction, **said: object) -> None:
    """Change the news board, as an admin does."""
    tx.execute(update(tables.boards).where(tables.boards.c.slug == "news").values(**said))


async def test_a_new_subscriber_is_not_given_what_was_hidden(pushed: Pushing, subscriber: Subscriber) -> None:
    """The document that was made for another is made anew once a board of it is private."""
    await pushed.subscribed(topic=ALL)
    await pushed.store.write(lambda tx: change(tx, private=True))
    await pushed.subscribed("/callback?own=2", topic=ALL)
    assert subscriber.deliveries[-1].body == (await pushed.server.ask("/feed.atom?n=500")).body


async def test_what_changes_without_news_is_told(pushed: Pushing, subscriber: Subscriber) -> None:
    """A board's new name reaches its subscribers, as it would by polling."""
    await pushed.subscribed()
    await pushed.store.write(lambda tx: change(tx, name="다른 이름"))
    await subscriber.until(lambda: "다른 이름".encode() in subscriber.deliveries[-1].body)
    assert subscriber.deliveries[-1].body == (await pushed.server.ask("/boards/news.atom")).body


async def test_who_subscribed_to_a_topic_that_is_removed_is_denied(pushed: Pushing) -> None:
    """Without waiting for the next news of any board."""
    await pushed.subscribed(topic=f"{PUBLIC_URL}/topics/chips.atom")
    await pushed.store.write(topics.remove, "chips", NOW)
    async with asyncio.timeout(30):
        while await pushed.store.read(subscriptions.every):  # noqa: ASYNC110 - the hub works by itself
            await asyncio.sleep(0.05)


async def test_what_is_removed_beside_news_of_another_board_is_told(pushed: Pushing, subscriber: Subscriber) -> None:
    """Its subscribers are denied at once, whatever else happened before the hub looked again."""
    await pushed.subscribed(topic=f"{PUBLIC_URL}/boards/local.atom")
    await pushed.store.write(polled, "news", Changes(new=(news("새 소식", 90),)), NOW)
    await pushed.store.write(lambda tx: boards.remove(tx, "local", NOW))
    pushed.news.stir()
    await subscriber.until(lambda: subscriber.asked[-1]["hub.mode"] == "denied")


async def test_a_filter_of_the_last_minutes_is_delivered_as_it_is_served(
    pushed: Pushing, subscriber: Subscriber
) -> None:
    """Hub and server mean the same now, at any second and however old the last news."""
    path = "/feed.json?q=seen:PT30M"
    await post(pushed.store, "local", [news("새 소식", 500)], NOW + timedelta(seconds=10))
    for own, passed in enumerate((timedelta(minutes=30, seconds=5), timedelta(hours=5))):
        pushed.now = NOW + passed
        await pushed.subscribed(f"/callback?own={own}", topic=PUBLIC_URL + path)
        assert subscriber.deliveries[-1].body == (await pushed.server.ask(path)).body
