"""A suspect page is read in a process of its own, which is killed when it takes too long.

Pages that would be slow to parse, and very long ones, cannot hold up the program so: everybody else goes on.
"""

import asyncio
import sys
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct, msgpack

from aggregator.model import Page
from aggregator.reading import Reading, read
from aggregator.recipe import Recipe

LARGE_BYTES: Final = 1_000_000
DEADLINE: Final = timedelta(seconds=10)


class Job(Struct, frozen=True, kw_only=True):
    """What the other process is told on its standard input."""

    page: Page
    now: datetime
    zone: str
    recipe: Recipe | None


def is_large(page: Page) -> bool:
    """Whether *page* is too long to be read beside everything else."""
    return len(page.body) > LARGE_BYTES


async def read_apart(
    page: Page, *, now: datetime, zone: ZoneInfo, recipe: Recipe | None, deadline: timedelta = DEADLINE
) -> Reading | None:
    """Read a page's headlines in a process of its own; None where it took longer than *deadline*, or broke down."""
    job = msgpack.encode(Job(page=page, now=now, zone=zone.key, recipe=recipe))
    reader = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "aggregator.apart"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        said, _ = await asyncio.wait_for(reader.communicate(job), deadline.total_seconds())
    except TimeoutError:
        return None
    finally:
        if reader.returncode is None:
            reader.kill()
            await reader.wait()
    return msgpack.decode(said, type=Reading) if reader.returncode == 0 else None


def main() -> None:
    """Read the job on standard input, write its reading on standard output."""
    job = msgpack.decode(sys.stdin.buffer.read(), type=Job)
    reading = read(job.page, url=job.page.url, now=job.now, zone=ZoneInfo(job.zone), recipe=job.recipe, guarded=False)
    sys.stdout.buffer.write(msgpack.encode(reading))


if __name__ == "__main__":
    main()
