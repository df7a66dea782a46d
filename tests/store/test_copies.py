"""Backups and what comes of putting them back: real files, a real writer, no store lost on the way."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from aggregator.errors import StoreError
from aggregator.store import Selection, Store, boards, copies, migrating
from tests.store.conftest import NOW
from tests.store.test_contract import headline, posted, shown, spec


async def opened(url: str) -> Store:
    """The store behind ``url``; a new one is born with an authority that no other has."""
    return await Store.open(url, authority="a.example", now=NOW)


async def filled(url: str, n: int) -> list[str]:
    """Put ``n`` headlines into a store and close it; their guids, newest first."""
    async with await opened(url) as store:
        board = await store.write(boards.add, spec(), NOW)
        await posted(store, board, *(headline(k) for k in range(n)))
        return await guids(store)


async def guids(store: Store) -> list[str]:
    """What a feed of everything shows, newest first."""
    return [entry.guid for entry in await shown(store, Selection(n=500))]


def names(folder: Path) -> set[str]:
    """The files of a folder."""
    return {path.name for path in folder.iterdir()}


def spoilt(path: Path, change: str) -> None:
    """Change a store's file by SQL."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(change)


async def test_a_backup_of_a_store_in_use_is_whole(tmp_path: Path) -> None:
    """The copy opens as a store of its own with everything that was committed, and nothing is left beside it."""
    url, copy = f"sqlite:///{tmp_path}/s.db", tmp_path / "copy.db"
    async with await opened(url) as store:
        await store.write(boards.add, spec(), NOW)
        await asyncio.to_thread(copies.backup, url, copy)
    assert names(tmp_path) == {"s.db", "copy.db"}
    assert "fits this program" in await asyncio.to_thread(migrating.check, f"sqlite:///{copy}")
    async with await opened(f"sqlite:///{copy}") as again:
        assert [board.slug for board in await again.read(boards.every)] == ["news"]
    with pytest.raises(StoreError, match="exists already"):
        await asyncio.to_thread(copies.backup, url, copy)


async def test_a_backup_taken_while_a_writer_writes_is_restored_whole(tmp_path: Path) -> None:
    """Every headline acknowledged before the backup is there with its guid, and of the later ones no hole."""
    url, copy = f"sqlite:///{tmp_path}/s.db", tmp_path / "copy.db"
    async with await opened(url) as store:
        board = await store.write(boards.add, spec(), NOW)
        numbers = count()
        for _ in range(100):
            await posted(store, board, headline(next(numbers)))
        before = await guids(store)
        copying = asyncio.ensure_future(asyncio.to_thread(copies.backup, url, copy))
        while not copying.done():
            await posted(store, board, headline(next(numbers)))
        await copying
        await posted(store, board, headline(next(numbers)))
        after = await guids(store)
    kept = await asyncio.to_thread(copies.restore, url, copy, NOW)
    async with await opened(url) as store:
        restored = await guids(store)
    assert restored[-len(before) :] == before
    assert after[-len(restored) :] == restored
    assert len(restored) < len(after)
    async with await opened(f"sqlite:///{kept}") as replaced:
        assert await guids(replaced) == after


async def test_a_store_in_use_is_replaced_only_when_told(tmp_path: Path) -> None:
    """What a server is storing just then is lost with the file that was replaced."""
    url, copy = f"sqlite:///{tmp_path}/s.db", tmp_path / "copy.db"
    there = await filled(url, 3)
    await asyncio.to_thread(copies.backup, url, copy)
    async with await opened(url) as store:
        await store.write(boards.remove, "news", NOW)
        with pytest.raises(StoreError, match="in use: stop the server"):
            await asyncio.to_thread(copies.restore, url, copy, NOW)
        assert await guids(store) == []
        await asyncio.to_thread(copies.restore, url, copy, NOW, force=True)
    async with await opened(url) as store:
        assert await guids(store) == there


