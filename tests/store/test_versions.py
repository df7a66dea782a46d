"""Migrations, and sentences instead of a database's errors."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from aggregator.changes import Changes
from aggregator.errors import StoreError
from aggregator.filters import parse
from aggregator.model import Headline
from aggregator.store import Selection, Store, boards, headlines, migrating, tables, versions
from tests.store.conftest import NOW
from tests.store.test_contract import spec


async def opened(url: str) -> None:
    """Open and close the store."""
    async with await Store.open(url, authority="a.example", now=NOW):
        pass


def differences(tx: Connection) -> list[object]:
    """What Alembic would change to bring the migrated tables to ours."""
    return list(compare_metadata(MigrationContext.configure(tx), tables.metadata))


async def test_the_migrations_make_exactly_our_tables(store: Store) -> None:
    """A store that was migrated is the store the program was written for."""
    assert await store.read(differences) == []


def test_every_script_is_a_known_revision() -> None:
    """The list of revisions is the list of scripts."""
    names = sorted(path.name[:4] for path in (versions.scripts() / "versions").glob("[0-9]*.py"))
    assert names == list(versions.REVISIONS)


def _before_tags(tx: Connection) -> None:
    """Take a store back to the version before tags."""
    tx.execute(text("ALTER TABLE headlines DROP COLUMN category_fold"))
    tx.execute(text("ALTER TABLE boards DROP COLUMN tags"))
    before = versions.REVISIONS[versions.REVISIONS.index("0005") - 1]
    tx.execute(text("UPDATE alembic_version SET version_num = :before"), {"before": before})


async def test_categories_stored_before_are_found_after(store: Store) -> None:
    """The migration folds what was stored without it."""
    board = await store.write(boards.add, spec(), NOW)
    await store.write(headlines.apply, board, Changes(new=(Headline(key="1", title="제목", category="ＡＩ"),)), NOW)
    await store.write(_before_tags)
    await store.write(versions.migrate)
    (found,) = await store.read(headlines.select, Selection(filter=parse("tag:ai -board:@ai")))
    assert found.category == "ＡＩ"


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
