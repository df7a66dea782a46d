"""A board posts, edits, deletes, pins, fails; a poller walks, is killed, starts again; nothing is lost or doubled."""

import asyncio
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import Engine, event

from aggregator.demo import SimulatedBoard
from aggregator.demo.board import SkinName
from aggregator.ledger import unheld
from aggregator.model import Board, BoardSpec, Numbering, Poll
from aggregator.poll import commit
from aggregator.settings import PollingSettings
from aggregator.store import Store, Transaction, boards, gaps, ledgers
from aggregator.store.tables import headlines
from aggregator.walk import Budget, walk
from tests.far_side import URL, FarSide, posted
from tests.walking import born

if TYPE_CHECKING:
    from aggregator.gaps import Gap

START = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
EVERY = timedelta(minutes=10)
NEWS = BoardSpec(slug="news", name="뉴스", url=URL, timezone="Asia/Seoul", every=EVERY)
ROW = tuple(headlines.c[name] for name in ("listed", "title", "place", "pinned", "deleted_at"))
QUIET = 120
WITHIN = 3
STEPS = 20 if settings().max_examples < 200 else 30
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
CHANGES = st.tuples(st.sampled_from(["post", "edit", "delete", "delete", "pin", "unpin"]), st.integers(0, 10_000))


class KilledError(Exception):
    """The end of a process."""