async def test_a_program_goes_on_with_the_store_that_was_put_back(tmp_path: Path) -> None:
    """It reads it and writes into it, and the file that was replaced stays as it was."""
    url, copy = f"sqlite:///{tmp_path}/s.db", tmp_path / "copy.db"
    there = await filled(url, 3)
    await asyncio.to_thread(copies.backup, url, copy)
    async with await opened(url) as store:
        await store.write(boards.remove, "news", NOW)
        kept = await asyncio.to_thread(copies.restore, url, copy, NOW, force=True)
        board = await store.read(boards.by_slug, "news")
        assert board is not None
        await posted(store, board, headline(7))
        after = await guids(store)
    async with await opened(url) as store, await opened(f"sqlite:///{kept}") as replaced:
        assert (await guids(store), after[1:], await guids(replaced)) == (after, there, [])


async def test_a_link_to_a_store_stays_one(tmp_path: Path) -> None:
    """What is put back stands where the link leads, be that another volume."""
    volume, link, copy = tmp_path / "volume" / "s.db", tmp_path / "s.db", tmp_path / "copy.db"
    volume.parent.mkdir()
    link.symlink_to(volume)
    url = f"sqlite:///{link}"
    there = await filled(url, 3)
    await asyncio.to_thread(copies.backup, url, copy)
    async with await opened(url) as store:
        await store.write(boards.remove, "news", NOW)
    kept = await asyncio.to_thread(copies.restore, url, copy, NOW)
    async with await opened(f"sqlite:///{volume}") as store:
        assert await guids(store) == there
    assert (link.is_symlink(), kept is not None and kept.parent) == (True, volume.parent)


def _text(path: Path) -> None:
    path.write_bytes(b"no store at all\n" * 500)


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _torn(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * 4096 + whole[12288:])


def _newer(path: Path) -> None:
    spoilt(path, "UPDATE alembic_version SET version_num = '9999'")


def _foreign(path: Path) -> None:
    path.unlink()
    spoilt(path, "CREATE TABLE notes (text)")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_text, "not an SQLite file"),
        (_half, "damaged"),
        (_torn, "damaged"),
        (_newer, "newer than this program"),
        (_foreign, "no store of this program"),
        (Path.unlink, "is not there"),
    ],
)
async def test_what_is_no_backup_replaces_nothing(tmp_path: Path, spoil: Callable[[Path], None], said: str) -> None:
    """A file that cannot be used is refused by name, and the store stays as it is."""
    url, copy = f"sqlite:///{tmp_path}/s.db", tmp_path / "copy.db"
    there = await filled(url, 40)
    await asyncio.to_thread(copies.backup, url, copy)
    await asyncio.to_thread(spoil, copy)
    with pytest.raises(StoreError, match=said) as refused:
        await asyncio.to_thread(copies.restore, url, copy, NOW)
    assert str(copy) in str(refused.value)
    assert names(tmp_path) <= {"s.db", "copy.db"}
    async with await opened(url) as store:
        assert await guids(store) == there


@pytest.mark.parametrize("spoil", [_text, _half, _torn, Path.unlink])
async def test_a_damaged_store_is_replaced(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    """What cannot be opened any more is kept for whoever can read it, and the backup serves."""
    url, copy = f"sqlite:///{tmp_path}/s.db", tmp_path / "copy.db"
    there = await filled(url, 40)
    await asyncio.to_thread(copies.backup, url, copy)
    await asyncio.to_thread(spoil, tmp_path / "s.db")
    kept = await asyncio.to_thread(copies.restore, url, copy, NOW)
    assert (kept is None) == (spoil is Path.unlink)
    async with await opened(url) as store:
        assert await guids(store) == there


async def test_postgresql_has_its_own_tools(tmp_path: Path) -> None:
    """The command says which."""
    with pytest.raises(StoreError, match="pg_dump"):
        copies.backup("postgresql://a@h/d", tmp_path / "x")
    with pytest.raises(StoreError, match="pg_restore"):
        copies.restore("postgresql://a@h/d", tmp_path / "x", NOW)
