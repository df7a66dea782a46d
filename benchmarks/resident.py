"""``python -m benchmarks.resident PORT BOARDS``: the memory that polling so many boards adds to what is imported.

A process of its own, since memory that was asked for once is seldom given back.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import polling
from benchmarks.peers import Cost, run

MEGABYTE = 1 << 20
ROUNDS = 3


def resident() -> float:
    """Megabytes of this process that are in memory."""
    return resident_of(os.getpid())


def resident_of(process: int) -> float:
    """Megabytes of a process that are in memory."""
    pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE


async def polled(port: int, count: int, folder: Path) -> Cost:
    """Megabytes above the imports: after the first polls, and after two more of each board."""
    imported, urls = resident(), polling.Site(port).urls(count, "e")
    async with polling.Ours.made(folder, urls) as ours, ours.fetching() as fetcher:
        grown = []
        for _ in range(ROUNDS):
            await ours.round(fetcher, count)
            grown.append(resident() - imported)
        return Cost(cold=grown[0], again=grown[-1])


def table(count: int) -> str:
    """Say what ``count`` boards take."""
    with polling.site() as served:
        command = [sys.executable, "-m", "benchmarks.resident", str(served.port), str(count)]
        said = subprocess.run(command, capture_output=True, check=True, text=True).stdout  # noqa: S603 - ours
    return f"## Memory of polling {count:,} boards\n\n{said}"


if __name__ == "__main__":
    before = resident()
    with polling.logging_to(os.devnull), tempfile.TemporaryDirectory() as made:
        grew = run(polled(int(sys.argv[1]), int(sys.argv[2]), Path(made)))
    sys.stdout.write(
        f"{before:.0f} MB by its imports, the peers' library among them; {grew.cold:.1f} MB more after the first polls,"
        f" {grew.again:.1f} MB more after {ROUNDS}.\n"
    )
