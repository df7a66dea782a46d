"""What is dropped and what is kept, on both databases."""

import asyncio
from datetime import timedelta

import pytest
from msgspec import structs
from sqlalchemy import func, select, update

from aggregator.administration import change
from aggregator.changes import Changes
from aggregator.housekeeping import sweep
from aggregator.model import Board, Poll
from aggregator.recognition import recognise
from aggregator.settings import RetentionSettings
from aggregator.store import Selection, Store, Transaction, boards, headlines, polls, retention, sizes
from aggregator.store.polls import After
from aggregator.store.retention import Keep
from aggregator.store.tables import headlines as table
from tests.store.conftest import NOW
from tests.store.test_administration import ANN
from tests.store.test_contract import headline, posted, shown, spec

DAY = timedelta(days=1)


async def listed(store: Store, board: Board, *numbers: int, days: int = 0) -> None:
    """Store headlines that stand in the board's list by their numbers, first seen some days after NOW."""
    new = tuple(headline(n) for n in numbers)
    places = {str(n): n * 1000 for n in numbers}
    await store.write(headlines.apply, board, Changes(new=new, places=places), NOW + DAY * days)


async def numbers(store: Store) -> list[int | None]:
    """The numbers that a feed shows, the highest first."""
    found = await shown(store, Selection(n=500, dup="all"))
    return sorted((entry.number for entry in found), key=lambda number: -(number or 0))


async def kept(store: Store) -> int:
    """How many headlines have their texts still."""
    query = select(func.count()).where(table.c.purged_at.is_(None))
    return await store.read(lambda tx: tx.execute(query).scalar_one())


async def test_what_is_older_than_the_days_is_dropped(store: Store) -> None:
    """Age counts from first sight: at the limit a headline is kept, past it the texts go."""
    board = await store.write(boards.add, spec(), NOW)
    await listed(store, board, 1, 2)
    await listed(store, board, 3, days=2)
    rule = RetentionSettings(keep_days=10)
    assert (await sweep(store, rule, NOW + DAY * 10)).boards == {}
    swept = await sweep(store, rule, NOW + DAY * 11)
    assert swept.boards["news"].headlines == 2
    assert await numbers(store) == [3]
    assert (await sweep(store, rule, NOW + DAY * 11)).boards == {}


async def test_rows_are_counted_in_the_lists_order(store: Store) -> None:
    """Fetched history arrives last and goes first."""
    board = await store.write(boards.add, spec(), NOW)
    await listed(store, board, 50, 51, 52)
    await listed(store, board, 10, 11, 12)
    await sweep(store, RetentionSettings(keep_rows=4), NOW)
    assert await numbers(store) == [52, 51, 50, 12]


async def test_a_boards_own_rule_goes_before_the_settings(store: Store) -> None:
    """0 keeps a board's headlines for ever whatever the others lose."""
    for slug, days in (("news", 0), ("local", 5), ("usual", None)):
        board = await store.write(boards.add, structs.replace(spec(slug), keep_days=days), NOW)
        await listed(store, board, 1)
    swept = await sweep(store, RetentionSettings(keep_days=100), NOW + DAY * 50)
    assert list(swept.boards) == ["local"]
    await store.write(change, ANN, "board", "usual", {"keep_days": 3})
    assert list((await sweep(store, RetentionSettings(), NOW + DAY * 50)).boards) == ["usual"]


async def test_what_an_admin_keeps_meanwhile_is_kept(store: Store) -> None:
    """A board's rule is asked again by each transaction that drops: one that was changed since drops nothing."""
    board = await store.write(boards.add, structs.replace(spec(), keep_days=1), NOW)
    await listed(store, board, 1, 2)
    (rule,) = await store.read(retention.rules, Keep())
    due = await store.read(retention.due, rule, None, NOW + DAY * 2)
    await store.write(change, ANN, "board", "news", {"keep_days": 3650})
    assert await store.write(retention.purge_due, rule, Keep(), None, due, NOW + DAY * 2) is None
    assert await numbers(store) == [2, 1]


async def test_what_is_due_no_more_is_kept(store: Store) -> None:
    """A headline that was pinned since readers found it stays, and the rest goes."""
    board = await store.write(boards.add, structs.replace(spec(), keep_days=1), NOW)
    await listed(store, board, 1, 2)
    (rule,) = await store.read(retention.rules, Keep())
    due = await store.read(retention.due, rule, None, NOW + DAY * 2)
    await store.write(
        lambda conn: conn.execute(update(table).where(table.c.arrival == due[0]).values(pinned=True)).rowcount
    )
    purged = await store.write(retention.purge_due, rule, Keep(), None, due, NOW + DAY * 2)
    assert purged is not None
    assert (purged.headlines, await numbers(store)) == (1, [1])


async def test_a_rule_that_changes_ends_a_round(store: Store) -> None:
    """What is left of a board is kept, whatever the round began with."""
    board = await store.write(boards.add, structs.replace(spec(), keep_days=1), NOW)
    await listed(store, board, *range(1, retention.CHUNK * 4))
    round_ = asyncio.create_task(sweep(store, RetentionSettings(), NOW + DAY * 2))
    while await kept(store) == retention.CHUNK * 4 - 1:
        assert not round_.done()
    await store.write(change, ANN, "board", "news", {"keep_days": 3650})
    left = await kept(store)
    await round_
    assert await kept(store) == left > 0


