"""What a fetcher remembers of an origin when the program is started anew, and when a host as a whole is left alone."""

from datetime import timedelta

import pytest

from aggregator.errors import NotYetError, TryLaterError
from aggregator.fetch.politeness import REPEATS
from tests.fetch.origin import Clock, Origin, fetcher, reply

HOUR = timedelta(hours=1)


class Kept(dict[str, str]):
    """A memory that outlives fetchers."""

    async def recall(self, origin: str) -> str | None:
        """What was kept last."""
        return self.get(origin)

    async def keep(self, origin: str, said: str) -> None:
        """Keep it."""
        self[origin] = said


async def test_a_restart_keeps_a_retry_after(origin: Origin) -> None:
    """A program that is started again does not ask what it was told not to."""
    origin.replies["/list"] = reply(status=503, retry_after="3600")
    clock, memory = Clock(), Kept()
    for kind in (TryLaterError, NotYetError):
        async with fetcher(clock=clock, memory=memory) as poller:
            with pytest.raises(kind) as caught:
                await poller.fetch(origin.url("/list"))
            assert caught.value.retry_after == HOUR
    assert origin.targets == ["/robots.txt", "/list"]


@pytest.mark.parametrize(("minutes", "asked_again"), [(4, False), (6, True)])
async def test_a_restart_keeps_the_rules(origin: Origin, minutes: int, asked_again: bool) -> None:  # noqa: FBT001 -- a case
    """Rules of minutes ago hold; older ones are renewed at a start, by their validators."""
    origin.replies |= {"/robots.txt": [reply(b"", etag='"r"'), reply(status=304)], "/list": reply(b"rows")}
    clock, memory = Clock(), Kept()
    for _ in range(2):
        async with fetcher(clock=clock, memory=memory) as poller:
            await poller.fetch(origin.url("/list"))
        clock.now += timedelta(minutes=minutes)
    again = ["/robots.txt"] if asked_again else []
    assert origin.targets == ["/robots.txt", "/list", *again, "/list"]
    assert [one.headers.get("if-none-match") for one in origin.log if "robots" in one.line][1:] == ['"r"'] * asked_again


async def test_rules_say_how_long_they_hold(origin: Origin) -> None:
    """A max-age below a day is kept to; one of seconds is not a reason to ask at every page."""
    origin.replies |= {"/robots.txt": reply(b"", cache_control="max-age=1"), "/list": reply(b"rows")}
    clock = Clock()
    async with fetcher(clock=clock) as poller:
        for minutes in (0, 4, 2):
            clock.now += timedelta(minutes=minutes)
            await poller.fetch(origin.url("/list"))
    assert origin.targets == ["/robots.txt", "/list", "/list", "/robots.txt", "/list"]


async def test_a_host_that_keeps_refusing_is_left_alone(origin: Origin) -> None:
    """A refusal is its URL's at first; after several in a row, whatever the URL, the host is asked nothing."""
    paths = [f"/{n}" for n in range(REPEATS)]
    origin.replies |= dict.fromkeys(paths, reply(status=429, retry_after="60")) | {"/list": reply(b"rows")}
    clock, memory = Clock(), Kept()
    async with fetcher(clock=clock, memory=memory) as poller:
        for path in paths[:-1]:
            with pytest.raises(TryLaterError):
                await poller.fetch(origin.url(path))
        await poller.fetch(origin.url("/list"))
        for path in (paths[0], *paths[-1:]):
            clock.now += timedelta(seconds=61)
            with pytest.raises(TryLaterError):
                await poller.fetch(origin.url(path))
    async with fetcher(clock=clock, memory=memory) as poller:
        with pytest.raises(NotYetError, match="left alone"):
            await poller.fetch(origin.url("/list"))
        clock.now += timedelta(seconds=61)
        await poller.fetch(origin.url("/list"))
    assert origin.targets == ["/robots.txt", *paths[:-1], "/list", paths[0], paths[-1], "/list"]


async def test_a_429_that_may_be_kept_is_kept(origin: Origin) -> None:
    """Cache-Control on a refusal is a wish like Retry-After: some servers ask for two days by it."""
    origin.replies["/list"] = reply(status=429, cache_control="max-age=172800")
    async with fetcher() as poller:
        for kind in (TryLaterError, NotYetError):
            with pytest.raises(kind) as caught:
                await poller.fetch(origin.url("/list"))
            assert caught.value.retry_after == timedelta(days=2)
    assert origin.targets == ["/robots.txt", "/list"]
