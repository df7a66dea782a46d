"""``python -m benchmarks.boards HOSTS``: any number of virtual boards, in a process of their own.

It prints a port of 127.0.0.1 and the addresses that follow it, as many as HOSTS, and serves until its input ends.

- ``/index.php?mid=b7``: the list of board b7, 44 KB, twenty rows; views, token and times are others at each request.
  A board whose name begins with ``e`` gives an ETag and answers it with 304, any other gives none.
- ``/rss?mid=b7``: the same twenty rows as a feed, with an ETag.
- ``/set?latency=0.1&faults=0.05``: from now on answers take so many seconds, and that share of them goes wrong.
"""

import asyncio
import sys
import zlib
from collections.abc import Iterator
from ipaddress import IPv4Address
from random import Random
from typing import cast
from urllib.parse import parse_qsl, urlsplit

from aggregator.demo import skins
from benchmarks import workload

NAME, VIEWS, TOKEN, AGO = "BOARDNAME", "@views@", "@token@", "@ago@"
ETAG = '"twenty-rows"'
MAIN = "<main"
FIRST = IPv4Address("127.0.0.1")
_GONE_WRONG = (
    b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops",
    b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
    b"",
)


def hosts(count: int) -> list[str]:
    """So many addresses of this machine, each a host of its own to a poller."""
    return [str(FIRST + at) for at in range(count)]


def template() -> str:
    """The page of every board, with marks where it differs from board to board and from request to request."""
    board = workload.board(20, 3, f"{NAME} 게시판")
    view = skins.View(board=board, slug=NAME, origin="", page=board.page(), now=workload.WHEN, current=None)
    moving = f'<form><input type="hidden" name="csrf" value="{TOKEN}"></form><p>{VIEWS}명 접속, {AGO}초 전 갱신</p>'
    page = skins.html(view).replace('<td class="m_no">0</td>', f'<td class="m_no">{VIEWS}</td>')
    return workload.padded(page).replace(MAIN, moving + MAIN, 1)


def feed() -> str:
    """The same rows as the feed that such a board might offer."""
    lines = workload.board(20, 3, f"{NAME} 게시판").page().lines
    items = "".join(
        f"<item><title>{line.post.title}</title><link>http://board.example/index.php?mid={NAME}&amp;document_srl="
        f"{line.post.id}</link><guid>{NAME}-{line.post.id}</guid><author>{line.post.source}</author>"
        f"<pubDate>{line.post.at:%a, %d %b %Y %H:%M:%S} +0000</pubDate></item>"
        for line in lines
    )
    head = f"<title>{NAME}</title><link>http://board.example/index.php?mid={NAME}</link><description>-</description>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{items}</channel></rss>'


class Site:
    """The boards, and how they fare at the moment."""

    def __init__(self) -> None:
        page = template()
        at = page.index("<header")
        self.head, self.parts = page[:at], page[at:].split(VIEWS)
        self.packed_head = zlib.compressobj(1, wbits=31)
        self.packed_start = self.packed_head.compress(self.head.encode())
        self.feed = feed()
        self.latency = self.faults = 0.0
        self.chance = Random(1)  # noqa: S311 - no secret

    def answer(self, head: str) -> bytes:
        """The answer to a request, of which ``head`` is all there is; nothing where the connection is to be cut."""
        where = urlsplit(head.split(" ", 2)[1])
        asked = dict(parse_qsl(where.query))
        if where.path == "/set":
            self.latency = float(asked.get("latency", self.latency))
            self.faults = float(asked.get("faults", self.faults))
            return _sent(b"", "text/plain", "200 OK")
        if where.path == "/robots.txt":
            return _sent(b"", "text/plain", "404 Not Found")
        if self.chance.random() < self.faults:
            return self.chance.choice(_GONE_WRONG)
        name, lower = asked.get("mid", "b"), head.lower()
        tagged = name.startswith("e") or where.path == "/rss"
        if tagged and ETAG in head:
            return f"HTTP/1.1 304 Not Modified\r\nETag: {ETAG}\r\n\r\n".encode()
        packed = "gzip" in lower
        if where.path == "/rss":
            body = self.feed.replace(NAME, name).encode()
            return _sent(body, "application/rss+xml", "200 OK", etag=True)
        return _sent(self._page(name, packed=packed), "text/html; charset=utf-8", "200 OK", etag=tagged, packed=packed)

    def _page(self, name: str, *, packed: bool) -> bytes:
        first, *rest = self.parts
        counts = self.chance.getrandbits(64)
        text = first + "".join(f"{1000 + (counts >> at) % 997}{part}" for at, part in enumerate(rest))
        told = text.replace(NAME, name).replace(TOKEN, f"{counts:016x}").replace(AGO, str(counts % 60)).encode()
        if not packed:
            return self.head.encode() + told
        # What is the same in all pages was packed once.
        packer = self.packed_head.copy()
        return self.packed_start + packer.compress(told) + packer.flush()


def _sent(body: bytes, kind: str, status: str, *, etag: bool = False, packed: bool = False) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", *([f"ETag: {ETAG}"] if etag else [])]
    lines += ["Content-Encoding: gzip"] if packed else []
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


class Connection(asyncio.Protocol):
    """One client, answered one request after the other."""

    def __init__(self, site: Site) -> None:
        """Speak for ``site``."""
        self.site, self.received = site, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one without saying so

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole, after the latency."""
        self.received += data
        for head in self._heads():
            answer = self.site.answer(head)
            asyncio.get_running_loop().call_later(self.site.latency, self._say, answer)

    def _heads(self) -> Iterator[str]:
        *heads, self.received = self.received.split(b"\r\n\r\n")
        return (head.decode("latin-1") for head in heads)

    def _say(self, answer: bytes) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(answer)
        if answer in _GONE_WRONG[1:]:
            self.transport.close()


async def main(count: int) -> None:
    """Serve on so many addresses, all on one port."""
    site, loop = Site(), asyncio.get_running_loop()
    first, *others = hosts(count)
    server = await loop.create_server(lambda: Connection(site), first, 0, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    more = await loop.create_server(lambda: Connection(site), others, port, backlog=64) if others else None
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)
    for each in filter(None, (server, more)):
        each.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=workload.loop_factory()) as runner:
        runner.run(main(int(sys.argv[1])))
