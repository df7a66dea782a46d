"""A client that costs little beside the server it asks: the same request again and again, over many connections."""

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import cast
from urllib.parse import urlsplit

CONNECTIONS = 50
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"
_NO_BODY = b"304"


class _Line(asyncio.Protocol):
    """One connection, on which a request follows each answer while ``more`` says so."""

    def __init__(self, request: bytes, status: bytes, more: Callable[[], bool]) -> None:
        self._request, self._status, self._more = request, status, more
        self._received = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one without saying so
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, whole, body = self._received.partition(_HEAD_END)
        if not whole:
            return
        status, length = head[9:12], _LENGTH.search(head)
        if status != self._status:
            self._fail(f"{status.decode()} was answered and not {self._status.decode()}.")
        elif status == _NO_BODY or (length is not None and len(body) >= int(length[1])):
            self._received = b""
            self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self._fail(f"The server hung up: {error}.")

    def _ask(self) -> None:
        if self._more():
            self._transport.write(self._request)
        else:
            self.done.set_result(None)
            self._transport.close()

    def _fail(self, sentence: str) -> None:
        self.done.set_exception(AssertionError(sentence))
        self._transport.close()


async def ask(url: str, headers: Mapping[str, str], status: int, times: int) -> None:
    """Ask an address for ``url`` so many times. Raises AssertionError where anything but ``status`` is answered."""
    where = urlsplit(url)
    target = f"{where.path}?{where.query}" if where.query else where.path
    lines = [f"GET {target} HTTP/1.1", f"Host: {where.netloc}", *(f"{name}: {said}" for name, said in headers.items())]
    request, left = "\r\n".join([*lines, "", ""]).encode(), iter(range(times))

    def more() -> bool:
        return next(left, None) is not None

    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(
            lambda: _Line(request, str(status).encode(), more), where.hostname or "", where.port or 80
        )
        for _ in range(min(CONNECTIONS, times))
    ]
    await asyncio.gather(*(line.done for _, line in made))
