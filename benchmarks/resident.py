"""``python -m benchmarks.resident BOARDS [HEADLINES [ROUNDS]]``: the memory that polling adds to what is imported.

So many boards are polled in a store of so many older headlines, by a process of its own, since memory that was asked
for once is seldom given back.
"""

import asyncio
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from benchmarks import corpus, polling, workload

MEGABYTE = 1 << 20
ROUNDS = 3
# Boards whose headlines are only there: at other names than those that are polled.
_ASIDE = "UPDATE boards SET paused = 1, slug = 'old-' || slug, host = 'old-' || host"


def resident() -> float:
    """Megabytes of this process that are in memory."""
    return resident_of(os.getpid())


def resident_of(process: int) -> float:
    """Megabytes of a process that are in memory."""
    pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE


async def polled(urls: Sequence[str], folder: Path, rounds: int) -> list[float]:
    """Megabytes above the imports after each round of polls, of which the first finds rows."""
    imported = resident()
    async with polling.Ours.made(folder, urls) as ours, ours.fetching() as fetcher:
        grown = []
        for _ in range(rounds):
            await ours.round(fetcher, len(urls))
            grown.append(resident() - imported)
        return grown


def table(boards: int, headlines: int = 0, rounds: int = ROUNDS) -> str:
    """Say what ``boards`` take in a store of so many ``headlines``."""
    with polling.site() as served, tempfile.TemporaryDirectory() as folder:
        if headlines:
            file = Path(folder) / "ours.db"
            corpus.stored(file, headlines)
            with closing(sqlite3.connect(file)) as connection, connection:
                connection.execute(_ASIDE)
        command = [
            sys.executable,
            "-m",
            "benchmarks.resident",
            "--poll",
            folder,
            *map(str, (served.port, boards, rounds)),
        ]
        said = subprocess.run(command, capture_output=True, check=True, text=True).stdout  # noqa: S603 - ours
    over = f" over {headlines:,} headlines" if headlines else ""
    return f"## Memory of polling {boards:,} boards{over}\n\n{said}"


def _polling(folder: str, port: int, boards: int, rounds: int) -> str:
    before = resident()
    with polling.logging_to(os.devnull), asyncio.Runner(loop_factory=workload.loop_factory()) as runner:
        grew = runner.run(polled(polling.Site(port).urls(boards, "e"), Path(folder), rounds))
    return (
        f"{before:.0f} MB by its imports, the peers' library among them; {grew[0]:.1f} MB more after the first polls,"
        f" {grew[1]:.1f} MB more after 2, {grew[-1]:.1f} MB more after {rounds} of each"
        f" ({boards * rounds:,} polls; from the second on {min(grew[1:]):.1f} to {max(grew[1:]):.1f}).\n"
    )


if __name__ == "__main__":
    if sys.argv[1] == "--poll":
        sys.stdout.write(_polling(sys.argv[2], *map(int, sys.argv[3:])))
    else:
        sys.stdout.write(table(*map(int, sys.argv[1:])))
