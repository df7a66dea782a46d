"""What can go wrong with one answer, scripted: a fault is used once, by the next page that is asked for."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

PageHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Fault = Callable[[web.Request, PageHandler], Awaitable[web.StreamResponse]]

WITHOUT_POSTS = web.RequestKey("without_posts", bool)

_LOGIN = """<!DOCTYPE html>
<html lang="ko">
<head><meta charset="utf-8"><title>로그인</title></head>
<body>
<form action="/login" method="post">
<p><label>아이디 <input type="text" name="user"></label></p>
<p><label>비밀번호 <input type="password" name="password"></label></p>
<p><button type="submit">로그인</button></p>
</form>
</body>
</html>
"""


def status(code: int, headers: Mapping[str, str] | None = None) -> Fault:
    """Answer ``code`` with ``headers`` instead of the page: ``status(503, {"Retry-After": "7"})``."""

    async def answer(_request: web.Request, _page: PageHandler) -> web.StreamResponse:
        return web.Response(status=code, headers=headers, text=f"scripted {code}")

    return answer


def hold(released: asyncio.Event) -> Fault:
    """Keep the client waiting until ``released`` is set, then serve the page as it is by then."""

    async def answer(request: web.Request, page: PageHandler) -> web.StreamResponse:
        await released.wait()
        return await page(request)

    return answer


def truncated(keep_bytes: int) -> Fault:
    """Promise the whole page, send ``keep_bytes`` of it and hang up."""

    async def answer(request: web.Request, page: PageHandler) -> web.StreamResponse:
        whole = await page(request)
        cut = web.StreamResponse(status=whole.status, headers=whole.headers)
        await cut.prepare(request)
        body = whole.body if isinstance(whole, web.Response) else None
        await cut.write(body[:keep_bytes] if isinstance(body, bytes) else b"")
        if request.transport is not None:
            request.transport.close()
        return cut

    return answer


def empty_table() -> Fault:
    """Serve the list without a single row, as a board does whose table is being repaired."""

    async def answer(request: web.Request, page: PageHandler) -> web.StreamResponse:
        request[WITHOUT_POSTS] = True
        return await page(request)

    return answer


def login_wall() -> Fault:
    """Answer 200 with a login form instead of the page."""

    async def answer(_request: web.Request, _page: PageHandler) -> web.StreamResponse:
        return web.Response(text=_LOGIN, content_type="text/html", charset="utf-8")

    return answer
