"""The ledger over a board that lives: the sentence is said when it is true, and at no other time."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

import pytest
import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from aggregator.demo import SimulatedBoard
from aggregator.model import BoardSpec
from aggregator.store import Store, boards
from aggregator.store.tables import headlines
from tests.far_side import URL, FarSide, posted
from tests.walked import SLUG, audited, claimed, listed, polled, wrongly_claimed

START = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
EVERY = timedelta(minutes=10)


def spec(backfill: str = "none") -> BoardSpec:
    """The simulated board."""
    return BoardSpec(slug=SLUG, name="뉴스", url=URL, timezone="Asia/Seoul", every=EVERY, backfill=backfill)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store in a file, with the board in it."""
    async with await Store.open(f"sqlite:///{tmp_path}/store.db", authority="a.example", now=START) as opened:
        await opened.write(boards.add, spec(), START)
        yield opened


def far(n: int, numbering: Literal["rank", "stable"] = "rank", *, numbered: bool = True) -> FarSide:
    """A board of ``n`` posts, twenty a page."""
    board = SimulatedBoard("뉴스", numbering=numbering, page_size=20)
    posted(board, n, START - DAY)
    return FarSide(board, numbered=numbered)


async def test_the_sentence_covers_what_a_gap_left_out_only_once_it_is_closed(store: Store) -> None:
    """A burst leaves a gap: until that is read, the claim ends above it, and afterwards it counts from then."""
    side = far(100)
    await polled(store, side, START)
    assert (await audited(store)).sentence == "complete from 81 to 100 since 2026-11-20"
    posted(side.board, 90, START + DAY)
    await polled(store, side, START + DAY, pages=2)
    parted = await audited(store)
    assert (parted.sentence, parted.open, parted.unread) == ("complete from 151 to 190 since 2026-11-21", 1, 50)
    assert [(each.high, each.low) for each in parted.ranges] == [(190, 151), (100, 81)]
    await polled(store, side, START + 2 * DAY, pages=2)
    assert (await audited(store)).open == 1
    await polled(store, side, START + 3 * DAY)
    whole = await audited(store)
    assert (whole.sentence, whole.open, whole.closed) == ("complete from 81 to 190 since 2026-11-23", 0, 1)
    assert [(each.high, each.low) for each in whole.ranges] == [(190, 81)]


async def test_a_deletion_lowers_the_range_and_leaves_a_tombstone(store: Store) -> None:
    """Ranks are counted from the top row's, whatever was printed beside those further down."""
    side = far(100)
    await polled(store, side, START)
    side.board.delete(side.board.page(1).lines[4].post.id)
    await polled(store, side, START + DAY)
    assert (await audited(store)).against == ("ranks are still to be compared with what is stored",)
    await polled(store, side, START + 2 * DAY)
    ledger = await audited(store)
    # Nineteen are left of twenty, and the post that slipped up onto the page is one more.
    assert ledger.claim is not None
    assert (ledger.claim.low, ledger.claim.high, ledger.headlines.tombstones) == (80, 99, 1)
    assert await wrongly_claimed(store, side, ledger) == []


@pytest.mark.parametrize(
    ("numbering", "numbered", "said"),
    [
        ("stable", True, "complete from 11 to 30 since 2026-11-20"),
        ("stable", False, "complete for the newest 20 headlines, back to 2026-11-19, since 2026-11-20"),
    ],
)
async def test_other_boards_have_sentences_too(
    store: Store,
    numbering: Literal["stable"],
    numbered: bool,  # noqa: FBT001 - a parameter of the test
    said: str,
) -> None:
    """Ids are named from the lowest to the highest; without numbers it is a count and the oldest row's day."""
    await polled(store, far(30, numbering, numbered=numbered), START)
    assert (await audited(store)).sentence == said


async def test_history_is_part_of_the_claim_as_far_as_it_was_read(store: Store) -> None:
    """While a back-fill runs the claim grows downwards, and says how much is left."""
    await store.write(boards.remove, SLUG, START)
    await store.write(boards.add, spec("all"), START)
    side = far(100)
    await polled(store, side, START)
    await polled(store, side, START + DAY, pages=2)
    running = await audited(store)
    assert (running.sentence, running.unread) == ("complete from 61 to 100 since 2026-11-21", 60)
    assert [(gap.state, gap.history, gap.rows) for gap in running.gaps] == [("open", True, 60)]
    await polled(store, side, START + 2 * DAY)
    assert (await audited(store)).sentence == "complete from 1 to 100 since 2026-11-22"


