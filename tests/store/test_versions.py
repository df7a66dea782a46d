"""Migrations, and sentences instead of a database's errors."""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from hashlib import blake2b
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.command import upgrade
from alembic.config import Config
from alembic.migration import MigrationContext
from msgspec.structs import astuple
from sqlalchemy import Connection, column, insert, inspect, make_url, select, table, text
from sqlalchemy.engine.interfaces import ReflectedIndex

from aggregator.errors import StoreError
from aggregator.store import Store, grams, headlines, migrating, tables, versions
from aggregator.store.sqlite import created, sqlite_engine
from tests.store.conftest import NOW
from tests.store.test_grams import found


async def opened(url: str) -> None:
    """Open and close the store."""
    async with await Store.open(url, authority="a.example", now=NOW):
        pass


def differences(tx: Connection) -> list[object]:
    """What Alembic would change to bring the migrated tables to ours."""
    context = MigrationContext.configure(tx, opts={"include_name": versions.is_compared})
    return list(compare_metadata(context, tables.metadata))


def _made(tx: Connection) -> list[object]:
    """What there is, as far as the database says it in the same words: columns in any order, and indices."""
    there = inspect(tx)
    names = sorted(there.get_table_names())
    columns = [[name, sorted(str(column) for column in there.get_columns(name))] for name in names]
    return [*columns, *([name, sorted(map(_index, there.get_indexes(name)))] for name in names)]


def _index(said: ReflectedIndex) -> str:
    partly = {key: str(value) for key, value in said.get("dialect_options", {}).items()}
    return f"{said['name']} {said['column_names']} {said['unique']} {partly}"


async def test_the_migrations_make_exactly_our_tables(store: Store) -> None:
    """A store that was migrated is the store the program was written for, and the one it makes anew."""
    anew = await store.read(_made)
    await store.write(_as_of, versions.HEAD)
    assert await store.read(differences) == []
    assert await store.read(_made) == anew


def test_every_script_is_a_known_revision() -> None:
    """The list of revisions is the list of scripts."""
    names = sorted(path.name[:4] for path in (versions.scripts() / "versions").glob("[0-9]*.py"))
    assert names == list(versions.REVISIONS)


def _as_of(tx: Connection, revision: str) -> None:
    """Make the store anew as a program of that revision made it, whatever came later."""
    tables.metadata.drop_all(tx)
    tx.execute(text("DROP TABLE headline_grams"))
    tx.execute(text("DROP TABLE alembic_version"))
    _brought(tx, revision)


def _brought(tx: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(versions.scripts()))
    config.attributes["connection"] = tx
    upgrade(config, revision)


def _stored_as_of(tx: Connection, revision: str, *more: Mapping[str, object]) -> None:
    """Store a board and headlines, in the columns of that time."""
    _as_of(tx, revision)
    row = {"id": 1, "slug": "ai", "name": "AI", "url": "http://A.example/list", "timezone": "UTC", "numbering": "none"}
    old = table("boards", *(column(name) for name in (*row, "every", "paused", "next_poll_at", "failures")))
    tx.execute(insert(old).values(**row, every=60_000_000, paused=False, next_poll_at=0, failures=0))
    texts = {"title": "제목", "title_fold": "제목", "source": None, "source_fold": "", "category": "ＡＩ"}
    numbers = {"board_id": 1, "title_hash": 0, "moment": 0, "first_seen": 0, "updated": 0}
    for at, other in enumerate(more or ({},), 1):
        headline = {**texts, **numbers, "arrival": at, "twin": at, "key": str(at), "pinned": False, **other}
        tx.execute(insert(table("headlines", *map(column, headline))).values(**headline))
    # A store of that time counts no changes.
    tx.info.clear()


async def test_what_was_stored_before_is_completed(store: Store) -> None:
    """Migrations fold the categories, read the hosts and index the texts of what was stored without."""
    await store.write(_stored_as_of, "0004")
    await store.write(versions.migrate)
    folded = select(tables.headlines.c.category_fold, tables.boards.c.host).join_from(tables.headlines, tables.boards)
    assert await store.read(lambda tx: tuple(tx.execute(folded).one())) == ("ai", "a.example")
    assert await store.read(found, "제목") == [1]
    assert await store.read(differences) == []


async def test_folded_texts_and_hashes_of_before_are_narrowed(store: Store) -> None:
    """A text that folding leaves alone is kept once, any other beside its folded one; hashes find what they found."""
    digest = blake2b("연금 개혁".encode(), digest_size=8).digest()
    plain = {"title": "연금 개혁", "title_fold": "연금 개혁", "title_hash": int.from_bytes(digest, signed=True)}
    wide = {"title": "ＡＩ 연금", "title_fold": "ai 연금", "source": "ＡＰ통신", "source_fold": "ap통신"}
    empty = {"title": "\u200b", "title_fold": ""}
    await store.write(_stored_as_of, "0017", plain, wide, empty)
    await store.write(versions.migrate)
    c = tables.headlines.c
    kept = await store.read(lambda tx: tx.execute(select(c.title_fold, c.source_fold).order_by(c.arrival)).all())
    assert list(map(tuple, kept)) == [(None, None), ("ai 연금", "ap통신"), ("", None)]
    read = await store.read(grams.texts, [1, 2, 3])
    assert sorted(map(astuple, read)) == [(1, 1, "연금 개혁", ""), (2, 1, "ai 연금", "ap통신"), (3, 1, "", "")]
    assert [known.arrival for known in await store.read(headlines.namesakes, 1, ["연금 개혁"])] == [1]


async def test_a_store_that_was_migrated_before_its_first_start_is_opened(tmp_path: Path) -> None:
    """An older release made its tables and was never started: the next one goes on from there."""
    url = make_url(f"sqlite:///{tmp_path}/s.db")
    created(url)
    engine = sqlite_engine(url, writing=True)
    with engine.begin() as tx:
        _brought(tx, "0015")
    engine.dispose()
    await opened(str(url))


async def test_postgresql_wants_its_upgrade_first(postgres_blank_url: str) -> None:
    """A database without tables is refused with the command to run, and fits after it."""
    with pytest.raises(StoreError, match="aggregator db upgrade"):
        await opened(postgres_blank_url)
    await asyncio.to_thread(migrating.upgrade, postgres_blank_url)
    await opened(postgres_blank_url)


async def test_a_store_newer_than_the_program_is_refused(tmp_path: Path) -> None:
    """An older program does not touch what it does not know."""
    url = f"sqlite:///{tmp_path}/s.db"
    await opened(url)
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="newer than this program"):
        await opened(url)


def _noise(path: Path) -> None:
    path.write_bytes(b"no database at all" * 400)


def _folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "said"), [(_noise, "not an SQLite file"), (_folder, "cannot be opened|not an SQLite file")]
)
async def test_a_file_that_is_no_store_is_said_in_a_sentence(
    tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    """The driver's error stays chained; people read what to do."""
    spoil(tmp_path / "s.db")
    with pytest.raises(StoreError, match=said):
        await opened(f"sqlite:///{tmp_path}/s.db")


async def test_a_missing_folder_is_said_in_a_sentence(tmp_path: Path) -> None:
    """Nothing is created where nobody asked for a folder."""
    with pytest.raises(StoreError, match="folder must exist"):
        await opened(f"sqlite:///{tmp_path}/none/s.db")
