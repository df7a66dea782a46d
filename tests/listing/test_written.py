"""Every listing that is written is read back."""

from collections.abc import Callable

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aggregator import listing
from tests.listing.writing import SKINS, Written, boards, items, page, text

URL = "http://board.example/"


@settings(max_examples=60, deadline=None)
@given(boards(), st.sampled_from(SKINS))
def test_titles_sources_dates_and_comments_survive(board: Written, skin: Callable[[Written], str]) -> None:
    """What a page prints of each post is read off it, in order, whatever the skin."""
    # One name on every row without a column of its own is taken for a label.
    assume(skin is not items or len({post.source for post in board.posts}) > 1)
    found = listing.read(page(skin(board)), URL)
    read = [(row.title, row.source, row.date_text, row.comments) for row in found.rows]
    assert read == [(post.title, post.source, post.date, post.comments) for post in board.posts]


@settings(max_examples=60, deadline=None)
@given(boards(), st.sampled_from([skin for skin in SKINS if skin is not items]))
def test_numbers_survive_pinned_and_open_rows(board: Written, skin: Callable[[Written], str]) -> None:
    """Pinned rows have no number; the open one has the number that its neighbours leave."""
    found = listing.read(page(skin(board)), URL)
    numbers = [None if at < board.pinned else post.number for at, post in enumerate(board.posts)]
    assert [row.number for row in found.rows] == numbers
    assert [at for at, row in enumerate(found.rows) if row.current] == ([] if board.opened is None else [board.opened])


@settings(max_examples=60, deadline=None)
@given(boards(), st.sampled_from(SKINS))
def test_the_document_id_and_the_next_page_are_found(board: Written, skin: Callable[[Written], str]) -> None:
    """The link rule points at what differs from row to row, and the pager's second page is next."""
    found = listing.read(page(skin(board)), URL)
    assert found.link_rule is not None
    assert (found.link_rule.where, found.link_rule.name) in {("query", "doc"), ("query", "no"), ("path", "1")}
    assert (found.next_page or "").endswith("page=2")
    assert listing.may_go_on(page(skin(board)), URL, [row.url for row in found.rows if row.url])
    assert [row.pinned for row in found.rows] == [at < board.pinned for at in range(len(board.posts))]


@settings(max_examples=60, deadline=None)
@given(boards())
def test_a_pasted_listing_is_read_without_links(board: Written) -> None:
    """Blanks alone part the columns of a text; the repeated last words are the sources."""
    found = listing.read(text(board.posts, board.opened), None)
    assert [row.title for row in found.rows] == [post.title for post in board.posts]
    assert [row.number for row in found.rows] == [post.number for post in board.posts]
    assert all(row.url is None for row in found.rows)
