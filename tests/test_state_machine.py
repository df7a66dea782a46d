"""A board posts, edits, deletes and pins; a poller polls, crashes, starts again; nothing is lost or doubled."""

import asyncio
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from aggregator.demo import SimulatedBoard, skins
from aggregator.demo.board import SkinName
from aggregator.filters import parse
from aggregator.look import Answer, answered
from aggregator.model import Board, BoardSpec, Entry, Page
from aggregator.poll import take
from aggregator.reading import read
from aggregator.recipe import Recipe
from aggregator.settings import PollingSettings
from aggregator.store import Selection, Store, Transaction, boards, headlines

START = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
SEOUL = ZoneInfo("Asia/Seoul")
NEWS = BoardSpec(slug="news", name="뉴스", url="http://a.example/", timezone="Asia/Seoul", every=timedelta(minutes=10))


class CrashError(Exception):
    """The end of a process in the middle of a poll."""


class BoardAndPoller(RuleBasedStateMachine):
    """The simulated board on one side, the real line over a real SQLite file on the other."""

    def __init__(self) -> None:
        """Open a store in a folder of its own."""
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.loop = asyncio.Runner()
        self.now = START
        self.listed: dict[int, str] = {}
        self.gone: set[int] = set()
        self.store = self.open()

    def open(self) -> Store:
        """Open the store, as a program that starts does."""
        url = f"sqlite:///{Path(self.folder.name) / 'test.db'}"
        return self.loop.run(Store.open(url, authority="a.example", now=self.now))

    @initialize(
        skin=st.sampled_from(["xe", "gnu"]), numbering=st.sampled_from(["rank", "stable"]), n=st.integers(8, 40)
    )
    def begin(self, skin: SkinName, numbering: str, n: int) -> None:
        """Fill the board and add it."""
        self.board = SimulatedBoard("뉴스", skin=skin, numbering="rank" if numbering == "rank" else "stable")
        self.ids = [self.board.post(f"처음 올린 글 {k}", "연합", self.now - timedelta(days=9)) for k in range(n)]
        self.posted = n
        self.loop.run(self.store.write(boards.add, NEWS, self.now))

    @rule(n=st.integers(1, 15))
    def post(self, n: int) -> None:
        """Post some headlines."""
        for _ in range(n):
            self.posted += 1
            self.ids.append(self.board.post(f"새로 올린 글 {self.posted}", "연합", self.now))

    @rule(which=st.integers(0, 10_000), how=st.sampled_from(["edit", "delete", "pin", "unpin"]))
    @precondition(lambda self: len(self.ids) > 8)
    def change(self, which: int, how: str) -> None:
        """Edit, delete, pin or unpin a post."""
        post = self.ids[which % len(self.ids)]
        match how:
            case "edit":
                self.board.edit(post, f"고친 글 {which} {post}")
            case "delete":
                self.board.delete(post)
                self.gone.add(post)
                self.ids.remove(post)
            case "pin":
                self.board.pin(post)
            case _:
                self.board.unpin(post)

    @rule(minutes=st.integers(1, 600))
    def wait(self, minutes: int) -> None:
        """Let time go by."""
        self.now += timedelta(minutes=minutes)

    @rule()
    def poll(self) -> None:
        """Poll once, to the end."""
        self.loop.run(self.store.write(self._poll, crash=False))
        self.listed |= {line.post.id: line.post.title for line in self.board.page(1).lines}

    @rule()
    def crash_in_a_poll_and_start_again(self) -> None:
        """End in the middle of a poll's transaction, then open the store anew."""
        try:
            self.loop.run(self.store.write(self._poll, crash=True))
        except CrashError:
            self.loop.run(self.store.close())
            self.store = self.open()

    @invariant()
    def every_listed_post_is_served_once_under_its_last_title(self) -> None:
        """What stood on page 1 at a completed poll is served once, by its title then, unless it was deleted."""
        selection = Selection(filter=parse(""), boards=None, n=500, dup="first")
        served = self.loop.run(self.store.read(headlines.select, selection))
        ids = Counter(key(entry) for entry in served)
        assert {post: n for post, n in ids.items() if n != 1} == {}
        assert self.listed.keys() - ids.keys() <= self.gone
        assert {key(entry): entry.title for entry in served}.items() <= self.listed.items()
        assert len({entry.updated for entry in served}) == len(served)

    def teardown(self) -> None:
        """Close everything."""
        self.loop.run(self.store.close())
        self.loop.close()
        self.folder.cleanup()

    def _poll(self, tx: Transaction, *, crash: bool) -> None:
        board = boards.by_slug(tx, NEWS.slug)
        assert isinstance(board, Board)
        take(tx, board, self._look(board.recipe), self.now, self.now, PollingSettings())
        if crash:
            raise CrashError

    def _look(self, recipe: Recipe | None) -> Answer:
        page = self.board.page(1)
        view = skins.View(
            board=self.board, slug="news", origin="http://a.example", page=page, now=self.now, current=None
        )
        body = skins.html(view).encode()
        fetched = Page(url="http://a.example/", status=200, content_type="text/html", body=body)
        return answered(fetched, read(fetched, url=fetched.url, now=self.now, zone=SEOUL, recipe=recipe))


def key(entry: Entry) -> int:
    """Return the document id at the end of an entry's guid."""
    return int(entry.guid.rpartition("/")[2])


TestBoardAndPoller = BoardAndPoller.TestCase
# An example is fifty steps, each with a transaction in a file: a quarter of a plain property's examples is plenty.
TestBoardAndPoller.settings = settings(max_examples=settings().max_examples // 4)
