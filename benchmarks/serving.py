"""What a request costs the server: ours beside a bare aiohttp handler and nginx, which have the same bytes at hand."""

import asyncio
import gzip
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

import aiohttp

from benchmarks import workload
from benchmarks.asking import ask

PATH = "/feed.atom?n=100"
GZIP_LEVEL = 6
PATIENCE_SECONDS = 10
TICK = 1 / os.sysconf("SC_CLK_TCK")
KINDS: Mapping[str, tuple[Mapping[str, str], int]] = {
    "200": ({}, 200),
    "200 in gzip": ({"Accept-Encoding": "gzip"}, 200),
    "304": ({"Accept-Encoding": "gzip", "If-None-Match": ""}, 304),
}
NGINX = """
daemon off; master_process off; pid nginx.pid; error_log stderr warn;
events {{ worker_connections 512; }}
http {{
  access_log off; keepalive_requests 1000000000; sendfile on; open_file_cache max=16; gzip_static on;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
  scgi_temp_path scgi; types {{ application/atom+xml atom; }}
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


class Side(NamedTuple):
    """A server, and the number of its process."""

    root: str
    process: int


# CPU microseconds a request by server, by kind of request.
Served = dict[str, dict[str, float]]


def measured(requests: int, rounds: int) -> Served:
    """Ask all servers, in turns, for the whole, in gzip, and for news where there is none."""
    with tempfile.TemporaryDirectory() as made, ExitStack() as stack:
        folder = Path(made)
        ours = stack.enter_context(served(folder / "bench.db", "ours"))
        file = folder / "feed.atom"
        file.write_bytes(asyncio.run(_body(ours.root)))
        sides = {"nginx": None, "bare aiohttp handler": stack.enter_context(served(file, "bare")), "ours": ours}
        if shutil.which("nginx"):
            sides["nginx"] = stack.enter_context(_nginx(file))
        there = {name: side for name, side in sides.items() if side is not None}
        stack.enter_context(_on_one_core(side.process for side in there.values()))
        with asyncio.Runner(loop_factory=workload.loop_factory()) as runner:
            return runner.run(_measured(there, requests, rounds))


@contextmanager
def _on_one_core(processes: Iterable[int]) -> Iterator[None]:
    """Keep these processes and this one on one core: to wake a client on another costs a server more than to answer.

    Who is slow wakes its client for every answer, who is fast never does; on one core nobody pays for that.
    """
    before = os.sched_getaffinity(0)
    for process in (0, *processes):
        os.sched_setaffinity(process, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def served(file: Path, kind: str) -> Iterator[Side]:
    """A process that serves ``file``, as ``benchmarks.server`` says."""
    command = [sys.executable, "-m", "benchmarks.server", str(file), kind]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  ours
        root = process.stdout.readline().strip() if process.stdout is not None else ""
        yield Side(root, process.pid)
        process.communicate()


@contextmanager
def _nginx(file: Path) -> Iterator[Side]:
    """Serve ``file``, and its bytes in gzip, which lie beside it."""
    file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), GZIP_LEVEL))
    port, settings = _free_port(), file.with_name("nginx.conf")
    settings.write_text(NGINX.format(port=port, folder=file.parent), "utf-8")
    with subprocess.Popen(["nginx", "-p", str(file.parent), "-c", str(settings)]) as process:  # noqa: S603, S607  where it is
        try:
            _wait_for(port)
            yield Side(f"http://127.0.0.1:{port}", process.pid)
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    patience = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if time.monotonic() > patience:
                raise
        else:
            return


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def _body(root: str) -> bytes:
    async with aiohttp.ClientSession() as session, session.get(root + PATH) as response:
        return await response.read()


async def _measured(sides: Mapping[str, Side], requests: int, rounds: int) -> Served:
    found: Served = {}
    for kind, (asked, status) in KINDS.items():
        spent: dict[str, list[float]] = {name: [] for name in sides}
        headers = {name: await _with_tag(side, asked) for name, side in sides.items()}
        for _ in range(rounds):
            for name, side in sides.items():
                before = _cpu(side.process)
                await ask(side.root + PATH, headers[name], status, requests)
                # What takes less than a tick is told as one.
                spent[name].append(max(_cpu(side.process) - before, TICK) / requests * 1e6)
        found[kind] = {name: median(taken) for name, taken in spent.items()}
    return found


async def _with_tag(side: Side, headers: Mapping[str, str]) -> Mapping[str, str]:
    """The same headers, with the ETag of what they ask for where they send one."""
    if "If-None-Match" not in headers:
        return headers
    async with aiohttp.ClientSession() as session, session.get(side.root + PATH, headers=headers) as response:
        return {**headers, "If-None-Match": response.headers["ETag"]}


def _cpu(process: int) -> float:
    """Seconds of CPU that a process has taken; Linux says them in ticks, behind its name in parentheses."""
    said = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(said[11]) + int(said[12])) * TICK


def table(found: Served) -> str:
    """Return the Markdown of all kinds of requests."""
    names: Sequence[str] = [name for name in next(iter(found.values())) if name != "ours"]
    lines = [
        "## A request for a feed of 100 entries that is kept",
        "",
        f"Server CPU µs. {'' if 'nginx' in names else 'NGINX IS NOT INSTALLED: it is not compared with.'}".rstrip(),
        "",
        f"| answer | {' | '.join(names)} | ours | {' | '.join(f'ours / {name}' for name in names)} |",
        f"|---|{'--:|' * (2 * len(names) + 1)}",
    ]
    for kind, spent in found.items():
        ratios = [f"{spent['ours'] / spent[name]:.2f}" for name in names]
        lines.append(f"| {' | '.join([kind, *(f'{spent[name]:.1f}' for name in [*names, 'ours']), *ratios])} |")
    return "\n".join([*lines, ""])