class BoardAndPoller(RuleBasedStateMachine):
    """The simulated board on one side, the real line from walk to store over a real SQLite file on the other."""

    numbering: Numbering

    def __init__(self) -> None:
        """Open a store in a folder of its own."""
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self.file = Path(self.folder.name) / "test.db"
        self.file.write_bytes(born())
        self.loop = asyncio.Runner()
        self.now = START
        self.owed: set[int] = set()
        self.met = False
        self.store = self.open()

    def open(self) -> Store:
        """Open the store, as a program that starts does."""
        return self.loop.run(Store.open(f"sqlite:///{self.file}", authority="a.example", now=self.now))

    @initialize(
        skin=st.sampled_from(["xe", "gnu"]),
        n=st.integers(1, 90),
        size=st.integers(4, 20),
        backfill=st.sampled_from(["none", "all"]),
        budget=st.integers(4, 12),
        tags=st.booleans(),
    )
    def begin(self, skin: SkinName, n: int, size: int, backfill: str, budget: int, *, tags: bool) -> None:
        """Fill the board and add it."""
        counts = "rank" if self.numbering == "rank" else "stable"
        self.board = SimulatedBoard("뉴스", skin=skin, numbering=counts, page_size=size)  # type: ignore[arg-type]
        self.far = FarSide(self.board, numbered=self.numbering != "none", tags=tags)
        self.all, self.budget = backfill == "all", budget
        posted(self.board, n, self.now - timedelta(days=9))
        spec = BoardSpec(**{**{f: getattr(NEWS, f) for f in NEWS.__struct_fields__}, "backfill": backfill})
        self.loop.run(self.store.write(boards.add, spec, self.now))

    # The board

    @rule(n=st.integers(1, 60))
    def post(self, n: int) -> None:
        """Post some headlines."""
        new = posted(self.board, n, self.now)
        if self.met:
            self.owed |= set(new)

    @rule(change=CHANGES)
    def change(self, change: tuple[str, int]) -> None:
        """Edit, delete, pin or unpin a post."""
        self._changed(*change)

    @rule(size=st.integers(4, 25))
    def resize(self, size: int) -> None:
        """Let the board show more or fewer rows a page."""
        self.board.page_size = size

    @rule(minutes=st.integers(1, 600))
    def wait(self, minutes: int) -> None:
        """Let time go by."""
        self.now += timedelta(minutes=minutes)

    # The poller

    @rule(
        meanwhile=st.dictionaries(st.integers(2, 8), CHANGES, max_size=2),
        failing=st.sets(st.integers(1, 9), max_size=1),
        cut=st.sets(st.integers(2, 9), max_size=1),
    )
    def poll(self, meanwhile: dict[int, tuple[str, int]], failing: set[int], cut: set[int]) -> None:
        """Poll once, to the end, while the board changes and fails between the requests."""

        def happening(how: str, which: int) -> Callable[[], None]:
            return lambda: self._changed(how, which)

        self.far.meanwhile = {request: happening(*change) for request, change in meanwhile.items()}
        self.far.failing, self.far.cut = failing, cut
        self._poll()

    @rule(statement=st.integers(1, 30))
    def killed(self, statement: int) -> None:
        """Be killed before a statement of a poll, then start again."""
        left = statement

        def count(*_: Any) -> None:  # noqa: ANN401 - the event's six arguments are the driver's
            nonlocal left
            left -= 1
            if not left:
                raise KilledError

        event.listen(Engine, "before_cursor_execute", count)
        try:
            self._poll()
        except KilledError:
            pass
        finally:
            event.remove(Engine, "before_cursor_execute", count)
        self.loop.run(self.store.close())
        self.store = self.open()

    @rule()
    @precondition(lambda self: self.met)
    def settle(self) -> None:
        """Leave the board alone until the poller has nothing left to look for: now both are equal."""
        unspent = 0
        for _ in range(QUIET):
            unspent += self._poll().pages < self.budget
            if unspent == WITHIN and self.numbering == "rank":
                assert self._without_tombstone() == set(), f"no tombstone within {WITHIN} polls"
            board = self._board()
            if not board.unfinished and not board.unsettled:
                break
        else:
            open_gaps: list[Gap] = self.loop.run(self.store.read(gaps.still_open, 1))
            msg = f"still unfinished: {open_gaps}"
            raise AssertionError(msg)
        for _ in range(3):
            self._poll()
        self._equal()

    def teardown(self) -> None:
        """Settle, and close everything."""
        try:
            if self.met:
                self.settle()
        finally:
            self.loop.run(self.store.close())
            self.loop.close()
            self.folder.cleanup()

    # What holds

    def _claims_truly(self) -> None:
        """Compare the ledger's claim with the board as it is."""
        board = self._board()
        claim = self.loop.run(self.store.read(ledgers.audit, board)).claim
        if claim is None:
            return
        held: frozenset[str] = self.loop.run(self.store.read(ledgers.stretch, board, claim))
        pages = [self.board.page(n + 1) for n in range(self.board.page(1).last)]
        lines = [line for page in pages for line in page.lines if line.number is not None]
        listed = [(str(line.post.id), line.number if self.numbering != "none" else None) for line in lines]
        assert unheld(claim, listed, held) == [], f"not true: {claim}"
        assert held <= {key for key, _ in listed} or self.numbering != "rank", f"gone, and claimed: {claim}"

    def _equal(self) -> None:
        self._claims_truly()
        rows = self._rows()
        live = {post.id: post for post in self.board.live()}
        owed = set(live) if self.all else self.owed & set(live)
        assert owed - set(rows) == set(), "lost"
        assert {post for post in live if post in rows and rows[post].deleted_at is not None} == set(), "wrong tombstone"
        assert self._without_tombstone() == set(), "no tombstone"
        listed = [line.post for line in self.board.page(1).lines]
        assert {post.id: rows[post.id].title for post in listed} == {post.id: post.title for post in listed}

    def _without_tombstone(self) -> set[int]:
        """The stored posts that are gone and of which the poller can know it: by ranks all that stood in the list."""
        rows = self._rows()
        live = {post.id for post in self.board.live()}
        dead = {post for post, row in rows.items() if row.deleted_at is None} - live
        if self.numbering == "rank":
            return {post for post in dead if rows[post].place is not None or rows[post].pinned}
        first = [rows[line.post.id].place for line in self.board.page(1).lines if line.number is not None]
        inside = [post for post in dead if rows[post].place is not None and not rows[post].pinned]
        return {post for post in inside if first and min(first) < rows[post].place < max(first)}

    # How

    def _changed(self, how: str, which: int) -> None:
        posts = [post.id for post in self.board.live()]
        if how == "post":
            return self.post(which % 5 + 1)
        if len(posts) < 2:
            return None
        post = posts[which % min(len(posts), 60)]
        if how == "edit":
            self.board.edit(post, f"고친 글 {which} {post}")
        elif how == "delete":
            self.board.delete(post)
        elif how == "pin":
            self.board.pin(post)
        else:
            self.board.unpin(post)
        return None

    def _poll(self) -> Poll:
        self.now += EVERY
        self.far.begin()
        quiet = not self.far.meanwhile and not self.far.cut
        try:
            record = self.loop.run(self._walk())
            if quiet and record.error is None:
                self._claims_truly()
            return record
        finally:
            self.far.failing, self.far.cut, self.far.meanwhile = set(), set(), {}

    async def _walk(self) -> Poll:
        board = await self.store.read(boards.by_slug, NEWS.slug)
        assert isinstance(board, Board)
        answer = await self.far.visit(board.url, board.asking)
        seen = await walk(
            board,
            answer,
            visit=self.far.visit,
            store=self.store,
            clock=lambda: self.now,
            budget=Budget(pages=self.budget),
        )
        before = {post.id for post in self.board.live()}
        record: Poll = await self.store.write(commit, board, seen, self.now, self.now, PollingSettings())
        if record.error is None and not self.met and self.far.first is not None:
            self.met = True
            first = max((line.post.id for line in self.far.first.lines), default=0)
            self.owed = {line.post.id for line in self.far.first.lines} | {post for post in before if post > first}
        return record

    def _board(self) -> Board:
        board = self.loop.run(self.store.read(boards.by_slug, NEWS.slug))
        assert isinstance(board, Board)
        return board

    def _rows(self) -> dict[int, Any]:
        def stored(tx: Transaction) -> dict[int, Any]:
            return {int(row.listed): row for row in tx.execute(sa.select(*ROW))}

        return self.loop.run(self.store.read(stored))


class Ranks(BoardAndPoller):
    """A board that counts its posts from the oldest."""

    numbering = "rank"


class Ids(BoardAndPoller):
    """A board that prints document ids."""

    numbering = "stable"


class NoNumbers(BoardAndPoller):
    """A board that prints no numbers."""

    numbering = "none"


LIVES = max(200, settings().max_examples)
TestRanks, TestIds, TestNoNumbers = Ranks.TestCase, Ids.TestCase, NoNumbers.TestCase
TestRanks.settings = settings(max_examples=LIVES // 2, stateful_step_count=STEPS)
TestIds.settings = TestNoNumbers.settings = settings(max_examples=LIVES // 4, stateful_step_count=STEPS)
