"""A reverse proxy as people put one before the server: below a path of its own, which it strips or passes on."""

import aiohttp
from aiohttp import hdrs, web

HOPS = {"Connection", "Content-Length", "Transfer-Encoding", "Keep-Alive"}


def front(server: str, prefix: str, session: aiohttp.ClientSession, *, strips: bool) -> web.Application:
    """The proxy of what ``server`` answers, at ``prefix`` and nowhere else; it lies about scheme, host and prefix."""

    async def passed_on(request: web.Request) -> web.Response:
        asked = request.rel_url.raw_path_qs
        there = asked.removeprefix(prefix) if strips else asked
        headers = {name: value for name, value in request.headers.items() if name.title() not in HOPS}
        headers |= {
            "X-Forwarded-For": "192.0.2.7",
            "X-Forwarded-Proto": "gopher",
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Prefix": "/evil",
            hdrs.HOST: "evil.example",
        }
        sent = session.request(
            request.method, server + there, headers=headers, data=await request.read(), allow_redirects=False
        )
        async with sent as answer:
            said = {name: value for name, value in answer.headers.items() if name.title() not in HOPS}
            return web.Response(status=answer.status, headers=said, body=await answer.read())

    app = web.Application()
    app.router.add_route("*", f"{prefix}/{{rest:.*}}", passed_on)
    if not strips:
        app.router.add_route("*", prefix, passed_on)
    return app
