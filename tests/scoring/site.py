"""A site of list pages that logs every request with its answer: what the rules are applied to."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from aiohttp import hdrs, web
from msgspec import Struct, structs

from tests.scoring.rules import Asked


class Visit(Struct, frozen=True, kw_only=True):
    """What a page knows when it answers: which visit of it this is, counted from 1, when, and with what headers."""

    n: int
    now: datetime
    headers: dict[str, str]
    url: str


class Reply(Struct, frozen=True, kw_only=True):
    """An answer; header names in lower case. With a barrier it is held back until enough others wait there."""

    status: int = 200
    headers: dict[str, str] = {}
    text: str = ""
    barrier: asyncio.Barrier | None = None


Script = Callable[[Visit], Reply]


def rows(n: int, without: int = 0) -> str:
    """A numbered listing of ten rows whose newest is number ``n``; the row ``without`` has been deleted."""
    lines = "".join(
        f"<tr><td>{k}</td><td><a href='/doc?id={k}'>{k}번째 소식이 전하는 이야기</a></td><td>연합</td>"
        f"<td>2026.03.{1 + k % 28:02}</td></tr>"
        for k in range(n, max(n - 10, 0), -1)
        if k != without
    )
    return f"<table><tr><th>번호</th><th>제목</th><th>글쓴이</th><th>날짜</th></tr>{lines}</table>"


class ScoringSite:
    """The pages by host and path, and the log of whoever asks; any name leads to it, 404 is what is not there."""

    def __init__(self, clock: Callable[[], datetime], host: str = "a.example") -> None:
        """Serve by ``clock``, which also dates the log; ``host`` is the name that URLs have."""
        self.clock = clock
        self.host = host
        self._more = asyncio.Event()
        self.pages: dict[str, Script] = {}
        self.log: list[Asked] = []
        self.port = 0
        self._visits: dict[str, int] = defaultdict(int)
        self._under_way: dict[str, int] = defaultdict(int)

    def url(self, path: str, host: str = "") -> str:
        """The URL of a path, under another name than the site's own if one is given."""
        return f"http://{host or self.host}:{self.port}{path}"

    async def asked(self, n: int) -> None:
        """Wait until ``n`` requests have been logged."""
        while len(self.log) < n:
            self._more.clear()
            await self._more.wait()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Listen on loopback until left."""
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self.port).start()
            self.port = runner.addresses[0][1]
            yield
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        host = request.host
        self._under_way[host] += 1
        try:
            asked = self._asked(request)
            self.log.append(asked)
            self._more.set()
            reply = self._reply(request.path, asked)
            asked.status, asked.said, asked.text = reply.status, reply.headers, reply.text
            if reply.barrier is not None:
                await reply.barrier.wait()
            now = self.clock().strftime("%a, %d %b %Y %H:%M:%S GMT")
            headers = {hdrs.CONTENT_TYPE: "text/html; charset=utf-8", hdrs.DATE: now, **reply.headers}
            return web.Response(status=reply.status, text=None if reply.status == 304 else reply.text, headers=headers)
        finally:
            self._under_way[host] -= 1

    def _asked(self, request: web.Request) -> Asked:
        return Asked(
            at=self.clock(),
            method=request.method,
            url=f"http://{request.host}{request.raw_path}",
            headers={name.lower(): value for name, value in request.headers.items()},
            sent_body=request.can_read_body,
            under_way=self._under_way[request.host],
        )

    def _reply(self, path: str, asked: Asked) -> Reply:
        key = path if path != "/robots.txt" else asked.url
        self._visits[key] += 1
        page = self.pages.get(key) or self.pages.get(path)
        if page is None:
            return Reply(status=404)
        visit = Visit(n=self._visits[key], now=asked.at, headers=asked.headers, url=asked.url)
        reply = page(visit)
        return conditional(visit, reply) if reply.status == 200 else reply


def conditional(visit: Visit, reply: Reply) -> Reply:
    """A 304 with the same headers where the request's validators say that its sender has ``reply`` (RFC 9110 §13.2)."""
    tag, since = reply.headers.get("etag"), reply.headers.get("last-modified")
    asked_tag, asked_since = visit.headers.get("if-none-match"), visit.headers.get("if-modified-since")
    holds = tag == asked_tag if asked_tag is not None else since is not None and since == asked_since
    return structs.replace(reply, status=304, text="") if holds else reply
