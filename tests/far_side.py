"""The far side of the network for tests of walks: a simulated board that changes and fails between two requests."""

import re
from datetime import datetime
from typing import TYPE_CHECKING

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

    ``meanwhile`` happens before the request of its number in a poll, ``failing`` requests get no answer. Without
    ``numbered`` the rows print no number; ``tags`` answers with validators.
    """

    def __init__(self, board: SimulatedBoard, *, numbered: bool = True, tags: bool = False) -> None:
        """Stand in for ``board``."""
        self.board, self.numbered, self.tags = board, numbered, tags
        self.meanwhile: dict[int, Callable[[], None]] = {}
        self.failing: set[int] = set()
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
        found = re.search(r"page=(\d+)", url)
        page = self.board.page(int(found[1]) if found else 1)
        if page.n == 1:
            self.first = page
        reading = self._reading(page)
        etag = f'"{hash(reading.headlines)}"' if self.tags else None
        if etag is not None and validators.etag == etag:
            return Answer(page=NotModified(url=url, validators=validators))
        body = b"x" * 1000
        fetched = Page(url=url, status=200, content_type=None, body=body, validators=Validators(etag=etag))
        return Answer(page=fetched, reading=reading)

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
            next_page=f"{URL}&page={page.n + 1}" if page.n < page.last else None,
            list_url=None,
            faults=(),
        )


def posted(board: SimulatedBoard, n: int, at: datetime) -> list[int]:
    """Put ``n`` new posts on top of a board; their ids, oldest first."""
    return [board.post(f"새 글 {at:%H%M} {k} {len(list(board.live()))}", "연합", at) for k in range(n)]
