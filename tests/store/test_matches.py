"""Saved topics are matched when headlines are stored, and show what a search would show."""

from hypothesis import given
from msgspec import structs
from sqlalchemy import Connection, func, select

from aggregator.changes import Changes
from aggregator.filters import Filter, canonical, parse
from aggregator.housekeeping import match_topics
from aggregator.model import Board, Entry, Topic
from aggregator.store import Selection, Store, boards, headlines, matches, state, topics
from aggregator.store.audience import topic_headlines
from tests.filtering import FILTERS, TRAPS
from tests.store.conftest import NOW
from tests.store.test_contract import headline, posted, spec
from tests.store.test_counts import counted
from tests.store.test_matching import SHARED, shown, stocked

__all__ = ["stocked"]


async def saved(store: Store, text: str) -> None:
    """Let the topic be this filter, whatever it was."""
    await store.write(topics.put, Topic(slug="t", title="T", filter=text))


async def both(store: Store, text: str) -> tuple[list[Entry], list[Entry]]:
    """What the topic shows, and what a search for the same shows."""
    asked = Selection(n=500, filter=parse(text), deleted=True)
    return await shown(store, structs.replace(asked, topic="t")), await shown(store, asked)


def matched(conn: Connection) -> int:
    """How many matches are kept of all topics."""
    return conn.scalar(select(func.count()).select_from(topic_headlines)) or 0


@SHARED
@given(FILTERS)
async def test_a_topic_shows_what_a_search_shows(stocked: Store, selection: Filter) -> None:
    """Whatever its filter says of dates, flags and tags, and whoever had matched the topic before."""
    text = canonical(selection)
    await saved(stocked, text)
    await match_topics(stocked)
    topic, search = await both(stocked, text)
    assert topic == search


async def test_news_and_edits_are_matched_as_they_are_stored(stocked: Store) -> None:
    """While a topic is being filled and after it: what comes, what gains its word and what loses it."""
    await saved(stocked, "새말 OR /단.독/ OR 의대")
    board = await stocked.read(boards.by_slug, "news")
    assert isinstance(board, Board)
    (topic_id,) = await stocked.read(matches.unfilled)
    for n in range(0, 90, 30):
        await stocked.write(matches.fill, topic_id)
        new = [structs.replace(headline(900 + n + at), title=f"새말 {title}") for at, title in enumerate(TRAPS)]
        await posted(stocked, board, *new, headline(1000 + n, "그 밖"), headline(1001 + n, "의대"))
        edited = headline(900 + n, "그 밖"), headline(1000 + n, "의대"), headline(1001 + n, "그 밖")
        await stocked.write(headlines.apply, board, Changes(changed=edited), NOW)
    assert await stocked.read(matches.unfilled) == []
    topic, search = await both(stocked, "새말 OR /단.독/ OR 의대")
    assert topic == search
    assert await stocked.read(matched) >= len(topic) > 40


async def test_a_topic_that_says_something_else_is_searched_until_it_is_matched_anew(stocked: Store) -> None:
    """No moment shows the old filter's headlines; a topic removed, and come back, has missed nothing."""
    await saved(stocked, "의대")
    await match_topics(stocked)
    assert await stocked.read(matches.hits, "t") is not None
    await saved(stocked, "연금")
    assert await stocked.read(matches.hits, "t") is None
    topic, search = await both(stocked, "연금")
    assert topic == search != []
    await stocked.write(topics.remove, "t", NOW)
    await match_topics(stocked)
    assert await stocked.read(matched) == 0


async def test_what_is_dropped_leaves_its_topics(store: Store) -> None:
    """A board that is purged leaves no matches behind."""
    await saved(store, "제목")
    await match_topics(store)
    await posted(store, await store.write(boards.add, spec(), NOW), headline(1), headline(2))
    assert await store.read(matched) == 2
    await store.write(boards.remove, "news", NOW, purge=True)
    assert await store.read(matched) == 0


async def test_a_private_board_is_matched_and_not_shown(store: Store) -> None:
    """What a topic's matches name of private boards is for those who may see it, filled or as it is stored."""
    await saved(store, "제목")
    board = await store.write(boards.add, structs.replace(spec(), private=True), NOW)
    await posted(store, board, headline(1, "제목 하나"))
    await match_topics(store)
    await posted(store, board, headline(2, "제목 둘"))
    assert await store.read(matched) == 2
    asked = Selection(filter=parse("제목"), topic="t")
    assert await shown(store, asked) == []
    assert len(await shown(store, structs.replace(asked, private=True))) == 2


async def test_a_topic_filled_is_another_state(store: Store) -> None:
    """What was kept of its feed may have been ended early: it is made anew, once; matched to the end nothing moves."""
    await saved(store, "제목")
    before = await store.state()
    await match_topics(store)
    assert await store.state() == state.State(before.number + 1, before.number + 1)
    await match_topics(store)
    assert await store.state() == state.State(before.number + 1, before.number + 1)


async def test_a_filter_of_what_it_leaves_out_is_not_kept(store: Store) -> None:
    """It takes nearly everything: the newest headlines answer it, and its matches would be as many as they are."""
    await saved(store, "-광고")
    await posted(store, await store.write(boards.add, spec(), NOW), headline(1))
    await match_topics(store)
    assert await store.read(matched) == 0
    assert len((await both(store, "-광고"))[0]) == 1


async def test_a_matched_topic_asks_no_index_of_grams(store: Store) -> None:
    """It is one statement more than everything, however its filter is made."""
    await saved(store, "/제.*1/ 제목")
    await posted(store, await store.write(boards.add, spec(), NOW), headline(1), headline(2))
    await match_topics(store)
    with counted() as said:
        assert len((await both(store, "/제.*1/ 제목"))[0]) == 1
    assert "topic_headlines" in "".join(said)
    assert sum("headline_grams" in statement for statement in said) == 1
