"""What walks cost: requests and statements are counted, because counts do not wobble."""

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from aggregator.demo import SimulatedBoard
from aggregator.demo.board import SkinName
from aggregator.store import Store
from aggregator.walk import Budget
from tests.far_side import FarSide, posted
from tests.store.test_counts import counted
from tests.walking import ALL, START, Poller

POSTS = 2000


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store."""
    async with await Store.open(f"sqlite:///{tmp_path}/walks.db", authority="a.example", now=START) as opened:
        yield opened


async def met(store: Store, posts: int, *, skin: SkinName = "xe", tags: bool = False) -> Poller:
    """A poller that has stored a whole rank-numbered board of 20 rows a page."""
    poller = Poller(store, FarSide(SimulatedBoard("뉴스", skin=skin), tags=tags), pages=ALL)
    posted(poller.far.board, posts, START)
    await poller.add("all")
    await poller.poll()
    await poller.settle()
    assert len(await poller.stored()) == posts
    poller.budget = Budget()
    return poller


async def requests_until_gone(poller: Poller, post: int) -> int:
    """How many requests it takes, over all polls, until a deleted post has its tombstone."""
    poller.far.board.delete(post)
    requests = 0
    while not (await poller.stored())[post]:
        await poller.poll()
        requests += poller.far.requests
        assert requests < 100, post
    return requests


@pytest.mark.parametrize("skin", ["xe", "gnu"])
@pytest.mark.parametrize("n", [8, pytest.param(100, marks=pytest.mark.nightly)])
async def test_one_deletion_among_2000_posts_is_found_within_12_requests(store: Store, skin: SkinName, n: int) -> None:
    """Ranks say that something is gone, halving finds it: at both ends, at edges of pages, and anywhere else."""
    poller = await met(store, POSTS, skin=skin)
    live = [post.id for post in poller.far.board.live()]
    edges = [live[at] for at in (0, 1, 19, 20, 21, 999, 1000, POSTS - 21, POSTS - 20, POSTS - 2, POSTS - 1)]
    anywhere = [post for post in Random(n).sample(live, n) if post not in edges]  # noqa: S311  positions, no secrets
    costs = {}
    for post in [*edges, *anywhere]:
        costs[live.index(post)] = await requests_until_gone(poller, post)
        await poller.settle()
    assert {at: cost for at, cost in costs.items() if cost > 12} == {}
    gone = {post for post, dead in (await poller.stored()).items() if dead}
    assert gone == {*edges, *anywhere}


async def test_a_burst_of_a_hundred_rows_costs_at_most_seven_requests(store: Store) -> None:
    """Five pages are new, the sixth is known."""
    poller = await met(store, 200)
    posted(poller.far.board, 100, poller.now)
    record = await poller.poll()
    assert record.new == 100
    assert poller.far.requests <= 7


@pytest.mark.parametrize("tags", [False, True])
async def test_a_poll_without_news_costs_one_request_and_four_statements(store: Store, *, tags: bool) -> None:
    """Through the whole of claim, walk and commit, with validators and without, of a board with notices."""
    poller = await met(store, 200, tags=tags)
    poller.far.board.pin(30)
    await poller.poll()
    await poller.settle()
    for _ in range(3):
        with counted() as said:
            record = await poller.poll()
        assert (record.result, poller.far.requests) == ("unchanged", 1)
        assert len(said) <= 4


@pytest.mark.parametrize("tags", [False, True])
async def test_news_below_a_page_full_of_notices_is_met(store: Store, *, tags: bool) -> None:
    """Where notices fill the first page the list begins on the second, at two requests a poll."""
    poller = await met(store, 60, skin="gnu", tags=tags)
    for post in list(await poller.stored())[:20]:
        poller.far.board.pin(post)
    await poller.poll()
    await poller.settle()
    (news,) = posted(poller.far.board, 1, poller.now)
    await poller.poll()
    assert news in await poller.stored()
    assert poller.far.requests == 2
