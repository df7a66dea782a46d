"""A board that exists only here: posts, edits, deletions and pins, numbered and paged as real boards do it.

The board knows no clock and no markup: times come with the posts, ``skins`` turn a ``BoardPage`` into HTML.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace as changed

SkinName = Literal["xe", "gnu"]
Charset = Literal["utf-8", "cp949"]
Language = Literal["ko", "en"]

SEOUL = ZoneInfo("Asia/Seoul")


class Post(Struct, frozen=True, kw_only=True):
    """One document of a simulated board. ``id`` is its document id, never reused; ``at`` is aware."""

    id: int
    title: str
    source: str
    at: datetime
    comments: int = 0
    views: int = 0
    pinned: bool = False


class Line(Struct, frozen=True):
    """A post as one page prints it; ``number`` is None on a pinned row, which prints the word for notice."""

    post: Post
    number: int | None


class BoardPage(Struct, frozen=True, kw_only=True):
    """Page ``n`` of ``last``: lines in page order, pinned ones first; ``total`` posts are counted in the numbering."""

    n: int
    last: int
    total: int
    lines: tuple[Line, ...]


class Archive(Protocol):
    """Settled posts, oldest first with rising ids: a tuple will do, and so will something that works them out."""

    def __len__(self) -> int:
        """How many posts there are."""
        ...

    def __getitem__(self, index: int, /) -> Post:
        """Find the post at ``index`` from the oldest, from 0 on."""
        ...


@dataclass
class SimulatedBoard:
    """A bulletin board in memory, newest post first.

    ``numbering`` *rank* counts from the oldest live post, so that deleting an old post lowers every newer number;
    *stable* prints the document id, and deletions leave holes. The ``xe`` skin prints pinned posts on every page and
    does not count them; the ``gnu`` skin puts them first on the first page and counts them. ``past`` is what was
    posted before and can no longer be touched. ``labelled`` says whether the charset is named anywhere.

    >>> board = SimulatedBoard("news", page_size=2)
    >>> ids = [board.post(title, "wire", datetime(2024, 4, 20, tzinfo=SEOUL)) for title in ("a", "b", "c")]
    >>> board.delete(ids[0])
    >>> [(line.number, line.post.title) for line in board.page(1).lines]
    [(2, 'c'), (1, 'b')]
    """

    name: str
    _: KW_ONLY
    numbering: Literal["rank", "stable"] = "rank"
    skin: SkinName = "xe"
    charset: Charset = "utf-8"
    labelled: bool = True
    language: Language = "ko"
    page_size: int = 20
    zone: tzinfo = SEOUL
    past: Archive = ()
    first_id: int = 1
    _posts: dict[int, Post] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        self._next_id = self.first_id

    def post(self, title: str, source: str, at: datetime, *, comments: int = 0, views: int = 0) -> int:
        """Put a new post on top; its document id comes back."""
        post_id, self._next_id = self._next_id, self._next_id + 1
        self._posts[post_id] = Post(id=post_id, title=title, source=source, at=at, comments=comments, views=views)
        return post_id

    def edit(self, post_id: int, title: str) -> None:
        """Give a post another title; number, link and date stay. Raises KeyError where there is no such post."""
        self._posts[post_id] = changed(self._posts[post_id], title=title)

    def delete(self, post_id: int) -> None:
        """Remove a post for good. Raises KeyError where there is no such post."""
        del self._posts[post_id]

    def pin(self, post_id: int) -> None:
        """Make a post a notice. Raises KeyError where there is no such post."""
        self._posts[post_id] = changed(self._posts[post_id], pinned=True)

    def unpin(self, post_id: int) -> None:
        """Make a notice an ordinary post again, at its old place. Raises KeyError where there is no such post."""
        self._posts[post_id] = changed(self._posts[post_id], pinned=False)

    def skip(self, count: int = 1) -> None:
        """Leave ``count`` document ids unused, as boards do that share their ids with others."""
        self._next_id += count

    def live(self) -> Iterator[Post]:
        """Every post that has not been deleted, newest first, pinned ones too; lazy, for ``past`` may be long."""
        yield from reversed(self._posts.values())
        yield from (self.past[index] for index in reversed(range(len(self.past))))

    def pins(self) -> tuple[Post, ...]:
        """The notices, newest first."""
        return tuple(post for post in reversed(self._posts.values()) if post.pinned)

    def find(self, post_id: int) -> Post | None:
        """The live post of this document id, ``past`` included."""
        if post_id in self._posts:
            return self._posts[post_id]
        index = self._past_index(post_id)
        return None if index is None else self.past[index]

    def page(self, n: int = 1) -> BoardPage:
        """Page ``n``, from 1 on. *Shape*: ``page_size`` counted rows, fewer on the last page, none beyond it."""
        own = self._counted()
        total = len(own) + len(self.past)
        start = (n - 1) * self.page_size
        positions = range(start, min(start + self.page_size, total))
        counted = [self._line(self._at(own, position), total - position) for position in positions]
        notices = [Line(post, None) for post in self.pins()] if self.skin == "xe" else []
        return BoardPage(n=n, last=max(1, -(-total // self.page_size)), total=total, lines=(*notices, *counted))

    def page_of(self, post_id: int) -> int:
        """The page on which a live post is listed, 1 for an XE notice. Raises KeyError where there is no such post."""
        own = self._counted()
        for position, post in enumerate(own):
            if post.id == post_id:
                return position // self.page_size + 1
        if post_id in self._posts:
            return 1
        index = self._past_index(post_id)
        if index is None:
            raise KeyError(post_id)
        return (len(own) + len(self.past) - 1 - index) // self.page_size + 1

    def afresh(self, *, past: Archive = (), first_id: int = 1) -> "SimulatedBoard":
        """The same board without its posts, going on from ``past`` instead."""
        return replace(self, past=past, first_id=first_id)

    def _counted(self) -> list[Post]:
        """Own posts that take part in numbering and paging, in list order."""
        unpinned = [post for post in reversed(self._posts.values()) if not post.pinned]
        return [*self.pins(), *unpinned] if self.skin == "gnu" else unpinned

    def _at(self, own: list[Post], position: int) -> Post:
        return own[position] if position < len(own) else self.past[len(own) + len(self.past) - 1 - position]

    def _line(self, post: Post, rank: int) -> Line:
        if post.pinned:
            return Line(post, None)
        return Line(post, rank if self.numbering == "rank" else post.id)

    def _past_index(self, post_id: int) -> int | None:
        index = bisect_left(self.past, post_id, key=lambda post: post.id)
        return index if index < len(self.past) and self.past[index].id == post_id else None
