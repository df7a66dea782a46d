"""A page is told again without parsing it: what moves at each request may, what is read may not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from aggregator import listing
from aggregator.demo import SimulatedBoard, skins
from aggregator.demo.board import Post, SkinName
from aggregator.manners import Seen
from benchmarks.workload import WHEN

URL = "http://a.kr/index.php?mid=news"
POSTS = tuple(Post(id=n, title=f"{n}째 소식이 왔다", source="연합", at=WHEN, comments=n % 3) for n in range(1, 21))


def page(posts: tuple[Post, ...], drawn: str = "a", skin: SkinName = "xe") -> str:
    """The list of ``posts``, with a token above it that is another one at each request."""
    board = SimulatedBoard("뉴스", skin=skin, past=posts)
    view = skins.View(board=board, slug="news", origin="http://a.kr", page=board.page(), now=WHEN, current=None)
    return skins.html(view).replace("<body>", f'<body><input name="csrf" value="{drawn}">', 1)


def read(text: str) -> tuple[listing.Learnt, Seen]:
    """What a page's recipe reads, and what is kept of the page."""
    found = listing.detect(text, URL)
    assert found.recipe is not None
    return found, listing.kept(found.recipe, text, URL, listing.follow(found.recipe, text, URL).listing.rows)


@given(st.lists(st.integers(100_000, 10**9), min_size=20, max_size=20), st.text("0123456789abcdef"))
def test_views_and_tokens_change_nothing(views: list[int], token: str) -> None:
    """Whatever is counted and drawn, the page is the same."""
    first = page(tuple(replace(post, views=654_321) for post in POSTS))
    found, seen = read(first)
    again = page(tuple(replace(post, views=n) for post, n in zip(POSTS, views, strict=True)), token)
    assert found.recipe is not None
    assert seen.loose
    assert listing.same(seen, found.recipe, again, URL)


@given(st.integers(0, 19), st.sampled_from(["title", "source", "comments", "pinned", "at", "gone", "views"]), st.data())
def test_what_is_read_is_never_the_same_again(at: int, part: str, data: st.DataObject) -> None:
    """Where a page is told to be the same, its rows are."""
    views = data.draw(st.sampled_from([0, 3, 40, 2026]))
    posts = [replace(post, views=views) for post in POSTS]
    found, seen = read(page(tuple(posts)))
    other = {"title": "다른 제목이 왔다", "source": "7", "comments": 9, "pinned": True, "at": WHEN.replace(day=1)}
    if part == "gone":
        del posts[at]
    else:
        posts[at] = replace(posts[at], **{part: other.get(part, 12)})
    again = page(tuple(posts))
    assert found.recipe is not None
    rows = [listing.follow(found.recipe, text, URL).listing.rows for text in (page(POSTS), again)]
    assert not listing.same(seen, found.recipe, again, URL) or rows[0] == rows[1]


@pytest.mark.parametrize("change", ["url", "recipe", "number"])
def test_another_place_or_reading_is_not_the_same(change: str) -> None:
    """A moved page, another recipe and a word in place of a number are looked at."""
    text = page(tuple(replace(post, views=654_321) for post in POSTS))
    found, seen = read(text)
    assert found.recipe is not None
    recipe = replace(found.recipe, source="td.m_no") if change == "recipe" else found.recipe
    url = "http://b.kr/index.php?mid=news" if change == "url" else URL
    text = text.replace("654321", "많음", 1) if change == "number" else text
    assert not listing.same(seen, recipe, text, url)
