"""The index of grams: kept with its headlines on both databases, and never the cause of another answer."""

from datetime import timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from sqlalchemy import Connection, select

from aggregator.changes import Changes
from aggregator.filters import Filter, Not, parse
from aggregator.filters.grams import indexed, narrowing
from aggregator.housekeeping import sweep
from aggregator.settings import RetentionSettings
from aggregator.store import Selection, Store, boards, grams, headlines
from tests.filtering import FILTERS
from tests.store.conftest import NOW
from tests.store.test_contract import headline, posted, spec
from tests.store.test_matching import SHARED, shown, stocked

__all__ = ["stocked"]

WAYS = [
    Selection(n=500),
    Selection(n=500, dup="all"),
    Selection(n=500, sort="date"),
    Selection(n=5, each=2),
    Selection(n=500, after=40),
]


def found(conn: Connection, text: str) -> list[int]:
    """The arrivals that the index itself names for a text, whatever stands in the headlines."""
    hits = grams.hits(conn, narrowing(parse(text)))
    assert hits is not None
    index = hits.index
    return sorted(conn.scalars(select(index.arrival).select_from(index.table).where(index.found), hits.asked))


async def test_an_edit_moves_a_headline_in_the_index(store: Store) -> None:
    """By its new words it is found, by those that went it is not, by those that stayed it still is."""
    board = await store.write(boards.add, spec(), NOW)
    await posted(store, board, headline(1, "의대 증원 발표"), headline(2, "연금 개혁"))
    await store.write(headlines.apply, board, Changes(changed=(headline(1, "의대 정원 발표"),)), NOW)
    asked = {"의대": [1], "정원": [1], "증원": [], "연금": [2], "source:연합": [1, 2], "연합": [1, 2]}
    assert {text: await store.read(found, text) for text in asked} == asked


async def test_a_gram_that_stands_in_a_title_twice_leaves_the_index_once_and_for_all(store: Store) -> None:
    """It is said twice when the headline comes, and once when it goes."""
    board = await store.write(boards.add, spec(), NOW)
    await posted(store, board, headline(1, "의대 의대 의대생"), headline(2, "의대"))
    await store.write(headlines.apply, board, Changes(changed=(headline(1, "연금 연금"),)), NOW)
    assert {text: await store.read(found, text) for text in ("의대", "연금")} == {"의대": [2], "연금": [1]}


async def test_what_an_earlier_release_indexed_can_be_forgotten(tmp_path: Path) -> None:
    """It told SQLite each gram of a headline once, and more that is forgotten than was told is taken for damage."""

    def as_it_was(conn: Connection) -> None:
        conn.exec_driver_sql(f"INSERT INTO {grams.TABLE} ({grams.TABLE}) VALUES ('delete-all')")  # noqa: S608  a name
        for one in grams.texts(conn, [1, 2, 3]):
            words = f"board{one.board_id} {' '.join(set(indexed(one.title_fold, one.source_fold).split()))}"
            conn.exec_driver_sql(grams._LEARN, (one.arrival, words))  # noqa: SLF001  its own words for it

    async with await Store.open(f"sqlite:///{tmp_path}/old.db", authority="a.example", now=NOW) as store:
        board = await store.write(boards.add, spec(), NOW)
        told = [headline(n, title=f"하하하하하하하하 {n}") for n in (1, 2, 3)]
        await store.write(headlines.apply, board, Changes(new=tuple(told)), NOW)
        await store.write(as_it_was)
        edited = tuple(structs.replace(one, title="하하하하") for one in told)
        await store.write(headlines.apply, board, Changes(changed=edited), NOW)
        assert await store.read(found, "하하하") == [1, 2, 3]
        await store.write(grams.drop_board, board.id)
        assert await store.read(found, "하하하") == []


async def test_what_is_dropped_leaves_the_index(store: Store) -> None:
    """By age or with its whole board: nothing of it is left to be looked through."""
    kept, gone = [await store.write(boards.add, spec(slug), NOW) for slug in ("kept", "gone")]
    await posted(store, kept, headline(1, "오래된 의대"))
    await store.write(headlines.apply, kept, Changes(new=(headline(2, "의대"),)), NOW + timedelta(days=2))
    await posted(store, gone, headline(1, "사라진 의대"))
    assert await store.read(found, "의대") == [1, 2, 3]
    await store.write(boards.remove, "gone", NOW, purge=True)
    await sweep(store, RetentionSettings(keep_days=1), NOW + timedelta(days=2))
    assert await store.read(found, "의대") == [2]
    await sweep(store, RetentionSettings(keep_days=1), NOW + timedelta(days=9))
    assert await store.read(found, "의대") == []


async def test_what_is_indexed_twice_stands_as_it_was_said_last(store: Store) -> None:
    """Two polls that revise a headline at once, one of them with a claim that has run out, do not fail each other."""
    board = await store.write(boards.add, spec(), NOW)
    await posted(store, board, headline(1, "의대 증원"))
    texts = await store.read(grams.texts, [1])
    await store.write(grams.add, [structs.replace(one, title_fold="연금 개혁") for one in texts])
    assert await store.read(found, "연금") == [1]


@SHARED
@given(FILTERS, st.sampled_from(WAYS))
async def test_the_index_changes_no_answer(stocked: Store, selection: Filter, way: Selection) -> None:
    """What says the same and asks the index nothing, since it stands behind two nots, shows the same."""
    scanned = await shown(stocked, structs.replace(way, filter=Not(Not(selection))))
    assert await shown(stocked, structs.replace(way, filter=selection)) == scanned


async def test_a_board_and_a_tag_narrow_as_they_are_now(store: Store) -> None:
    """Boards are looked up when they are asked for: one that came later under a tag is found by it."""
    for slug, tags in (("a", ("ai",)), ("b", ()), ("c", ("ai",))):
        board = await store.write(boards.add, spec(slug, tags=tags), NOW)
        await posted(store, board, headline(1, f"{slug} 의대"))
    for text, slugs in {"board:@ai": "ca", "board:b,a": "ba", "board:none": "", "board:@none OR board:c": "c"}.items():
        entries = await store.read(headlines.select, Selection(filter=parse(text), dup="all"))
        assert "".join(entry.board for entry in entries) == slugs
