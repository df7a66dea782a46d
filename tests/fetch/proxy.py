"""Proxies on loopback: one that speaks HTTP, one that speaks SOCKS 5; both lead every name to one port."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def http_opening(near: Streams) -> tuple[str, bytes]:
    """The target of a plain request through an HTTP proxy, and what is to be sent on."""
    head = await near[0].readuntil(b"\r\n\r\n")
    method, url, rest = head.split(b" ", 2)
    path = b"/" + url.split(b"/", 3)[3]
    return url.decode(), b" ".join([method, path, rest])


async def socks_opening(near: Streams) -> tuple[str, bytes]:
    """The target that a SOCKS 5 client asks for by name (RFC 1928)."""
    reader, writer = near
    greeting = await reader.readexactly(2)
    await reader.readexactly(greeting[1])
    writer.write(b"\x05\x00")
    length = (await reader.readexactly(5))[4]
    name = await reader.readexactly(length)
    await reader.readexactly(2)
    writer.write(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
    return name.decode(), b""


@asynccontextmanager
async def proxy(
    opening: Callable[[Streams], Awaitable[tuple[str, bytes]]], port: int
) -> AsyncIterator[tuple[int, list[str]]]:
    """Run a proxy before ``port`` of loopback; its own port, and the targets that it was asked for."""
    asked: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            target, first = await opening((reader, writer))
            asked.append(target)
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            with closing(far_writer):
                far_writer.write(first or await reader.readuntil(b"\r\n\r\n"))
                while piece := await far_reader.read(65_536):
                    writer.write(piece)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], asked
    finally:
        server.close()
        await server.wait_closed()
