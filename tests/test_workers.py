"""``serve --workers N``: several processes answer at one port, alike, and none is left over."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from tests.program import Program, environment, free_port, serving, until_it_holds

LISTENING = "0A"


def listening(port: int) -> int:
    """How many sockets of this machine listen at a port of IPv4's loopback, as the kernel says."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == LISTENING for row in rows)


def children(program: Program) -> list[int]:
    """The processes that the program has begun."""
    process = program.process.pid
    return [int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()]


def there_are(count: int, port: int) -> Callable[[], bool]:
    """The condition that so many listen."""
    return lambda: listening(port) == count


async def test_workers_answer_alike_and_come_back(tmp_path: Path) -> None:
    """Every connection gets the same document under the same tag; a worker that was killed is begun anew."""
    port = free_port()
    async with serving(tmp_path, environment(port), "--workers", "3", feeds=3) as program:
        await until_it_holds(there_are(3, port))
        os.kill(children(program)[0], signal.SIGKILL)
        await until_it_holds(there_are(2, port))
        await until_it_holds(there_are(3, port))
        told = set()
        for _ in range(30):
            connector = aiohttp.TCPConnector(force_close=True)
            async with aiohttp.ClientSession(connector=connector) as session, session.get(program.feeds[0]) as answer:
                told.add((answer.status, answer.headers["ETag"], await answer.read()))
        assert [status for status, _, _ in told] == [200]
    assert listening(port) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_no_worker_outlives_its_server(tmp_path: Path, number: signal.Signals) -> None:
    """Whether it ends in peace or not, the port is free again."""
    port = free_port()
    async with serving(tmp_path, environment(port), "--workers", "2", feeds=3) as program:
        await until_it_holds(there_are(2, port))
        program.process.send_signal(number)
        await program.process.wait()
        await until_it_holds(there_are(0, port))


async def test_settings_are_read_again_by_every_process(tmp_path: Path) -> None:
    """A hang-up of the server, and one that a worker was asked for, reach all; each says so in the log."""
    port, log = free_port(), tmp_path / "serve.log"
    async with serving(tmp_path, environment(port), "--workers", "2", feeds=3) as program:
        await until_it_holds(there_are(2, port))
        program.process.send_signal(signal.SIGHUP)
        await until_it_holds(lambda: log.read_text("utf-8").count("reload result=taken") == 2)