async def test_a_failed_poll_takes_the_sentence_back(store: Store) -> None:
    """No answer says nothing; a page that cannot be read might hold anything."""
    side = far(30)
    await polled(store, side, START)
    side.failing = {1}
    await polled(store, side, START + DAY)
    assert (await audited(store)).claim is not None


class Step(Struct, frozen=True):
    """What happens to the board before a poll of so many pages, and which request of it fails."""

    posts: int
    deletes: tuple[int, ...]
    pins: tuple[int, ...]
    pages: int
    failing: int


STEPS = st.lists(
    st.builds(
        Step,
        st.one_of(st.integers(0, 3), st.integers(0, 60)),
        st.lists(st.integers(0, 80), max_size=2).map(tuple),
        st.lists(st.integers(0, 80), max_size=1).map(tuple),
        st.integers(1, 10),
        st.integers(0, 8),
    ),
    min_size=1,
    max_size=8,
)


# A notice goes back into the list where a post is gone: as many stand there as are stored.
FORMER_NOTICE = [
    Step(3, (), (), 1, 0),
    Step(29, (), (), 1, 0),
    Step(0, (), (37,), 5, 0),
    Step(0, (8,), (0,), 1, 1),
    Step(0, (), (36,), 1, 0),
]


# An example is a whole life of a board; the state machine looks at claims as well.
@settings(max_examples=min(400, settings().max_examples // 2))
@given(st.sampled_from(["rank", "rank", "stable", "none"]), st.integers(1, 70), st.booleans(), STEPS)
@example(numbering="rank", n=7, all_of_it=False, steps=FORMER_NOTICE)
def test_no_claim_says_more_than_is_stored(numbering: str, n: int, all_of_it: bool, steps: list[Step]) -> None:  # noqa: FBT001 - drawn
    """Whatever a board does between two polls, and whatever fails: what is claimed is what stands there and is kept."""
    counts: Literal["rank", "stable"] = "rank" if numbering == "rank" else "stable"
    board = SimulatedBoard("뉴스", numbering=counts, page_size=7)
    posted(board, n, START - DAY)
    asyncio.run(lived(FarSide(board, numbered=numbering != "none"), steps, "all" if all_of_it else "none"))


async def lived(side: FarSide, steps: list[Step], backfill: str) -> None:
    """Let a board live through ``steps``, and hold each claim to its truth."""
    past: list[Moment] = []
    with tempfile.TemporaryDirectory() as folder:
        async with await Store.open(f"sqlite:///{folder}/store.db", authority="a.example", now=START) as store:
            await store.write(boards.add, spec(backfill), START)
            for at, step in enumerate(steps):
                change(side, step, START + at * EVERY)
                record = await polled(store, side, START + at * EVERY, pages=step.pages)
                if record.error is None:
                    past.append(Moment(record.finished_at, {key for key, _ in listed(side)}, await kept(store)))
                    await held_to_truth(store, side, past)


class Moment(NamedTuple):
    """What the board listed and what was stored when a poll had ended."""

    at: datetime
    listed: set[str]
    kept: set[str]


async def kept(store: Store) -> set[str]:
    """The keys of all that is stored."""
    return set(await store.read(lambda tx: tx.scalars(sa.select(headlines.c.key)).all()))


async def held_to_truth(store: Store, side: FarSide, past: list[Moment]) -> None:
    """What is claimed stands there, as many as is said, and was kept at every poll since it is said to be."""
    ledger = await audited(store)
    assert await wrongly_claimed(store, side, ledger) == []
    if ledger.claim is None:
        return
    about = await claimed(store, ledger.claim)
    since = [moment for moment in past if moment.at >= ledger.claim.since]
    assert [about & moment.listed - moment.kept for moment in since if not about & moment.listed <= moment.kept] == []
    if ledger.numbering == "rank":
        assert ledger.claim.low is not None
        assert [key for key, n in listed(side) if ledger.claim.low <= (n or 0)] == [
            key for key, _ in listed(side) if key in about
        ]


def change(side: FarSide, step: Step, now: datetime) -> None:
    """Do to the board what a step says."""
    posted(side.board, step.posts, now)
    for which in step.deletes:
        ids = [post.id for post in side.board.live()]
        if len(ids) > 1:
            side.board.delete(ids[which % len(ids)])
    for which in step.pins:
        live = list(side.board.live())
        post = live[which % len(live)]
        (side.board.unpin if post.pinned else side.board.pin)(post.id)
    side.failing = {step.failing}
