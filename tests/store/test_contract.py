"""What every store promises, on SQLite and on PostgreSQL alike."""

import asyncio
from datetime import timedelta

import pytest
from msgspec import structs

from aggregator.changes import Changes
from aggregator.errors import StoreError
from aggregator.manners import Seen, Standing
from aggregator.model import Board, BoardSpec, Entry, Headline, Poll, Topic, Validators
from aggregator.store import Selection, Store, Transaction, boards, claims, headlines, polls, topics
from aggregator.store.polls import After
from tests.store.conftest import NOW

LEASE = timedelta(minutes=5)


def spec(
    slug: str = "news", *, every: timedelta = timedelta(minutes=10), name: str = "뉴스", tags: tuple[str, ...] = ()
) -> BoardSpec:
    """A board polled every ten minutes."""
    url = f"http://{slug}.example/"
    return BoardSpec(slug=slug, name=name, url=url, timezone="Asia/Seoul", every=every, tags=tags)


def headline(n: int, title: str = "") -> Headline:
    """The n-th headline of a board."""
    return Headline(key=str(n), title=title or f"제목 {n}", number=n, url=f"http://news.example/{n}", source="연합")


async def posted(store: Store, board: Board, *new: Headline) -> None:
    """Store headlines, oldest first."""
    await store.write(headlines.apply, board, Changes(new=new), NOW)


async def shown(store: Store, selection: Selection | None = None) -> list[Entry]:
    """What a feed shows."""
    return await store.read(headlines.select, selection or Selection(n=500))


async def test_a_feed_shows_the_latest_arrival_first(store: Store) -> None:
    """Headlines are served newest arrival first and at most n of them."""
    board = await store.write(boards.add, spec(), NOW)
    await posted(store, board, *(headline(n) for n in range(10)))
    assert [entry.title for entry in await shown(store, Selection(n=3))] == ["제목 9", "제목 8", "제목 7"]


async def test_a_headline_is_stored_once(store: Store) -> None:
    """The same key again, by a poll whose claim had run out, is passed over."""
    board = await store.write(boards.add, spec(), NOW)
    await posted(store, board, headline(1))
    await posted(store, board, headline(1, "다른 제목"), headline(2))
    assert [entry.title for entry in await shown(store)] == ["제목 2", "제목 1"]


@pytest.mark.parametrize("refused", ["\x00", "\ud83d"])
async def test_what_no_database_stores_is_left_out_and_the_rest_stays(store: Store, refused: str) -> None:
    """Of the text that has it, among others that come with it."""
    board = await store.write(boards.add, spec(), NOW)
    new = [
        structs.replace(headline(n), title=f"{text}👍", url=text, source=text) for n, text in enumerate(("가", "나"))
    ]
    await posted(store, board, *new, headline(2, f"{refused}다{refused}"), structs.replace(headline(3), url=refused))
    entries = await shown(store)
    assert [entry.title for entry in entries] == ["제목 3", "다", "나👍", "가👍"]
    assert [entry.url for entry in entries] == ["", "http://news.example/2", "나", "가"]


async def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    """Its zone would be a guess; nothing of what came with it is stored."""
    board = await store.write(boards.add, spec(), NOW)
    with pytest.raises((TypeError, StoreError)):
        await posted(store, board, headline(1), structs.replace(headline(2), published=NOW.replace(tzinfo=None)))
    assert await shown(store) == []


async def test_two_writers_at_once_lose_nothing(store: Store) -> None:
    """Concurrent polls all land, and arrivals are all different."""
    made = [await store.write(boards.add, spec(f"b{n}"), NOW) for n in range(6)]
    new = [[structs.replace(headline(n), title=f"{b.slug} {n}", url=f"{b.url}{n}") for n in range(8)] for b in made]
    await asyncio.gather(*(posted(store, board, *some) for board, some in zip(made, new, strict=True)))
    served = await shown(store)
    assert len({entry.arrival for entry in served}) == len(served) == 48


async def test_what_raises_stores_nothing(store: Store) -> None:
    """A unit of work lands whole or not at all."""
    board = await store.write(boards.add, spec(), NOW)

    def half(tx: Transaction) -> None:
        headlines.apply(tx, board, Changes(new=(headline(1),)), NOW)
        raise StoreError("the second half fails")

    with pytest.raises(StoreError, match="second half"):
        await store.write(half)
    assert await shown(store) == []


async def test_an_edit_keeps_the_id_and_moves_updated(store: Store) -> None:
    """A retitled headline is the same entry, later."""
    board = await store.write(boards.add, spec(), NOW)
    await posted(store, board, headline(1))
    (before,) = await shown(store)
    await store.write(headlines.apply, board, Changes(changed=(headline(1, "고친 제목"),)), NOW + LEASE)
    (after,) = await shown(store)
    assert (after.guid, after.title, after.arrival) == (before.guid, "고친 제목", before.arrival)
    assert after.updated > before.updated


async def test_a_due_board_is_claimed_once(store: Store) -> None:
    """Two pollers that ask at once never get the same board, until its lease and an interval are over."""
    for n in range(4):
        await store.write(boards.add, spec(f"b{n}"), NOW)
    claimed = await asyncio.gather(*(store.write(claims.claim, NOW, LEASE, 2) for _ in range(3)))
    assert sorted(board.slug for some in claimed for board in some) == ["b0", "b1", "b2", "b3"]
    assert await store.write(claims.claim, NOW + LEASE, LEASE, 9) == []
    assert len(await store.write(claims.claim, NOW + 2 * LEASE, LEASE, 9)) == 4


