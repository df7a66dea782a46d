"""``python -m benchmarks.origin ROWS``: a long board in a process of its own, its pages made before it is asked.

It prints its root URL and serves until its standard input ends.
"""

import asyncio
import sys

from aiohttp import web

from aggregator.web.listening import listen as opened
from aggregator.web.listening import listening
from benchmarks import workload


def application(pages: list[bytes]) -> web.Application:
    """Answer ``?page=n`` with the page of that number."""

    async def page(request: web.Request) -> web.Response:
        at = int(request.query.get("page", "1")) - 1
        if not 0 <= at < len(pages):
            raise web.HTTPNotFound
        return web.Response(body=pages[at], content_type="text/html", charset="utf-8")

    site = web.Application()
    site.router.add_get("/index.php", page)
    return site


async def main(count: int) -> None:
    """Serve so many pages."""
    await listen(application(workload.pages(count)))


async def listen(site: web.Application) -> None:
    """Serve on a free port of loopback, whose URL is printed, until standard input ends."""
    runner = await listening(site, 0)
    await opened(runner, "127.0.0.1", 0)
    sys.stdout.write(f"http://127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
