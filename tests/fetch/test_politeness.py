"""A host is asked for one thing at a time, with a gap between, and keeps nobody from another host."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest

from aggregator.errors import TryLaterError
from tests.fetch.origin import Names, Origin, fetcher, reply

GAP = timedelta(milliseconds=40)


def gaps(origin: Origin) -> list[float]:
    """Return the seconds between each request's end and the next one's beginning, as the site saw them."""
    return [later.began - earlier.ended for earlier, later in pairwise(origin.log)]


async def slowly(writer: asyncio.StreamWriter) -> None:
    """Answer after a moment."""
    await asyncio.sleep(0.01)
    writer.write(reply(b"rows"))


async def test_requests_to_a_host_stand_in_a_row(origin: Origin) -> None:
    """Boards of one host, asked all at once, are served one at a time with the gap between, first come first served."""
    paths = [f"/{number}" for number in range(5)]
    origin.replies |= dict.fromkeys(paths, slowly)
    async with fetcher(host_gap=GAP) as poller:
        await asyncio.gather(*(poller.fetch(origin.url(path)) for path in paths))
    assert origin.targets == ["/robots.txt", *paths]
    assert origin.most_at_once == 1
    assert min(gaps(origin)) >= 0.9 * GAP.total_seconds()


async def test_every_hop_keeps_the_gap(origin: Origin) -> None:
    """A redirect on the same host is one more request to it."""
    origin.replies |= {"/old": reply(status=302, location="/new"), "/new": reply(b"rows")}
    async with fetcher(host_gap=GAP) as poller:
        await poller.fetch(origin.url("/old"))
    assert len(origin.log) == 3
    assert min(gaps(origin)) >= 0.9 * GAP.total_seconds()


async def test_a_failed_request_counts_for_the_gap(origin: Origin) -> None:
    """A host in trouble is not asked faster."""
    origin.replies["/list"] = reply(b"half", content_length="8")
    async with fetcher(host_gap=GAP) as poller:
        for _ in range(2):
            with pytest.raises(TryLaterError):
                await poller.fetch(origin.url("/list"))
    assert min(gaps(origin)) >= 0.9 * GAP.total_seconds()


async def test_crawl_delay_raises_the_gap(origin: Origin) -> None:
    """A site may ask for more time between two pages than we leave of our own accord."""
    origin.replies |= {"/robots.txt": reply(b"User-agent: *\nCrawl-delay: 0.08"), "/list": reply(b"rows")}
    async with fetcher() as poller:
        for _ in range(2):
            await poller.fetch(origin.url("/list"))
    assert min(gaps(origin)) >= 0.9 * 0.08


async def test_crawl_delay_does_not_lower_the_gap(origin: Origin) -> None:
    """A site that is content with less is still given what we leave everybody."""
    origin.replies |= {"/robots.txt": reply(b"User-agent: *\nCrawl-delay: 0"), "/list": reply(b"rows")}
    async with fetcher(host_gap=GAP) as poller:
        await poller.fetch(origin.url("/list"))
    assert min(gaps(origin)) >= 0.9 * GAP.total_seconds()


async def test_a_long_crawl_delay_is_left_to_the_schedule(origin: Origin) -> None:
    """Nobody waits for hours in a task: the fetch says when to come back."""
    origin.replies |= {"/robots.txt": reply(b"User-agent: *\nCrawl-delay: 7200"), "/list": reply(b"rows")}
    async with fetcher() as poller:
        with pytest.raises(TryLaterError, match="between two requests") as caught:
            await poller.fetch(origin.url("/list"))
    assert caught.value.retry_after is not None
    assert timedelta(hours=1, minutes=59) < caught.value.retry_after <= timedelta(hours=2)
    assert origin.targets == ["/robots.txt"]


async def test_a_stuck_host_holds_up_nobody_else(origin: Origin) -> None:
    """While one host does not answer, and others wait for their turn with it, another host is served."""
    stuck = asyncio.Event()

    async def wait(writer: asyncio.StreamWriter) -> None:
        await stuck.wait()
        writer.write(reply(b"rows"))

    origin.replies |= {"/stuck": wait, "/list": reply(b"rows")}
    async with fetcher(resolver=Names(), concurrency=2) as poller:
        waiting = [asyncio.create_task(poller.fetch(origin.url("/stuck", "slow.example"))) for _ in range(5)]
        for _ in range(3):
            await poller.fetch(origin.url("/list", "quick.example"))
        assert not any(task.done() for task in waiting)
        stuck.set()
        await asyncio.gather(*waiting)


async def test_only_so_many_hosts_are_asked_at_once(origin: Origin) -> None:
    """The number of requests under way has a limit over all hosts."""
    origin.replies["/list"] = slowly
    async with fetcher(resolver=Names(), concurrency=3) as poller:
        await asyncio.gather(*(poller.fetch(origin.url("/list", f"b{number}.example")) for number in range(9)))
    assert len(origin.log) == 18
    assert origin.most_at_once == 3


async def test_a_cancelled_fetch_gives_its_turn_back(origin: Origin) -> None:
    """A poll that is given up keeps neither the host nor a connection."""
    asked = asyncio.Event()

    async def wait(writer: asyncio.StreamWriter) -> None:
        asked.set()
        await asyncio.Event().wait()
        writer.close()

    origin.replies |= {"/stuck": wait, "/list": reply(b"rows")}
    async with fetcher() as poller:
        task = asyncio.create_task(poller.fetch(origin.url("/stuck")))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await poller.fetch(origin.url("/list"))).url == origin.url("/list")
