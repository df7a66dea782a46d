"""Numbering and paging of the simulated board."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.demo.board import Post, SimulatedBoard, SkinName

NOON = datetime(2024, 4, 20, 3, tzinfo=UTC)
Act = tuple[Literal["post", "edit", "delete", "pin", "unpin"], int]
ACTS = st.lists(st.tuples(st.sampled_from(["post", "post", "post", "edit", "delete", "pin", "unpin"]), st.integers(0)))


def archive(count: int) -> tuple[Post, ...]:
    """As many settled posts, with odd ids."""
    return tuple(Post(id=2 * i + 1, title=f"old {i}", source="wire", at=NOON) for i in range(count))


def played(board: SimulatedBoard, acts: list[Act]) -> SimulatedBoard:
    """The board after ``acts``, each on the live post its number falls on."""
    for act, n in acts:
        own = [post.id for post in board.live() if post.id >= board.first_id]
        if act == "post" or not own:
            board.post(f"title {n}", "wire", NOON + timedelta(minutes=len(own)))
        elif act == "edit":
            board.edit(own[n % len(own)], f"edited {n}")
        else:
            {"delete": board.delete, "pin": board.pin, "unpin": board.unpin}[act](own[n % len(own)])
    return board


def boards(numbering: Literal["rank", "stable"]) -> st.SearchStrategy[SimulatedBoard]:
    """Boards of either skin with any life and any page size, some with a past."""

    def built(acts: list[Act], past: int, page_size: int, skin: SkinName) -> SimulatedBoard:
        blank = SimulatedBoard(
            "b", numbering=numbering, skin=skin, page_size=page_size, past=archive(past), first_id=2 * past + 1
        )
        return played(blank, acts)

    skins = st.sampled_from(["xe", "gnu"])
    return st.builds(built, acts=ACTS, past=st.integers(0, 30), page_size=st.integers(1, 9), skin=skins)


def posted(board: SimulatedBoard, count: int) -> list[int]:
    """Ids of ``count`` new posts, oldest first."""
    return [board.post(f"title {n}", "wire", NOON) for n in range(count)]


def numbers(board: SimulatedBoard) -> dict[int, int | None]:
    """What every page of the list prints, by document id."""
    pages = range(1, board.page().last + 1)
    return {line.post.id: line.number for n in pages for line in board.page(n).lines}


@given(boards("rank"))
def test_pages_partition_the_live_posts(board: SimulatedBoard) -> None:
    """Every live post stands on exactly one page, newest first, notices apart, and on no other."""
    pages = [board.page(n) for n in range(1, board.page().last + 1)]
    listed = [line.post for page in pages for line in page.lines if not line.post.pinned]
    assert listed == [post for post in board.live() if not post.pinned]
    assert all(board.page_of(line.post.id) == page.n for page in pages for line in page.lines if not line.post.pinned)
    assert not [line for line in board.page(len(pages) + 1).lines if line.number is not None]


@given(boards("rank"))
def test_ranks_are_contiguous_down_to_one(board: SimulatedBoard) -> None:
    """Ranks count the list without a hole, whatever was deleted or pinned."""
    ranks = [number for number in numbers(board).values() if number is not None]
    assert ranks == list(range(len(ranks), 0, -1))


@given(boards("stable"))
def test_a_stable_number_is_the_document_id(board: SimulatedBoard) -> None:
    """Stable numbers are ids: they fall, may have holes, and never move."""
    printed = {post_id: number for post_id, number in numbers(board).items() if number is not None}
    assert all(post_id == number for post_id, number in printed.items())


@given(boards("rank"))
def test_every_live_post_is_found_by_its_id(board: SimulatedBoard) -> None:
    """An article can be opened for exactly the live posts."""
    live = {post.id: post for post in board.live()}
    assert {post_id: board.find(post_id) for post_id in live} == live
    assert board.find(max(live, default=0) + 1000) is None


@given(boards("rank"))
def test_a_full_page_has_page_size_counted_rows(board: SimulatedBoard) -> None:
    """All pages but the last are full; XE notices come on top of the twenty, Gnuboard's are among them."""
    for n in range(1, board.page().last):
        counted = [line for line in board.page(n).lines if board.skin == "gnu" or not line.post.pinned]
        assert len(counted) == board.page_size


def test_deleting_an_old_post_lowers_every_newer_rank() -> None:
    """A rank is no identity: the same post prints a lower number afterwards."""
    board = SimulatedBoard("news")
    oldest, *_, newest = posted(board, 5)
    before = numbers(board)[newest]
    board.delete(oldest)
    assert (before, numbers(board)[newest]) == (5, 4)


def test_deleting_leaves_a_hole_in_stable_numbers() -> None:
    """Where the number is an id, the others stay as they are."""
    board = SimulatedBoard("news", numbering="stable")
    ids = posted(board, 3)
    board.delete(ids[1])
    assert [line.number for line in board.page().lines] == [ids[2], ids[0]]


def test_xe_notices_stand_on_every_page_and_are_not_counted() -> None:
    """Two notices lead all pages, the one past the last included, and the ranks leave them out."""
    board = SimulatedBoard("news", page_size=4)
    ids = posted(board, 10)
    board.pin(ids[0])
    board.pin(ids[9])
    shown = [[line.number for line in board.page(n).lines] for n in (1, 2, 3)]
    assert shown == [[None, None, 8, 7, 6, 5], [None, None, 4, 3, 2, 1], [None, None]]


def test_gnu_notices_stand_first_on_the_first_page_and_are_counted() -> None:
    """The notice takes the highest rank without printing it, and one of the page's rows."""
    board = SimulatedBoard("news", skin="gnu", page_size=4)
    ids = posted(board, 6)
    board.pin(ids[2])
    shown = [[line.number for line in board.page(n).lines] for n in (1, 2)]
    assert shown == [[None, 5, 4, 3], [2, 1]]
    assert board.page_of(ids[2]) == 1


def test_an_edit_keeps_place_number_and_date() -> None:
    """Only the title changes."""
    board = SimulatedBoard("news")
    post_id = posted(board, 3)[1]
    before = board.find(post_id)
    board.edit(post_id, "another title")
    after = board.find(post_id)
    assert before is not None
    assert after is not None
    assert (after.title, after.at, numbers(board)[post_id]) == ("another title", before.at, 2)


def test_ids_are_never_used_twice() -> None:
    """A deleted newest post does not give its id back."""
    board = SimulatedBoard("news")
    first = posted(board, 1)[0]
    board.delete(first)
    board.skip(3)
    assert posted(board, 1)[0] == first + 4


def test_an_unknown_post_cannot_be_touched() -> None:
    """A test that edits what was never posted has a mistake in it."""
    board = SimulatedBoard("news", past=archive(2), first_id=5)
    for act in (board.delete, board.pin, board.unpin, board.page_of):
        with pytest.raises(KeyError):
            act(2)
