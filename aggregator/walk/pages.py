"""The pages of one walk: each is read when it is first asked for, within the budget, and looked up in the store."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from aggregator import listing
from aggregator.coverage import End, Refusal, Run, Sight, adjoin, standing, steady
from aggregator.errors import TryLaterError
from aggregator.look import Answer, Clock
from aggregator.model import Board, NotModified, Page, Validators
from aggregator.reading import may_go_on, read
from aggregator.store import Store, polls
from aggregator.walk.meeting import Met, meet

if TYPE_CHECKING:
    from aggregator.changes import Known

SECOND = 2
END = b"</html"
NEAR_END = 1_000
HOUR = timedelta(hours=1)
Visit = Callable[[str, Validators], Awaitable[Answer]]


class Budget(Struct, frozen=True, kw_only=True):
    """The most that one poll of a board may read: pages, bytes after decompression, and time.

    ``host_pages`` are what all boards of its host together may be asked for within an HOUR, their first pages aside.
    """

    pages: int = 10
    bytes: int = 20_000_000
    seconds: timedelta = timedelta(minutes=1)
    host_pages: int = 1_000


class Pages:
    """What a walk has read so far, and what the store knows of it.

    ``stopped`` says why the last page could not be read; None where there is none. ``lost`` are stored headlines that
    ought to have been met; ``refused`` says by gap why its pages could not be had, ``aims`` on which page it was looked
    for; ``urls`` has where pages stood that no number leads to; ``doubts`` are pages that join the one above unless a
    post hid a deletion.
    """

    def __init__(
        self, board: Board, answer: Answer, met: Met, visit: Visit, store: Store, clock: Clock, budget: Budget
    ) -> None:
        """Begin with the list's first page."""
        self.board, self.answer, self.met = board, answer, met
        self.visit, self.store, self.clock, self.budget = visit, store, clock, budget
        self.numbering = answer.reading.numbering if answer.reading is not None else board.numbering
        self.sights = {1: sighted(1, answer)}
        self.answers = {1: answer}
        self.requests, self.bytes, self.begun, self.most = 1, 0, clock(), budget.pages
        self.closed = closes(answer)
        self.faults: list[str] = []
        self.stopped: str | None = None
        self.passing = False
        self.pattern = board.pager if isinstance(answer.page, NotModified) else None
        self.lost: list[Known] = []
        self.refused: dict[int, Refusal] = {}
        self.aims: dict[int, int] = {}
        self.urls: dict[int, str] = {}
        self.doubts: list[Sight] = []
        self._ends: dict[int, int] = {}

    @property
    def spent(self) -> bool:
        """Whether the budget is."""
        over = self.requests >= self.most or self.bytes >= self.budget.bytes
        return over or self.clock() - self.begun >= self.budget.seconds

    @property
    def size(self) -> int:
        """Rows a page, as far as was seen."""
        return max(1, *(len(sight.own) for sight in self.sights.values()))

    async def stayed(self) -> bool:
        """Whether the first page is as it was when the walk began, so that no new post can have hidden a deletion."""
        first = self.sights[1].keys
        self.most = self.requests + 1
        again = await self.read(1)
        return again is not None and again.keys == first

    async def again(self) -> tuple[frozenset[str], bool]:
        """The notices on the first page now, and whether ranks are what they were when the walk began.

        A post that was pinned meanwhile left its place, and is there.
        """
        self.most, first = self.requests + 1, self.sights[1]
        now = await self.read(1)
        if now is None:
            return frozenset(), False
        return frozenset(row.key for row in now.headlines if row.pinned), steady(first, now)

    def halving(self, rows: int) -> None:
        """Let what follows take the requests that find one row among so many, even if the budget is smaller."""
        self.most = max(self.most, self.requests + 4 + 2 * (rows // self.size).bit_length())

    @property
    def refusal(self) -> Refusal | None:
        """Why the last page could not be had; None where it was, where there is none, and where the budget is spent."""
        return Refusal(self.stopped, self.passing) if self.stopped else None

    def is_last(self, sight: Sight) -> bool:
        """Whether the oldest post stands on the page: its rank is 1."""
        return self.numbering == "rank" and bool(sight.own) and sight.own[-1].number == 1

    def further(self) -> bool:
        """Whether the first page, which was just read or has not changed since, is not the list's only one."""
        return len(self.sights) > 1 or isinstance(self.answer.page, NotModified) or self._url(2) is not None

    def counts(self) -> bool:
        """Whether a number in their URLs leads to every page."""
        self._url(SECOND)
        return bool(self.pattern)

    def _url(self, page: int) -> str | None:
        """Where a page stands: as the pager counts, else as the page before it says."""
        if page == 1:
            return self.board.url
        if self.pattern is None:
            self.pattern = listing.pages(self._following(), self._here(), len(self.sights[1].own))
        if self.pattern:
            return listing.paged(self.pattern, page)
        before = self.sights.get(page - 1)
        return before.next_page if before is not None else self.urls.get(page)

    def _here(self) -> str:
        page = self.answer.page
        return page.url if page is not None else self.board.url

    def _following(self) -> str | None:
        """The first page's link to the next, which a recipe may not have learnt."""
        page, first = self.answer.page, self.sights[1]
        if first.next_page is not None or not isinstance(page, Page):
            return first.next_page
        if self.answer.reading is not None and not may_go_on(page, self.answer.reading):
            return None
        again = read(page, url=page.url, now=self.begun, zone=self.board.zone)
        self.sights[1] = structs.replace(first, next_page=again.next_page)
        return again.next_page

    async def below(self, upper: Sight, page: int) -> Sight | None:
        """A page below another, as it was read since that one was, or as it is now; so where it was not there."""
        if self._ends.get(page, 0) > upper.turn:
            self.stopped = None
            return None
        there = self.sights.get(page)
        fresh = there is not None and (self.numbering != "rank" or there.turn >= upper.turn)
        return there if fresh else await self.read(page)

    async def read(self, page: int) -> Sight | None:
        """A page as it is now; None where there is none, with ``stopped`` saying why unless the list has ended."""
        self.stopped, self.passing = None, False
        if self.requests == 1:
            await self._share()
        if self.spent:
            self.stopped = ""
            return None
        if (url := self._url(page)) is None:
            # A first page that links no other is not the whole list, unless its last row is the first post.
            ended = page > SECOND and page - 1 in self.sights and self.numbering != "rank"
            self.stopped = None if ended else "the list links no further page"
            return None
        before = self.answers.get(page)
        known = before.page.validators if before is not None and before.page is not None else Validators()
        self.requests += 1
        answer = await self.visit(url, known)
        if isinstance(answer.page, NotModified):
            self.sights[page] = structs.replace(self.sights[page], turn=self.requests)
            return self.sights[page]
        return await self._taken(page, answer)

    async def _share(self) -> None:
        """Ask for no more than the host's other boards have left of this hour."""
        spent = await self.store.read(polls.further_pages, self.board.id, self.begun - HOUR)
        self.most = min(self.most, self.requests + max(0, self.budget.host_pages - spent))

    async def _taken(self, page: int, answer: Answer) -> Sight | None:
        found = answer.reading
        if isinstance(answer.page, Page):
            self.bytes += len(answer.page.body)
        if found is None or not found.headlines or found.relearnt:
            if found is None or found.absence != "empty":
                self.stopped = f"page {page}: {answer.error or 'its layout is another one'}"
                self.passing = isinstance(answer.error, TryLaterError)
                self.faults.append(self.stopped)
            else:
                self._ends[page] = self.requests
            return None
        if self.closed and not closes(answer):
            # A body whose length nobody stated: what is missing of it looks like the list's end.
            self.stopped, self.passing = f"page {page} breaks off", True
            self.faults.append(self.stopped)
            return None
        self.closed = closes(answer)
        met = await self.store.read(meet, self.board, answer, deeper=True)
        if met.verdict.rekeyed or met.answer.error is not None:
            self.stopped = f"page {page} links other documents"
            self.faults.append(self.stopped)
            return None
        self.met = self.met.and_also(met)
        self.answers[page] = answer
        self.sights[page] = structs.replace(sighted(page, answer), turn=self.requests)
        return self.sights[page]

    def with_all(self, runs: Sequence[Run], *, still: bool) -> list[Run]:
        """The ``runs`` and what else was read on the way, in as few as they are where it is sure that they join.

        A deletion since a lower page was read lowers the ranks above it: unless they stood ``still`` they may count on
        over what is left out.
        """
        among = {key for run in runs for sight in run.sights for key in sight.keys}
        others = [self._alone(sight) for sight in self.sights.values() if not among.issuperset(sight.keys)]
        made, *lower = [runs[0], *sorted([*runs[1:], *others], key=lambda run: run.sights[0].page)]
        joined = [made]
        for run in lower:
            upper = joined[-1]
            last, following = upper.sights[-1], run.sights[0]
            ordered = still or last.turn <= following.turn
            if ordered and last.page + 1 == following.page and adjoin(last, following, self.numbering):
                joined[-1] = structs.replace(run, sights=(*upper.sights, *run.sights), top=upper.top)
            else:
                joined.append(run)
        return joined

    def _alone(self, sight: Sight) -> Run:
        """A page that was read by itself."""
        kept = standing(sight.own, self.met.known)
        below: End = "reached" if kept and kept[-1].at == len(sight.own) - 1 else "broke"
        return Run(sights=(sight,), end="ended" if self.is_last(sight) else below)


def closes(answer: Answer) -> bool:
    """Whether the page's markup is closed at its end."""
    return isinstance(answer.page, Page) and END in answer.page.body[-NEAR_END:].lower()


def sighted(page: int, answer: Answer) -> Sight:
    """What a page shows, as the list's page so-and-so."""
    found = answer.reading
    return Sight(
        page=page,
        headlines=found.headlines if found else (),
        url=answer.page.url if answer.page is not None and page > 1 else None,
        next_page=found.next_page if found else None,
    )
