"""What a skin is given to draw, and the words it draws with."""

from collections.abc import Mapping
from datetime import date, datetime
from html import escape

from msgspec import Struct

from aggregator.demo.address import ADDRESSES
from aggregator.demo.board import BoardPage, Language, Line, Post, SimulatedBoard

PAGES_LISTED = 10


class Labels(Struct, frozen=True, kw_only=True):
    """The words of a board's furniture in one language."""

    number: str
    title: str
    source: str
    date: str
    views: str
    notice: str
    reading: str
    comments: str
    new: str
    empty: str
    first: str
    last: str
    next: str
    back: str
    skip: str
    search: str
    login: str


LABELS: Mapping[Language, Labels] = {
    "ko": Labels(
        number="번호",
        title="제목",
        source="글쓴이",
        date="날짜",
        views="조회 수",
        notice="공지",
        reading="열람중",
        comments="댓글",
        new="새글",
        empty="게시물이 없습니다.",
        first="첫 페이지",
        last="끝 페이지",
        next="다음",
        back="목록",
        skip="본문 바로가기",
        search="검색",
        login="로그인",
    ),
    "en": Labels(
        number="No.",
        title="Title",
        source="Author",
        date="Date",
        views="Views",
        notice="Notice",
        reading="Reading",
        comments="comments",
        new="new post",
        empty="There are no posts.",
        first="First page",
        last="Last page",
        next="Next",
        back="List",
        skip="Skip to content",
        search="Search",
        login="Log in",
    ),
}


class View(Struct, frozen=True, kw_only=True):
    """One page to draw: a board at ``slug`` under ``origin``, at ``now``; ``current`` is the article being read."""

    board: SimulatedBoard
    slug: str
    origin: str
    page: BoardPage
    now: datetime
    current: Post | None = None

    @property
    def labels(self) -> Labels:
        """The words of the board's language."""
        return LABELS[self.board.language]

    @property
    def title(self) -> str:
        """What stands in the window's title, escaped."""
        return escape(self.current.title if self.current else self.board.name)

    @property
    def charset_meta(self) -> str:
        """The meta element that names the charset as such boards name it, or nothing."""
        if not self.board.labelled:
            return ""
        return '<meta charset="utf-8">\n' if self.board.charset == "utf-8" else '<meta charset="euc-kr">\n'

    def listing(self, page: int = 1) -> str:
        """Root-relative URL of a page of this board's list, escaped for an attribute."""
        return escape(ADDRESSES[self.board.skin].listing(self.slug, page))

    def article(self, post: Post, page: int = 1) -> str:
        """Root-relative URL of an article as linked from ``page``, escaped for an attribute."""
        return escape(ADDRESSES[self.board.skin].article(self.slug, post.id, page))

    def is_current(self, line: Line) -> bool:
        """Whether this line is the article being read; a notice goes on saying that it is one."""
        return self.current is not None and line.post.id == self.current.id and not line.post.pinned

    def local(self, at: datetime) -> datetime:
        """The same moment on the board's wall clock."""
        return at.astimezone(self.board.zone)

    @property
    def today(self) -> date:
        """The board's date at ``now``."""
        return self.local(self.now).date()
