"""The site on which simulated boards stand: an aiohttp application with a request log and scripted faults."""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import blake2b
from html import escape

from aiohttp import web
from msgspec import Struct

from aggregator.demo import skins
from aggregator.demo.address import ADDRESSES
from aggregator.demo.board import Post, SimulatedBoard, SkinName
from aggregator.demo.faults import WITHOUT_POSTS, Fault, PageHandler

Clock = Callable[[], datetime]
ROBOTS = "User-agent: *\nAllow: /\n"
LOGGED_VISITS = 10_000


class Visit(Struct, frozen=True, kw_only=True):
    """One request as it came in; ``target`` is path and query, ``headers`` have lower-case names."""

    at: datetime
    method: str
    target: str
    headers: dict[str, str]


class Log:
    """The visits so far, oldest first, written before they are answered; only the latest are kept."""

    def __init__(self) -> None:
        self.visits: deque[Visit] = deque(maxlen=LOGGED_VISITS)
        self._grown = asyncio.Event()

    def targets(self) -> list[str]:
        """Path and query of every visit, oldest first."""
        return [visit.target for visit in self.visits]

    async def reaches(self, count: int) -> None:
        """Wait until ``count`` visits have come in."""
        while len(self.visits) < count:
            self._grown.clear()
            await self._grown.wait()

    def add(self, visit: Visit) -> None:
        """Write a visit down and wake those who wait for it."""
        self.visits.append(visit)
        self._grown.set()


class _Rules(Struct, frozen=True, kw_only=True):
    clock: Clock
    etags: bool
    robots: str


BOARDS = web.AppKey("BOARDS", Mapping[str, SimulatedBoard])
FAULTS = web.AppKey("FAULTS", deque[Fault])
LOG = web.AppKey("LOG", Log)
_RULES = web.AppKey("_RULES", _Rules)


def site(
    boards: Mapping[str, SimulatedBoard], clock: Clock, *, etags: bool = False, robots: str = ROBOTS
) -> web.Application:
    """The site as an application; ``boards`` are looked up by slug at every request, so they may change meanwhile.

    ``app[FAULTS]`` is a queue: each fault in it is what the next page answers, robots.txt is never faulty.
    ``app[LOG]`` is the log. With ``etags`` a page has a strong validator of its bytes and may answer 304.
    """
    application = web.Application(middlewares=[_logged, _scripted])
    application[BOARDS] = boards
    application[FAULTS] = deque()
    application[LOG] = Log()
    application[_RULES] = _Rules(clock=clock, etags=etags, robots=robots)
    application.router.add_get("/", _front)
    application.router.add_get("/robots.txt", _robots)
    for skin, address in ADDRESSES.items():
        application.router.add_get(address.path, _board_page(skin))
    return application


@web.middleware
async def _logged(request: web.Request, handler: PageHandler) -> web.StreamResponse:
    headers = {name.lower(): value for name, value in request.headers.items()}
    at = request.app[_RULES].clock()
    request.app[LOG].add(Visit(at=at, method=request.method, target=request.path_qs, headers=headers))
    return await handler(request)


@web.middleware
async def _scripted(request: web.Request, handler: PageHandler) -> web.StreamResponse:
    faults = request.app[FAULTS]
    if request.path == "/robots.txt" or not faults:
        return await handler(request)
    return await faults.popleft()(request, handler)


async def _robots(request: web.Request) -> web.Response:
    return web.Response(text=request.app[_RULES].robots)


async def _front(request: web.Request) -> web.Response:
    links = "\n".join(
        f'<li><a href="{escape(ADDRESSES[board.skin].listing(slug))}">{escape(board.name)}</a></li>'
        for slug, board in request.app[BOARDS].items()
    )
    text = f"<!DOCTYPE html>\n<html><head><title>Boards</title></head><body><ul>\n{links}\n</ul></body></html>\n"
    return web.Response(text=text, content_type="text/html", charset="utf-8")


def _board_page(skin: SkinName) -> PageHandler:
    address = ADDRESSES[skin]

    async def board_page(request: web.Request) -> web.Response:
        slug = request.query.get(address.board, "")
        board = request.app[BOARDS].get(slug)
        if board is None or board.skin != skin:
            raise web.HTTPNotFound
        if WITHOUT_POSTS in request:
            board = board.afresh()
        if address.document not in request.query:
            return _answer(request, slug, board, None)
        post = board.find(_whole_number(request.query[address.document], 0))
        return _missing(board) if post is None else _answer(request, slug, board, post)

    return board_page


def _answer(request: web.Request, slug: str, board: SimulatedBoard, current: Post | None) -> web.Response:
    usual = 1 if current is None else board.page_of(current.id)
    rules = request.app[_RULES]
    view = skins.View(
        board=board,
        slug=slug,
        origin=str(request.url.origin()),
        page=board.page(_whole_number(request.query.get("page", ""), usual)),
        now=rules.clock(),
        current=current,
    )
    return _validated(request, _encoded(board, skins.html(view))) if rules.etags else _encoded(board, skins.html(view))


def _encoded(board: SimulatedBoard, text: str, status: int = 200) -> web.Response:
    """The text as the board's bytes; old Korean boards call CP949 euc-kr, and some call it nothing at all."""
    label = {"utf-8": "utf-8", "cp949": "euc-kr"}[board.charset]
    content_type = f"text/html; charset={label}" if board.labelled else "text/html"
    body = text.encode(board.charset, "xmlcharrefreplace")
    return web.Response(status=status, body=body, headers={"Content-Type": content_type})


def _validated(request: web.Request, page: web.Response) -> web.Response:
    body = page.body if isinstance(page.body, bytes) else b""
    page.headers["ETag"] = etag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    if request.headers.get("If-None-Match") != etag:
        return page
    return web.Response(status=304, headers={"ETag": etag})


def _missing(board: SimulatedBoard) -> web.Response:
    """What stands where an article was: Gnuboard answers 200 and lets a script complain, XE says 404."""
    complaint = {"ko": "글이 존재하지 않습니다.", "en": "There is no such post."}[board.language]
    if board.skin == "gnu":
        return _encoded(board, f'<!doctype html>\n<script>alert("{complaint}"); history.back();</script>\n')
    return _encoded(board, f"<!DOCTYPE html>\n<title>404</title>\n<h1>{complaint}</h1>\n", status=404)


def _whole_number(text: str, otherwise: int) -> int:
    return int(text) if re.fullmatch("[1-9][0-9]{0,11}", text) else otherwise
