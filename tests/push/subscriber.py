"""A WebSub subscriber on loopback, which answers its hub as it is told to."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from msgspec import Struct

from tests.program import site_on_loopback

PATIENCE_SECONDS = 20


class Delivery(Struct, frozen=True):
    """What the hub has posted."""

    path: str
    headers: dict[str, str]
    body: bytes


class Subscriber:
    """Answers verification with ``echo`` of the challenge and deliveries with the next of ``statuses``, then 200.

    While ``waiting`` is unset it answers no delivery.
    """

    def __init__(self) -> None:
        """Mean everything that is asked, and take all."""
        self.echo: Callable[[str], tuple[int, str]] = lambda challenge: (200, challenge)
        self.statuses: list[int] = []
        self.asked: list[dict[str, str]] = []
        self.deliveries: list[Delivery] = []
        self.waiting = asyncio.Event()
        self.waiting.set()
        self.changed = asyncio.Condition()
        self.root = ""

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Answer at the root URL that is yielded, and below it."""
        app = web.Application()
        app.router.add_get("/{path:.*}", self._verify)
        app.router.add_post("/{path:.*}", self._take)
        async with site_on_loopback(app) as self.root:
            yield self.root

    async def until(self, claim: Callable[[], bool]) -> None:
        """Wait until it holds of what was heard."""
        async with asyncio.timeout(PATIENCE_SECONDS), self.changed:
            await self.changed.wait_for(claim)

    async def _verify(self, request: web.Request) -> web.Response:
        async with self.changed:
            self.asked.append(dict(request.query))
            self.changed.notify_all()
        status, text = self.echo(request.query.get("hub.challenge", ""))
        return web.Response(status=status, text=text, headers={"Location": "/elsewhere"} if status < 400 else None)

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        heard = {name.title(): value for name, value in request.headers.items()}
        async with self.changed:
            self.deliveries.append(Delivery(request.path_qs, heard, body))
            self.changed.notify_all()
        await self.waiting.wait()
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)


def signature(secret: str, body: bytes) -> str:
    """What a hub that knows the secret says of the body."""
    return f"sha256={hmac.digest(secret.encode(), body, 'sha256').hex()}"
