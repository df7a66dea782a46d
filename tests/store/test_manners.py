"""What the store keeps of manners: turns of a host, wishes, moves, and what a restart must not forget."""

from datetime import timedelta

from msgspec import structs

from aggregator.manners import Manners, Standing
from aggregator.model import Board, Poll, Validators
from aggregator.store import Store, boards, claims, polls
from aggregator.store.origins import StoredMemory
from aggregator.store.polls import After
from tests.store.conftest import NOW
from tests.store.test_contract import LEASE, spec

FLOOR = timedelta(minutes=5)
TAG = Validators(etag='"1"')


async def polled(store: Store, board: Board, standing: Standing) -> None:
    """Record a poll after which the board stands so."""
    poll = Poll(board=board.slug, started_at=NOW, finished_at=NOW, result="unchanged")
    after = After(next_poll_at=NOW + 2 * LEASE, validators=TAG, standing=standing)
    await store.write(polls.record, board.id, poll, after)


async def claimed(store: Store, after: timedelta) -> list[str]:
    """The slugs that a tick gets so long after the beginning."""
    return [board.slug for board in await store.write(claims.claim, NOW + after, LEASE, 9)]


async def test_boards_of_a_host_take_turns(store: Store) -> None:
    """However many boards of a host are due, one is polled at a time, the most overdue first; others are not kept."""
    for n in range(3):
        entry = structs.replace(spec(f"slow{n}"), url=f"http://slow.example/{n}")
        await store.write(boards.add, entry, NOW - timedelta(minutes=n))
    await store.write(boards.add, spec("quick"), NOW)
    assert await claimed(store, timedelta(0)) == ["slow2", "quick"]
    assert await claimed(store, timedelta(seconds=1)) == []
    slow = await store.read(boards.by_slug, "slow2")
    assert slow is not None
    await polled(store, slow, Standing())
    assert await claimed(store, timedelta(seconds=2)) == ["slow1"]


async def test_a_claim_is_held_for_as_long_as_its_poll(store: Store) -> None:
    """One that ran out is renewed; one that was ended meanwhile stays so."""
    held, ended = [await store.write(boards.add, spec(slug), NOW) for slug in ("held", "ended")]
    assert sorted(await claimed(store, timedelta(0))) == ["ended", "held"]
    await polled(store, ended, Standing())
    await store.write(claims.renew, [held.id, ended.id], NOW + 8 * LEASE, LEASE)
    assert await claimed(store, 8 * LEASE) == ["ended"]
    assert await claimed(store, 9 * LEASE) == ["held"]


async def test_a_killed_poll_is_repeated_an_interval_later(store: Store) -> None:
    """A program that was killed while it polled does not ask again the moment it is back."""
    await store.write(boards.add, spec(), NOW)
    assert await claimed(store, timedelta(0)) == ["news"]
    await store.write(claims.release_all)
    assert await claimed(store, timedelta(minutes=9)) == []
    assert await claimed(store, timedelta(minutes=10)) == ["news"]


async def test_a_restart_keeps_when_each_board_is_due(store: Store) -> None:
    """The same settings are seeded again and old claims are void; nothing is due sooner or at once with the others."""
    entries = [spec(f"b{n}") for n in range(4)]
    await store.write(boards.seed, entries, NOW, FLOOR)
    for n, board in enumerate(await store.read(boards.every)):
        poll = Poll(board=board.slug, started_at=NOW, finished_at=NOW, result="unchanged")
        await store.write(polls.record, board.id, poll, After(next_poll_at=NOW + LEASE + n * timedelta(seconds=7)))
    before = [board.next_poll_at for board in await store.read(boards.every)]
    await store.write(boards.seed, entries, NOW + timedelta(minutes=1), FLOOR)
    await store.write(claims.release_all)
    assert [board.next_poll_at for board in await store.read(boards.every)] == before
    assert await claimed(store, timedelta(minutes=1)) == []


async def test_no_change_by_an_admin_is_a_reason_to_ask_too_soon(store: Store) -> None:
    """Resumed, or described anew, a board is due when its floor and the far side's wish allow; its validators stay."""
    board = await store.write(boards.add, spec(), NOW)
    await store.write(boards.seed, [spec()], NOW, FLOOR)
    await polled(store, board, Standing(asked_at=NOW, not_before=NOW + 2 * LEASE, notice="stopped"))
    await store.write(lambda tx: boards.pause(tx, "news", paused=False, now=NOW, floor=FLOOR))
    resumed = await store.read(boards.by_slug, "news")
    assert resumed is not None
    assert (resumed.next_poll_at, resumed.standing.notice) == (NOW + 2 * LEASE, None)
    await polled(store, board, Standing(asked_at=NOW))
    manners = Manners(ignore_robots=True, proxy="none")
    await store.write(boards.seed, [structs.replace(spec(name="다른 이름"), manners=manners)], NOW, FLOOR)
    renamed = await store.read(boards.by_slug, "news")
    assert renamed is not None
    assert (renamed.name, renamed.manners, renamed.validators) == ("다른 이름", manners, TAG)
    assert renamed.next_poll_at == NOW + FLOOR


async def test_a_board_that_has_moved_is_known_by_its_old_url(store: Store) -> None:
    """Neither an admin who pastes the old URL nor a changed entry of the file brings it back."""
    board = await store.write(boards.add, spec(), NOW)
    await store.write(boards.repoint, board, "http://new.example/", NOW)
    await store.write(boards.seed, [spec(name="다른 이름")], NOW)
    known = await store.read(boards.by_url, board.url)
    assert known is not None
    assert (known.id, known.url, known.name) == (board.id, "http://new.example/", "다른 이름")


async def test_an_origin_is_remembered(store: Store) -> None:
    """What the fetcher keeps of an origin is what it gets back, the last of it."""
    memory = StoredMemory(store)
    assert await memory.recall("http://a.example") is None
    for said in ("one", "two"):
        await memory.keep("http://a.example", said)
    assert await StoredMemory(store).recall("http://a.example") == "two"
