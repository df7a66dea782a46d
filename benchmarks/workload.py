"""What is measured on: a list page of 44 KB with twenty rows, and a hundred entries."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module

from feedgen.feed import FeedGenerator

from aggregator.demo import SimulatedBoard, skins
from aggregator.demo.board import Post
from aggregator.model import Entry, Feed

WHEN = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
PAGE_BYTES = 44_000
URL = "http://board.example/index.php?mid=news"


def page(rows: int = 20) -> str:
    """Return an XE-like list page of at least 44 KB, padded with the menus and scripts that real pages have."""
    return _html(board(rows, 3), 2, "http://board.example")


def pages(count: int, rows: int = 20) -> list[bytes]:
    """Return all pages of such a board of ``count`` pages, with links that hold on any host."""
    long = board(rows, count)
    return [_html(long, n, "").encode() for n in range(1, count + 1)]


def growing(rounds: int, rows: int = 20) -> list[str]:
    """Return the first page of a board as it is in each of so many rounds, with one post more each time."""
    return [_html(board(rows + n, 1, size=rows), 1, "") for n in range(rounds)]


def title(n: int, rows: int = 20) -> str:
    """What the newest post of a growing board is called in round ``n``."""
    return _title(rows + n - 1)


def _title(n: int) -> str:
    return f"미국 빅테크 기업들 일본에 대규모 투자 {n}번째 소식"


def board(rows: int, count: int, name: str = "", size: int | None = None) -> SimulatedBoard:
    """Return a board of ``count`` pages of so many ``rows``; its titles begin with its ``name``."""
    posts = (
        Post(
            id=n + 1,
            title=f"{name} {_title(n)}".strip(),
            source="랭크뉴스",
            at=WHEN + timedelta(minutes=n - rows * count),
            comments=n % 5,
        )
        for n in range(rows * count)
    )
    return SimulatedBoard("뉴스", page_size=size or rows, past=tuple(posts))


def _html(long: SimulatedBoard, n: int, origin: str) -> str:
    view = skins.View(board=long, slug="news", origin=origin, page=long.page(n), now=WHEN, current=None)
    return padded(skins.html(view))


def padded(html: str) -> str:
    """Return the page with menus and scripts before its list until it has 44 KB."""
    link = '<li class="menu"><a href="/page/about?menu=7" class="link">안내</a><span>|</span></li>\n'
    menus = "<ul>" + link * 12 + "</ul>\n"
    script = "<script>var settings = {" + ", ".join(f'"key{n}": "value{n}"' for n in range(80)) + "};</script>\n"
    padding = ""
    while len((html + padding).encode()) < PAGE_BYTES:
        padding += menus + script
    return html.replace("<body>", "<body>" + padding, 1)


def feed(count: int = 100) -> Feed:
    """Return a feed of ``count`` entries."""
    entries = tuple(
        Entry(
            guid=f"tag:a.example,2026:1/{n}",
            arrival=n,
            board="news",
            board_name="뉴스",
            board_url=URL,
            title=_title(n),
            updated=WHEN + timedelta(seconds=n),
            first_seen=WHEN,
            number=n,
            source="랭크뉴스",
            published=WHEN + timedelta(seconds=n),
            precision="day",
            url=f"{URL}&document_srl={n}",
        )
        for n in range(count, 0, -1)
    )
    return Feed(
        id="tag:a.example,2026:feed/all",
        title="모든 헤드라인",
        subtitle="",
        page_url="http://a.example/",
        feed_urls={form: f"http://a.example/feed.{form}" for form in ("rss", "atom", "json")},
        updated=WHEN + timedelta(seconds=count),
        entries=entries,
    )


def by_feedgen(feed: Feed) -> bytes:
    """Return the feed as Atom, by feedgen as it comes."""
    generator = FeedGenerator()
    generator.id(feed.id)
    generator.title(feed.title)
    generator.updated(feed.updated)
    for entry in feed.entries:
        one = generator.add_entry(order="append")
        one.id(entry.guid)
        one.title(entry.title)
        one.link(href=entry.url)
        one.updated(entry.updated)
    atom: bytes = generator.atom_str()
    return atom


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """Return what makes the loop that the program itself runs on: uvloop's."""
    factory: Callable[[], asyncio.AbstractEventLoop] = import_module("uvloop").new_event_loop
    return factory
