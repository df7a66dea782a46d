"""What a subscriber is told is what it would have seen by polling."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.store import Store, boards, subscriptions
from tests.push.conftest import Pushing
from tests.push.subscriber import Subscriber
from tests.web.conftest import NOW, PUBLIC_URL, news, spec

Happening = Literal["post", "edit", "nothing", "fail", "restart"]
FEED = "/feed.json?n=3"


async def told(pushed: Pushing) -> None:
    """Wait until nobody is to be told of anything, trying again what failed."""
    now = (await pushed.server.ask(FEED)).headers["Etag"]
    async with asyncio.timeout(20):
        while {one.seen for one in await pushed.store.read(subscriptions.every)} != {now}:
            pushed.later(seconds=30)
            await asyncio.sleep(0.01)


async def lived(folder: Path, happenings: Sequence[Happening]) -> tuple[list[bytes], list[bytes]]:
    """Let it happen to a subscribed feed: what was delivered, and what a GET gave after each time, changes alone."""
    subscriber, seen = Subscriber(), list[bytes]()
    url = f"sqlite:///{folder}/store.db"
    async with await Store.open(url, authority="feeds.example.org", now=NOW) as store, subscriber.listening():
        await store.write(boards.add, spec("news", "종합 뉴스"), NOW)
        pushed = Pushing(store, subscriber)
        await pushed.start()
        await pushed.subscribed(topic=f"{PUBLIC_URL}{FEED}")
        seen.append((await pushed.server.ask(FEED)).body)
        for number, happening in enumerate(["post", *happenings]):
            await happened(pushed, number, happening)
            await told(pushed)
            body = (await pushed.server.ask(FEED)).body
            seen += [body] if seen[-1] != body else []
        await pushed.stop()
    return [delivery.body for delivery in subscriber.deliveries], seen


async def happened(pushed: Pushing, number: int, happening: str) -> None:
    """Post, edit, poll in vain, refuse the next delivery and post, or post while nobody delivers."""
    match happening:
        case "post" | "edit":
            made = news(f"소식 {number}", number if happening == "post" else 0)
            known = happening == "edit"
            await pushed.poll([] if known else [made], [made] if known else [])
        case "fail":
            pushed.subscriber.statuses = [503]
            await pushed.poll([news(f"거절된 소식 {number}", number)])
        case "restart":
            await pushed.stop()
            await pushed.poll([news(f"쉬는 동안 소식 {number}", number)])
            await pushed.start()
        case _:
            await pushed.poll([])


@settings(max_examples=5)
@given(st.lists(st.sampled_from(["post", "edit", "nothing", "fail", "restart"]), max_size=6))
def test_deliveries_are_what_polling_would_have_seen(happenings: list[Happening]) -> None:
    """Every state of the document is delivered, in order, once, or again where it was refused; and nothing else."""
    with TemporaryDirectory() as folder:
        delivered, seen = asyncio.run(lived(Path(folder), happenings))
    assert list(dict.fromkeys(delivered)) == seen
    assert len(delivered) == len(seen) + happenings.count("fail")
