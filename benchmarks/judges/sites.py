"""What is judged: the demo after its first polls, and a store of headlines whose titles try to break feeds."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from urllib.request import urlopen

from aggregator.changes import Changes
from aggregator.model import BoardSpec, Headline, Precision, Topic
from aggregator.normalize.links import canonical_link
from aggregator.normalize.text import clean_text, clean_title
from aggregator.store import Store, boards, headlines, topics
from benchmarks import corpus
from tests.render.samples import hostile_titles

PATIENCE_SECONDS = 60
A_POLL = 2_000
# So many headlines are gone from their board again.
GONE = 8
# One title in so many is hostile.
ONE_IN = 10
BOARDS = ("뉴스", "정부 & 기관", "学校", "<b>Forum</b>", "بوابة", "게시판 \u202e1", "x" * 120, "News")
TOPICS = {
    "medical": ("의대 & 증원", "의대,영수회담"),
    "quoted": ("'따옴표' <i>", "'의대' OR \"조국\""),
    "none": ("없음", "없는낱말"),
}
_PRECISIONS: tuple[Precision | None, ...] = ("minute", "day", None)
_LINKS = (
    "https://a.example/{n}",
    "http://b.example/글?번호={n}&page=2#댓글",
    "https://예시.kr/view/{n}",
    None,
    "https://c.example/a b/{n}?q=<x>&amp=%25zz",
)
_SOURCES = ("랭크뉴스", "<KBS뉴스>", "A & B", None, "  \u200b ", '연합 "뉴스"')


def free_port() -> int:
    """A port that was free a moment ago, and whose successor was too: the demo's boards stand on that."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            try:
                other.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


@contextmanager
def served(folder: Path, *words: str, paused: bool = True) -> Iterator[str]:
    """The root of ``aggregator serve WORDS`` in ``folder``, which may be asked as often as one likes."""
    port = free_port()
    settings = {"SERVER_PORT": str(port), "SERVER_PER_MINUTE": "1000000", "POLLING_PAUSED": str(paused).lower()}
    environ = {**os.environ, **{f"AGGREGATOR_{name}": value for name, value in settings.items()}}
    command = [sys.executable, "-m", "aggregator", "serve", *words]
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=log)  # noqa: S603  ours
    root = f"http://127.0.0.1:{port}"
    try:
        _awaited(f"{root}/readyz", b"ready")
        yield root
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def await_polls(root: str) -> None:
    """Wait until both boards of the demo have headlines."""
    for board in ("demo-news", "demo-forum"):
        _awaited(f"{root}/boards/{board}.json", b'"items":[{')


def _awaited(url: str, sign: bytes) -> None:
    """Ask until the answer has the sign."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        try:
            with urlopen(url, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310  loopback
                if sign in answer.read():
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"{url} did not come to {sign!r}.")


async def fill(folder: Path, rows: int) -> None:
    """Put a store of so many headlines, on eight boards that share some of them, where a server looks for it."""
    now = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    async with await Store.open(f"sqlite:///{folder / 'aggregator.db'}", authority="judged.example", now=now) as store:
        for n, name in enumerate(BOARDS):
            await store.write(boards.add, _board(n, name), now)
        for slug, (title, chosen) in TOPICS.items():
            await store.write(topics.add, Topic(slug=slug, title=title, filter=chosen), now)
        known = await store.read(boards.every)
        made = _headlines(now)
        for poll, start in enumerate(range(0, rows, A_POLL)):
            new = tuple(islice(made, min(A_POLL, rows - start)))
            board, at = known[poll % len(known)], now + timedelta(minutes=poll)
            await store.write(headlines.apply, board, Changes(new=new), at)
        gone = Changes(gone=tuple(range(rows - 5 * GONE, rows, 5)))
        await store.write(headlines.apply, board, gone, at)


def _board(n: int, name: str) -> BoardSpec:
    url = f"https://board{n}.example/목록?게시판={n}&x=1"
    return BoardSpec(
        slug=f"b{n}" if n else "뉴스", name=name, url=url, timezone="Asia/Seoul", every=timedelta(minutes=10)
    )


def _headlines(now: datetime) -> Iterator[Headline]:
    """Headlines without end, as normalizing leaves them: titles, sources, links and dates of every kind."""
    hostile = cycle(clean_title(title) for title in hostile_titles(300))
    for n, plain in enumerate(corpus.titles()):
        template = _LINKS[n % len(_LINKS)] if n % 3 == 0 else _LINKS[0]
        precision = _PRECISIONS[n % len(_PRECISIONS)]
        yield Headline(
            key=str(n),
            title=next(hostile) if n % ONE_IN == 0 else plain,
            number=n if n % 7 else None,
            source=clean_text(_SOURCES[n % len(_SOURCES)], 100),
            published=None if precision is None else now - timedelta(minutes=n % 5_000),
            precision=precision,
            url=None if template is None else canonical_link(template.format(n=n)),
            pinned=n % 997 == 0,
            category="경제" if n % 5 == 0 else None,
        )
