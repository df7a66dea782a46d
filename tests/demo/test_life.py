"""The demo's life: the same board at the same time, whoever asks and whenever the program was started."""

import unicodedata
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.demo.board import Post, SimulatedBoard
from aggregator.demo.life import DELETED_AFTER, EDITED_AFTER, EPOCH, FORUM, NEWS, SETTLED_AFTER, Life, Settled, lived

NOW = datetime(2026, 11, 24, 3, 0, 7, tzinfo=UTC)
BLANK = SimulatedBoard("데모")
SLOTS = st.integers(0, 6_000_000)
LIVES = pytest.mark.parametrize("life", [NEWS, FORUM])


def folded(title: str) -> str:
    """The title as loosely as any matching would see it."""
    return " ".join(unicodedata.normalize("NFKC", title).casefold().split())


def at(life: Life, slot: int) -> SimulatedBoard:
    """The board at the beginning of a slot."""
    return lived(BLANK, life, EPOCH + slot * life.every)


def newest(board: SimulatedBoard, count: int) -> list[Post]:
    """The newest posts, pinned or not."""
    return list(islice(board.live(), count))


@LIVES
@given(slot=SLOTS)
def test_a_restart_shows_the_same_board(life: Life, slot: int) -> None:
    """Two programs at the same moment print the same pages, however long each has run."""
    pages = (1, 2, 30)
    assert [at(life, slot).page(n) for n in pages] == [at(life, slot).page(n) for n in pages]


@LIVES
@given(slot=SLOTS, later=st.integers(1, 200))
def test_a_board_goes_on_where_it_was(life: Life, slot: int, later: int) -> None:
    """What is listed later is what was listed, each post aged, plus the new slots' posts."""
    before = {post.id for post in newest(at(life, slot), 300)}
    after = {post.id for post in newest(at(life, slot + later), 700)}
    lost = {post_id for post_id in before - after if post_id > min(after, default=0)}
    assert all((post_id - 1) % 13 == 0 for post_id in lost)
    assert all(post_id - 1 > slot for post_id in after - before if post_id > max(before, default=0))


@LIVES
@given(slot=SLOTS)
def test_ranks_are_contiguous_where_the_past_is_computed(life: Life, slot: int) -> None:
    """The closed form and the posts of the window count as one board."""
    board = at(life, slot)
    ranks = [line.number for n in range(1, 8) for line in board.page(n).lines if line.number is not None]
    assert ranks == list(range(board.page().total, board.page().total - len(ranks), -1))


@given(end=st.integers(0, 3_000))
def test_the_archive_counts_what_it_lists(end: int) -> None:
    """The settled posts are those of all slots but every 13th, in order, and no more."""
    settled = Settled(NEWS, end)
    assert [settled[i].id - 1 for i in range(len(settled))] == [slot for slot in range(end) if slot % 13]
    for beyond in (len(settled), -1):
        with pytest.raises(IndexError):
            settled[beyond]


@LIVES
@given(slot=SLOTS, age=st.integers(SETTLED_AFTER, 10_000))
def test_a_settled_post_changes_no_more(life: Life, slot: int, age: int) -> None:
    """After the window nothing happens to a post, so the past may be worked out from the slot alone."""
    assert life.post(slot, age) == life.post(slot, SETTLED_AFTER)


def test_posts_are_edited_deleted_and_pinned_in_time() -> None:
    """Slot 3 is edited, slot 13 deleted, slot 50 a notice for a while."""
    fresh, edited = NEWS.post(3, 0), NEWS.post(3, EDITED_AFTER)
    assert fresh is not None
    assert edited is not None
    assert edited.title.startswith(fresh.title + " ")
    assert (NEWS.post(13, DELETED_AFTER - 1) is None, NEWS.post(13, DELETED_AFTER) is None) == (False, True)
    ages = {age for age in range(100) if (post := NEWS.post(50, age)) and post.pinned}
    assert ages == set(range(2, 72))


@LIVES
def test_no_title_comes_back_within_two_days(life: Life) -> None:
    """Titles of 48 hours are all different, first and edited ones together."""
    slots = range(life.slot(NOW - timedelta(hours=48)), life.slot(NOW) + 1)
    aged = [[post.title for age in (0, EDITED_AFTER) if (post := life.post(slot, age))] for slot in slots]
    edited = [first for first, later in aged if first != later]
    assert len({folded(title) for titles in aged for title in titles}) == len(slots) + len(edited)


def test_the_forum_repeats_headlines_of_the_news() -> None:
    """More than a quarter of the forum's posts carry a title that stands on the news board, each another."""
    news = {post.title for post in newest(lived(BLANK, NEWS, NOW), 600)}
    forum = newest(lived(BLANK, FORUM, NOW), 140)
    copied = [post for post in forum if post.title in news]
    assert len(copied) > len(forum) // 4
    assert len({post.title for post in copied}) == len(copied)


def test_news_titles_are_written_in_cp949() -> None:
    """An old board could print every title without a character reference."""
    titles = [NEWS.words.edited(n) for n in range(0, NEWS.words.titles, 7)]
    assert all(title.encode("cp949").decode("cp949") == title for title in titles)


def test_before_its_epoch_a_board_is_empty() -> None:
    """A machine with a dead clock gets an empty list, no error."""
    assert lived(BLANK, NEWS, EPOCH - timedelta(days=1)).page().lines == ()
