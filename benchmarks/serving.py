"""What a request costs the server: ours beside a bare aiohttp handler that has the same bytes at hand."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

import aiohttp
from msgspec import Struct

PATH = "/feed.atom?n=100"
AT_ONCE = 8
TICK = 1 / os.sysconf("SC_CLK_TCK")


class Side(NamedTuple):
    """A server, and the number of its process."""

    root: str
    process: int


class Served(Struct, frozen=True):
    """CPU microseconds a request of both servers."""

    name: str
    bare: float
    ours: float


def measured(requests: int, rounds: int) -> list[Served]:
    """Ask both servers, in turns, for the whole, in gzip, and for news where there is none."""
    with tempfile.TemporaryDirectory() as folder, _serving(Path(folder) / "bench.db", "ours") as ours:
        file = Path(folder) / "feed.atom"
        file.write_bytes(asyncio.run(_body(ours.root)))
        with _serving(file, "bare") as bare:
            return asyncio.run(_measured(bare, ours, requests, rounds))


@contextmanager
def _serving(file: Path, kind: str) -> Iterator[Side]:
    command = [sys.executable, "-m", "benchmarks.server", str(file), kind]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  ours
        root = process.stdout.readline().strip() if process.stdout is not None else ""
        yield Side(root, process.pid)
        process.communicate()


async def _body(root: str) -> bytes:
    async with aiohttp.ClientSession() as session, session.get(root + PATH) as response:
        return await response.read()


async def _measured(bare: Side, ours: Side, requests: int, rounds: int) -> list[Served]:
    found = []
    async with aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=["Accept-Encoding"]) as session:
        for name, headers, status in (
            ("200", {}, 200),
            ("200 in gzip", {"Accept-Encoding": "gzip"}, 200),
            ("304", {"If-None-Match": "*"}, 304),
        ):
            spent: dict[Side, list[float]] = {bare: [], ours: []}
            for _ in range(rounds):
                for side, taken in spent.items():
                    taken.append(await _asked(session, side, headers, status, requests))
            found.append(Served(name, median(spent[bare]), median(spent[ours])))
    return found


async def _asked(
    session: aiohttp.ClientSession, side: Side, headers: dict[str, str], status: int, requests: int
) -> float:
    """CPU microseconds that the server takes for each of so many requests."""
    headers = dict(headers)
    async with session.get(side.root + PATH, headers={**headers, "If-None-Match": ""}) as response:
        await response.read()
        if "If-None-Match" in headers:
            headers["If-None-Match"] = response.headers["ETag"]

    async def ask(times: int) -> None:
        for _ in range(times):
            async with session.get(side.root + PATH, headers=headers) as response:
                await response.read()
                if response.status != status:
                    raise AssertionError(f"{side.root} answered {response.status} and not {status}.")

    before = _cpu(side.process)
    await asyncio.gather(*(ask(requests // AT_ONCE) for _ in range(AT_ONCE)))
    # What takes less than a tick is told as one.
    return max(_cpu(side.process) - before, TICK) / (requests // AT_ONCE * AT_ONCE) * 1e6


def _cpu(process: int) -> float:
    """Seconds of CPU that a process has taken; Linux says them in ticks, behind its name in parentheses."""
    said = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(said[11]) + int(said[12])) * TICK


def table(found: list[Served]) -> str:
    """Return the Markdown of all kinds of requests."""
    lines = [
        "## A request for a feed of 100 entries that is kept",
        "",
        "| answer | bare aiohttp handler, server CPU µs | ours | ratio |",
        "|---|--:|--:|--:|",
    ]
    lines += [f"| {one.name} | {one.bare:.0f} | {one.ours:.0f} | {one.ours / one.bare:.2f} |" for one in found]
    return "\n".join([*lines, ""])