async def test_a_record_ends_the_claim_and_says_when_next(store: Store) -> None:
    """After a poll the board is due when the record says, with the validators as received."""
    board = await store.write(boards.add, spec(), NOW)
    await store.write(claims.claim, NOW, LEASE, 1)
    poll = Poll(board="news", started_at=NOW, finished_at=NOW, result="changed", rows=3, new=3, faults=("하나",))
    validators = Validators(etag='W/"x"', last_modified="yesterday", url=board.url)
    await store.write(
        polls.record, board.id, poll, After(next_poll_at=NOW + LEASE, validators=validators, numbering="rank")
    )
    (again,) = await store.write(claims.claim, NOW + LEASE, LEASE, 9)
    assert (again.validators, again.numbering) == (validators, "rank")
    assert await store.read(polls.recent, "news", 5) == [poll]


async def test_a_seed_is_applied_again_only_when_its_entry_changed(store: Store) -> None:
    """An admin's later change survives a restart; a changed entry of the file wins."""
    await store.write(boards.seed, [spec()], NOW)
    await store.write(lambda tx: boards.pause(tx, "news", paused=True, now=NOW))
    await store.write(boards.remove, "news", NOW)
    await store.write(boards.seed, [spec()], NOW)
    assert await store.read(boards.every) == []
    await store.write(boards.seed, [spec(name="새 이름")], NOW)
    assert [board.name for board in await store.read(boards.every)] == ["새 이름"]


async def test_a_removed_board_comes_back_with_its_headlines_unless_purged(store: Store) -> None:
    """Its entries leave every feed and return under the same ids; purge forgets them."""
    board = await store.write(boards.add, spec(), NOW)
    await posted(store, board, headline(1))
    before = await shown(store)
    await store.write(boards.remove, "news", NOW)
    assert await shown(store) == []
    await store.write(boards.add, spec(), NOW)
    assert [entry.guid for entry in await shown(store)] == [entry.guid for entry in before]
    await store.write(lambda tx: boards.remove(tx, "news", NOW, purge=True))
    await store.write(boards.add, spec(), NOW)
    assert await shown(store) == []


async def test_a_taken_slug_or_url_is_refused_with_a_sentence(store: Store) -> None:
    """Two boards share neither name nor page."""
    await store.write(boards.add, spec(), NOW)
    with pytest.raises(StoreError, match="'news'"):
        await store.write(boards.add, structs.replace(spec(), url="http://other.example/"), NOW)
    with pytest.raises(StoreError, match=r"http://news\.example/"):
        await store.write(boards.add, structs.replace(spec(), slug="other"), NOW)


async def test_topics_are_added_seeded_and_removed(store: Store) -> None:
    """A topic is there until it is removed, and seeding leaves it alone."""
    await store.write(topics.add, Topic(slug="chips", title="반도체", filter="반도체"), NOW)
    assert [topic.slug for topic in await store.read(topics.every)] == ["chips"]
    await store.write(topics.remove, "chips", NOW)
    assert await store.read(topics.every) == []
    with pytest.raises(StoreError, match="'chips'"):
        await store.write(topics.remove, "chips", NOW)


async def test_what_a_host_was_read_within_an_hour_is_counted_over_all_its_boards(store: Store) -> None:
    """Pages beside the first, of both boards of the host and of no other, since then."""
    hosts = ["https://a.example/1", "https://a.example/2", "https://b.example/1"]
    kept = [await store.write(boards.add, structs.replace(spec(f"b{n}"), url=url), NOW) for n, url in enumerate(hosts)]
    for board in kept:
        for minutes, pages in ((70, 9), (30, 4), (10, 1)):
            at = NOW - timedelta(minutes=minutes)
            record = Poll(board=board.slug, started_at=at, finished_at=at, result="unchanged", pages=pages)
            await store.write(polls.record, board.id, record, After(next_poll_at=NOW))
    assert await store.read(polls.further_pages, kept[0].id, NOW - timedelta(hours=1)) == 6


async def test_one_refusal_among_writers_at_once_is_its_own(store: Store) -> None:
    """Writes that share a transaction fail alone: what the others store is stored, once."""
    specs = [spec(f"b{n}") for n in range(5)]
    taken = structs.replace(specs[2], slug="other")
    outcomes = await asyncio.gather(
        *(store.write(boards.add, one, NOW) for one in (*specs, taken)), return_exceptions=True
    )
    assert [isinstance(outcome, StoreError) for outcome in outcomes].count(True) == 1
    assert len(await store.read(boards.every)) == 5


async def test_whoever_no_longer_waits_keeps_nobody_from_the_store(store: Store) -> None:
    """A write that was given up before it began may or may not be done; those after it are."""
    tasks = [asyncio.ensure_future(store.write(boards.add, spec(f"b{n}"), NOW)) for n in range(4)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.wait(tasks)
    assert {"b0", "b2", "b3"} <= {board.slug for board in await store.read(boards.every)}


async def test_a_board_that_is_taught_is_read_again_even_if_its_page_is_the_same(store: Store) -> None:
    """What was kept of its first page is forgotten with its validators."""
    board = await store.write(boards.add, spec("b0"), NOW)
    record = Poll(board=board.slug, started_at=NOW, finished_at=NOW, result="unchanged", pages=1)
    after = After(next_poll_at=NOW, standing=Standing(seen=Seen(digest="d")))
    await store.write(polls.record, board.id, record, after)
    await store.write(boards.teach, board.slug, None, NOW)
    taught = await store.read(boards.by_slug, board.slug)
    assert taught is not None
    assert taught.standing.seen == Seen()
