"""The program as a process of its own, and a site for it to poll: what end-to-end tests stand on."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp import web
from msgspec import Struct, json

from aggregator.web.listening import listen, listening

PATIENCE_SECONDS = 60


def free_port() -> int:
    """Return a port that was free a moment ago, and whose successor was too."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            try:
                other.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


def environment(port: int, **settings: str) -> dict[str, str]:
    """Return an environment in which a board on loopback may be polled often."""
    hurried = {
        "AGGREGATOR_SERVER_PORT": str(port),
        "AGGREGATOR_STORE_URL": "sqlite:///test.db",
        "AGGREGATOR_POLLING_FLOOR": "100ms",
        "AGGREGATOR_POLLING_HOST_GAP": "10ms",
        "AGGREGATOR_POLLING_ALLOW_PRIVATE": "127.0.0.1",
    }
    return {**os.environ, **hurried, **settings}


class Program(Struct, kw_only=True):
    """A running ``aggregator serve``: its process, root URL and the feed URLs it printed."""

    process: asyncio.subprocess.Process
    root: str
    feeds: list[str]


async def command(
    folder: Path, environ: dict[str, str], *words: str, under: Sequence[str] = ()
) -> tuple[int, str, str]:
    """Run ``aggregator WORDS`` to its end, ``under`` another program maybe; return exit code, output and complaints."""
    process = await asyncio.create_subprocess_exec(
        *(*under, sys.executable, "-m", "aggregator", *words),
        cwd=folder,
        env=environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    return process.returncode or 0, out.decode(), err.decode()


@asynccontextmanager
async def serving(folder: Path, environ: dict[str, str], *words: str, feeds: int = 3) -> AsyncIterator[Program]:
    """Run ``aggregator serve WORDS`` until left; it is up once it has printed ``feeds`` feed URLs."""
    with (folder / "serve.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "aggregator", "serve", *words),
            cwd=folder,
            env=environ,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
        )
    try:
        assert process.stdout is not None
        said = [await asyncio.wait_for(process.stdout.readline(), PATIENCE_SECONDS) for _ in range(feeds)]
        root = f"http://127.0.0.1:{environ['AGGREGATOR_SERVER_PORT']}"
        yield Program(process=process, root=root, feeds=[line.decode().strip() for line in said])
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), PATIENCE_SECONDS)


@asynccontextmanager
async def site_on_loopback(application: web.Application) -> AsyncIterator[str]:
    """Serve an application on a free port of 127.0.0.1; yield its root URL."""
    runner = await listening(application, 1)
    try:
        await listen(runner, "127.0.0.1", 0)
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Shown(Struct, kw_only=True):
    """One entry of a JSON Feed."""

    id: str
    title: str
    date_modified: str
    url: str = ""


class JsonFeed(Struct, kw_only=True):
    """A JSON Feed as far as tests look at it."""

    items: list[Shown]


async def entries(session: aiohttp.ClientSession, url: str) -> list[Shown]:
    """Return the entries of a JSON feed."""
    async with session.get(url) as response:
        assert response.status == 200
        return json.decode(await response.read(), type=JsonFeed).items


async def until(session: aiohttp.ClientSession, url: str, holds: Callable[[list[Shown]], bool]) -> list[Shown]:
    """Ask for a JSON feed again and again until ``holds`` is true of its entries; return those."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds(shown := await entries(session, url)):  # noqa: ASYNC110 - a server on a socket sets no event
            await asyncio.sleep(0.05)
        return shown


async def until_it_holds(claim: Callable[[], bool]) -> None:
    """Wait until a claim about another process is true."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not claim():  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(0.02)
