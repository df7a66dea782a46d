"""The far side of the network for tests of walks: a simulated board that changes and fails between two requests."""

import re
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from aggregator.demo import SimulatedBoard
from aggregator.demo.board import BoardPage
from aggregator.errors import TryLaterError
from aggregator.look import Answer
from aggregator.model import Headline, NotModified, Page, Validators
from aggregator.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Callable

URL = "http://a.example/list?id=news"


class FarSide:
    """A board as the poller meets it: one page a request, as it stands at that moment.

    ``meanwhile`` happens before the request of its number in a poll, ``failing`` requests get no answer, ``cut`` ones
    half a page. Without ``numbered`` the rows print no number; ``tags`` answers with validators. Without ``counting`` a
    page's URL says below which post it begins, not which page it is.
    """

    def __init__(
        self, board: SimulatedBoard, *, numbered: bool = True, tags: bool = False, counting: bool = True
    ) -> None:
        """Stand in for ``board``."""
        self.board, self.numbered, self.tags, self.counting = board, numbered, tags, counting
        self.meanwhile: dict[int, Callable[[], None]] = {}
        self.failing: set[int] = set()
        self.cut: set[int] = set()
        self.requests = 0
        self.first: BoardPage | None = None

    def begin(self) -> None:
        """Count a poll's requests from here."""
        self.requests, self.first = 0, None

    async def visit(self, url: str, validators: Validators) -> Answer:
        """Answer one request."""
        self.requests += 1
        if self.requests in self.meanwhile:
            self.meanwhile.pop(self.requests)()
        if self.requests in self.failing:
            return Answer(error=TryLaterError("no answer", stage="fetch", url=url))
        page = self._page(url)
        if page.n == 1:
            self.first = page
        reading, body = self._reading(page), b"x" * 1000 + b"</html>"
        if self.requests in self.cut:
            half = reading.headlines[: len(reading.headlines) // 2]
            reading, body = replace(reading, headlines=half, next_page=None), body[:500]
        etag = f'"{hash(reading.headlines)}"' if self.tags else None
        if etag is not None and validators.etag == etag:
            return Answer(page=NotModified(url=url, validators=validators))
        fetched = Page(url=url, status=200, content_type=None, body=body, validators=Validators(etag=etag))
        return Answer(page=fetched, reading=reading)

    def _page(self, url: str) -> BoardPage:
        if (below := re.search(r"below=(\d+)", url)) is None:
            found = re.search(r"page=(\d+)", url)
            return self.board.page(int(found[1]) if found else 1)
        pages = [self.board.page(n + 1) for n in range(self.board.page(1).last)]
        notices = [line for line in self.board.page(2).lines if line.number is None]
        rows = [line for page in pages for line in page.lines if line.number and line.post.id < int(below[1])]
        lines = (*notices, *rows[: self.board.page_size])
        return replace(pages[0], n=2, last=3 if len(rows) > self.board.page_size else 2, lines=lines)

    def _next(self, page: BoardPage) -> str:
        if self.counting:
            return f"{URL}&page={page.n + 1}"
        rows = [line.post.id for line in page.lines if line.number]
        return f"{URL}&below={rows[-1] if rows else 10**9}"

    def _reading(self, page: BoardPage) -> Reading:
        rows = tuple(
            Headline(
                key=str(line.post.id),
                title=line.post.title,
                url=f"http://a.example/{line.post.id}",
                number=line.number if self.numbered else None,
                pinned=line.number is None,
                published=line.post.at,
            )
            for line in page.lines
        )
        return Reading(
            headlines=rows,
            absence=None if rows else "empty",
            charset="utf-8",
            confidence=1,
            numbering=self.board.numbering if self.numbered else "none",
            next_page=self._next(page) if page.n < page.last else None,
            list_url=None,
            faults=(),
        )


def posted(board: SimulatedBoard, n: int, at: datetime) -> list[int]:
    """Put ``n`` new posts on top of a board; their ids, oldest first."""
    return [board.post(f"새 글 {at:%H%M} {k} {len(list(board.live()))}", "연합", at) for k in range(n)]
