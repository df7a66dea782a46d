"""What befalls a store: a disk that is full, a lock, bytes that are lost; each real, and each taken back on leaving."""

import asyncio
import os
import resource
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from tests.program import PATIENCE_SECONDS

PAGE = 4096
LOCKS = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""
# Permissions say nothing to root; without this capability they do.
OBEDIENT = ("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override") if os.geteuid() == 0 else ()


def _mounts() -> bool:
    if os.geteuid() != 0:
        return False
    try:
        _run("unshare", "--mount", "mount", "-t", "tmpfs", "-o", "size=1m", "none", "/mnt")
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


# A file system can be mounted by root alone, and not in every container; a limit can be set by everyone.
DISKS = ["limit", "tmpfs"] if _mounts() else ["limit"]


@contextmanager
def disk(kind: str, folder: Path) -> Iterator[Path]:
    """A folder that can be filled: on a file system of four megabytes, or any."""
    folder.mkdir()
    if kind == "tmpfs":
        _run("mount", "-t", "tmpfs", "-o", "size=4m", "none", str(folder))
    try:
        yield folder
    finally:
        if kind == "tmpfs":
            _run("umount", str(folder))


@contextmanager
def full(kind: str, folder: Path, process: int) -> Iterator[None]:
    """The disk is full: no byte is left on the file system, or no file of the process may grow past a page."""
    filler = folder / "filler"
    limits = resource.prlimit(process, resource.RLIMIT_FSIZE)
    if kind == "limit":
        resource.prlimit(process, resource.RLIMIT_FSIZE, (PAGE, limits[1]))
    else:
        with filler.open("wb", buffering=0) as file:
            for piece in (b"x" * PAGE, b"x"):
                _poured(file.fileno(), piece)
    try:
        yield
    finally:
        resource.prlimit(process, resource.RLIMIT_FSIZE, limits)
        filler.unlink(missing_ok=True)


def _poured(handle: int, piece: bytes) -> None:
    try:
        while os.write(handle, piece):
            pass
    except OSError:
        return


@asynccontextmanager
async def locked(store: Path) -> AsyncIterator[None]:
    """Another process holds the store's lock."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", LOCKS, str(store)), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        assert await asyncio.wait_for(process.stdout.readline(), PATIENCE_SECONDS) == b"locked\n"
        yield
    finally:
        await asyncio.wait_for(process.communicate(b""), PATIENCE_SECONDS)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nobody may write the folder's files, nor make others."""
    files = [path for path in folder.iterdir() if path.is_file()]
    for file in files:
        file.chmod(0o444)
    folder.chmod(0o555)
    try:
        yield
    finally:
        folder.chmod(0o755)
        for file in files:
            file.chmod(0o644)


def overwritten(store: Path) -> None:
    """Every byte of the store is another one, what was not yet folded into it is gone."""
    store.write_bytes(b"\xa5" * store.stat().st_size)
    log = store.with_name(f"{store.name}-wal")
    if log.exists():
        os.truncate(log, 0)


def cut(store: Path) -> None:
    """The second half of the file is gone."""
    os.truncate(store, store.stat().st_size // 2)


def garbage(store: Path) -> None:
    """Something else stands in the file."""
    store.write_text("no store at all\n" * 500)