async def test_a_standing_notice_is_kept_and_a_dry_round_drops_nothing(store: Store) -> None:
    """A notice is on the page however old it is; --dry-run counts what would go."""
    board = await store.write(boards.add, spec(), NOW)
    await posted(store, board, structs.replace(headline(1), pinned=True), headline(2))
    rule = RetentionSettings(keep_days=1)
    would = await sweep(store, rule, NOW + DAY * 2, dry=True)
    assert await numbers(store) == [2, 1]
    assert await sweep(store, rule, NOW + DAY * 2) == would
    assert await numbers(store) == [1]


async def test_a_group_outlives_its_first_member(store: Store) -> None:
    """Where the lead is purged the next member is served in its place, and names it no more."""
    for slug, days in (("news", 1), ("local", 0)):
        board = await store.write(boards.add, structs.replace(spec(slug), keep_days=days), NOW)
        await posted(store, board, headline(1))
    assert [(entry.board, entry.others) for entry in await shown(store)] == [("news", ("뉴스",))]
    await sweep(store, RetentionSettings(), NOW + DAY * 2)
    assert [(entry.board, entry.others) for entry in await shown(store)] == [("local", ())]


async def test_texts_and_revisions_go_and_identity_stays(store: Store) -> None:
    """Of a purged row there are left its key, its place and the hash of its title."""
    board = await store.write(boards.add, spec(), NOW)
    await listed(store, board, 1)
    await store.write(headlines.apply, board, Changes(changed=(headline(1, "고친 제목"),)), NOW)
    swept = await sweep(store, RetentionSettings(keep_days=1), NOW + DAY * 2)
    texts = "제목 1고친 제목연합".encode()
    assert swept.boards["news"].text_bytes == len(texts) + 2 * len("http://news.example/1")
    assert swept.boards["news"].revisions == 1
    row = (await store.read(lambda tx: tx.execute(select(table)).mappings().all()))[0]
    left = {name for name, value in row.items() if value not in (None, "", False)}
    assert left >= {"arrival", "board_id", "key", "listed", "place", "twin", "title_hash", "purged_at"}
    assert not left & {"title", "title_fold", "source", "source_fold", "url", "url_hash", "date_text"}


async def test_a_late_edit_does_not_give_a_purged_row_its_texts_back(store: Store) -> None:
    """A poll that looked before the purge and stores after it changes nothing of what is gone."""
    board = await store.write(boards.add, spec(), NOW)
    await listed(store, board, 1)
    await sweep(store, RetentionSettings(keep_days=1), NOW + DAY * 2)
    await store.write(headlines.apply, board, Changes(changed=(headline(1, "고친 제목"),)), NOW + DAY * 2)
    assert (await store.read(headlines.known, board.id, ["1"]))["1"].title == ""
    assert await numbers(store) == []


async def test_a_redesign_recognises_purged_headlines(store: Store) -> None:
    """Under new keys a purged headline is known by its title, as any other is."""
    board = await store.write(boards.add, spec(), NOW)
    await listed(store, board, *range(1, 11))
    await sweep(store, RetentionSettings(keep_rows=3), NOW)
    found = [structs.replace(headline(n), key=f"neu-{n}") for n in range(10, 0, -1)]

    def judged(tx: Transaction) -> set[str]:
        namesakes = headlines.namesakes(tx, board.id, [row.title for row in found])
        return set(recognise(found, {}, namesakes, headlines.latest(tx, board.id, 100), relearnt=True).moved)

    assert await store.read(judged) == {row.key for row in found}


@pytest.mark.parametrize(("days", "left"), [(0, 6), (30, 3)])
async def test_records_of_polls_without_news_are_forgotten(store: Store, days: int, left: int) -> None:
    """The ledger keeps what brought headlines and what walked further; each board its last look at rows."""
    board = await store.write(boards.add, spec(), NOW)
    plain = Poll(board="news", started_at=NOW, finished_at=NOW, result="unchanged", rows=20)
    for other in ({"result": "changed"}, {"pages": 3}, {}, {}, {"rows": 0}, {"result": "later", "rows": 0}):
        await store.write(polls.record, board.id, structs.replace(plain, **other), After(next_poll_at=NOW))
    await sweep(store, RetentionSettings(keep_polls_days=days), NOW + DAY * 31)
    kept = await store.read(polls.recent, "news", 10)
    assert len(kept) == left
    assert await store.read(polls.latest_rows, board.id) == 20


async def test_sizes_name_every_table_and_board(store: Store) -> None:
    """Rows, bytes, what purging freed: an admin sees where the room goes."""
    board = await store.write(boards.add, spec(), NOW)
    await listed(store, board, 1, 2, 3)
    swept = await sweep(store, RetentionSettings(keep_rows=1), NOW)
    found = await store.read(sizes.sizes)
    assert {one.table: one.rows for one in found.tables}["headlines"] == 3
    assert all(one.bytes is None or 0 < one.bytes <= found.total_bytes for one in found.tables)
    (news,) = found.boards
    assert (news.headlines, news.purged, news.reclaimed_bytes) == (1, 2, swept.boards["news"].text_bytes)
    assert 0 < news.text_bytes < news.reclaimed_bytes
