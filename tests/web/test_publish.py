"""From a request to a feed: permanent ids, canonical URLs, and what a selection says of itself."""

import doctest
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from aggregator import publish
from aggregator.changes import Changes
from aggregator.errors import FilterError, GoneFeedError, UnknownFeedError
from aggregator.model import Feed
from aggregator.publish import Request
from aggregator.store import Cursor, Store, boards, headlines
from aggregator.web import keys
from tests.web.conftest import NOW, PUBLIC_URL, news, post

SEOUL = ZoneInfo("Asia/Seoul")
ALL, BOARD, TOPIC = Request(), Request(kind="board", slug="news"), Request(kind="topic", slug="chips")


async def feed(store: Store, asked: Request) -> Feed:
    """The feed of a request, below the public URL of the tests."""
    return await publish.feed(store, asked, PUBLIC_URL, NOW, SEOUL)


async def test_ids_are_permanent_tags(store: Store) -> None:
    """A feed's id is built from the store's identity and its name; a board's is what its guids begin with."""
    ids = [(await feed(store, asked)).id for asked in (ALL, BOARD, TOPIC)]
    begin = "tag:feeds.example.org,2024:"
    assert ids == [f"{begin}feed/all", f"{begin}1", f"{begin}feed/topics/chips"]
    guids = [entry.guid for entry in (await feed(store, BOARD)).entries]
    assert all(guid.startswith(f"{ids[1]}/") for guid in guids)


async def test_ids_do_not_follow_the_public_url(store: Store) -> None:
    """A server that moves keeps every id, so that readers keep what they have read."""
    here, there = await feed(store, ALL), await publish.feed(store, ALL, "https://moved.example", NOW, SEOUL)
    assert here.id == there.id
    assert [entry.guid for entry in here.entries] == [entry.guid for entry in there.entries]


async def test_a_narrowed_feed_is_a_feed_of_its_own(store: Store) -> None:
    """Its id differs from the whole and from other filters, and is the same for the same meaning."""
    spellings = ("AI 투자", "ai  투자", "투자", "")
    ids = [(await feed(store, Request(q=q))).id for q in spellings]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


async def test_urls_are_canonical(store: Store) -> None:
    """Page and feeds share a path; what is not default stands in the query, sorted and in ASCII."""
    told = await feed(store, Request(kind="topic", slug="chips", q="유럽  (미국)", n=20, dup="all", sort="date"))
    query = told.page_url.partition("?")[2]
    assert told.page_url == f"{PUBLIC_URL}/topics/chips?{query}"
    assert told.feed_urls["atom"] == f"{PUBLIC_URL}/topics/chips.atom?{query}"
    assert query.isascii()
    assert [part.partition("=")[0] for part in query.split("&")] == ["dup", "n", "q", "sort"]
    assert (await feed(store, ALL)).feed_urls["rss"] == f"{PUBLIC_URL}/feed.rss"


async def test_a_topic_narrowed_selects_what_both_select(store: Store) -> None:
    """A filter on a topic's feed adds to the topic's own."""
    assert len((await feed(store, TOPIC)).entries) == 1
    assert len((await feed(store, Request(kind="topic", slug="chips", q="-유럽"))).entries) == 0


async def test_n_counts_entries_served(store: Store) -> None:
    """N is counted after filtering and grouping, newest first."""
    told = await feed(store, Request(n=3))
    assert [entry.number for entry in told.entries] == [19, 18, 17]


async def test_deleted_headlines_are_there_for_who_asks_for_them(store: Store) -> None:
    """They leave every feed; a filter that speaks of them looks at them too."""
    last = (await feed(store, BOARD)).entries[0]
    board = await store.read(boards.by_slug, "news")
    assert board is not None
    await store.write(headlines.apply, board, Changes(gone=(last.arrival,)), NOW)
    told = [await feed(store, Request(kind="board", slug="news", q=q)) for q in ("", "is:deleted", "-is:deleted")]
    assert [len(one.entries) for one in told] == [19, 1, 19]
    assert told[1].entries[0].guid == last.guid


async def test_pages_of_a_feed_are_one_feed(store: Store) -> None:
    """An older page has its own address and the same id."""
    first = await feed(store, Request(n=6))
    before = int(first.older_urls["atom"].partition("before=")[2].partition("&")[0])
    second = await feed(store, Request(n=6, before=Cursor(before)))
    assert (second.id, len(second.entries)) == (first.id, 6)
    assert second.feed_urls["atom"] == first.older_urls["atom"]
    assert (await feed(store, Request(n=6, before=Cursor(2)))).older_urls == {}


async def test_sort_date_orders_by_the_boards_claim(store: Store) -> None:
    """A back-filled headline stands first by arrival, in its place by date."""
    await post(store, "news", [news("묵은 소식", -900)])
    assert (await feed(store, ALL)).entries[0].title == "묵은 소식"
    assert (await feed(store, Request(sort="date"))).entries[-1].title == "묵은 소식"


async def test_the_pace_is_that_of_the_selections_boards(store: Store) -> None:
    """Ttl and next poll are those of the quickest board that is still polled."""
    told = await feed(store, BOARD)
    assert (told.ttl, told.next_poll_at) == (timedelta(minutes=10), NOW)
    await store.write(boards.pause, "news", paused=True, now=NOW)
    assert (await feed(store, BOARD)).next_poll_at is None


async def test_titles_and_subtitles_say_what_is_selected(store: Store) -> None:
    """Names for people: the board's, the topic's, and the filter in words."""
    assert (await feed(store, BOARD)).title == "종합 뉴스"
    assert (await feed(store, TOPIC)).subtitle == "Headlines with 반도체 in title or source"
    narrowed = await feed(store, Request(q="source:연합"))
    assert narrowed.title == "All headlines · source:연합"
    assert narrowed.subtitle == "The headlines of every board, narrowed to headlines from 연합"


async def test_dates_are_shown_in_the_boards_zone(store: Store) -> None:
    """An entry carries its board's time zone, in which its date is written."""
    assert {entry.timezone for entry in (await feed(store, ALL)).entries} == {"Asia/Seoul"}


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (Request(kind="board", slug="none"), UnknownFeedError),
        (Request(kind="topic", slug="none"), UnknownFeedError),
        (Request(kind="board", slug="gone"), GoneFeedError),
        (Request(kind="topic", slug="old"), GoneFeedError),
        (Request(q="("), FilterError),
    ],
)
async def test_what_cannot_be_served_is_said_by_kind(store: Store, asked: Request, error: type[Exception]) -> None:
    """Unknown, gone and unreadable are three errors, because clients do three things about them."""
    with pytest.raises(error):
        await feed(store, asked)


def test_the_examples_hold() -> None:
    """The docstrings' examples are true."""
    assert doctest.testmod(publish).failed == 0
    assert doctest.testmod(keys).failed == 0
