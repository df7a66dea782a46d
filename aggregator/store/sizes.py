"""How much room a store takes: by table, by board, and what of it could be had back."""

from msgspec import Struct
from sqlalchemy import Connection, Table, func, select, text

from aggregator.store.columns import bytes_of
from aggregator.store.retention import DROPPED
from aggregator.store.tables import boards, headlines, metadata


class TableSize(Struct, frozen=True):
    """A table with its indexes: rows, and bytes on disk, None where the database cannot tell."""

    table: str
    rows: int
    bytes: int | None


class BoardSize(Struct, frozen=True):
    """A board's headlines: how many have their texts, bytes of these, how many were purged, and bytes that freed."""

    board: str
    headlines: int
    text_bytes: int
    purged: int
    reclaimed_bytes: int


class Sizes(Struct, frozen=True, kw_only=True):
    """A store in bytes, and of them ``free_bytes`` that hold nothing: whole pages and parts; None where unknown."""

    total_bytes: int
    free_bytes: int | None
    tables: tuple[TableSize, ...]
    boards: tuple[BoardSize, ...]


def sizes(conn: Connection) -> Sizes:
    """The store's sizes; it reads all of the store, so it is for people who ask."""
    total, free, stored = _sqlite(conn) if conn.dialect.name == "sqlite" else _postgres(conn)
    counted = {name: conn.scalar(select(func.count()).select_from(table)) or 0 for name, table in _tables()}
    tables = tuple(TableSize(name, rows, stored.get(name)) for name, rows in counted.items())
    return Sizes(total_bytes=total, free_bytes=free, tables=tables, boards=_boards(conn))


def total_bytes(conn: Connection) -> int:
    """The store's size on disk, which costs nothing to ask."""
    if conn.dialect.name == "sqlite":
        page, pages = (conn.scalar(text(f"PRAGMA {name}")) for name in ("page_size", "page_count"))
        return int(page * pages)
    return conn.scalar(text("SELECT pg_database_size(current_database())")) or 0


def _tables() -> list[tuple[str, Table]]:
    return sorted(metadata.tables.items())


def _boards(conn: Connection) -> tuple[BoardSize, ...]:
    c, b = headlines.c, boards.c
    texts = sum((bytes_of(c[name]) for name in DROPPED[1:]), bytes_of(c[DROPPED[0]]))
    purged = func.count(c.purged_at)
    query = (
        select(b.slug, func.count(c.arrival) - purged, func.coalesce(func.sum(texts), 0), purged, b.reclaimed_bytes)
        .outerjoin_from(boards, headlines, c.board_id == b.id)
        .group_by(b.id, b.slug, b.reclaimed_bytes)
        .order_by(b.slug)
    )
    return tuple(BoardSize(slug, *map(int, counts)) for slug, *counts in conn.execute(query))


def _sqlite(conn: Connection) -> tuple[int, int, dict[str, int]]:
    page, pages, free = (conn.scalar(text(f"PRAGMA {name}")) for name in ("page_size", "page_count", "freelist_count"))
    if not conn.scalar(text("SELECT 1 FROM pragma_module_list WHERE name = 'dbstat'")):
        return page * pages, page * free, {}
    each = "SELECT m.tbl_name, sum(s.pgsize), sum(s.unused) FROM dbstat s JOIN sqlite_master m USING (name) GROUP BY 1"
    stored = {name: (size, unused) for name, size, unused in conn.execute(text(each))}
    half_empty = sum(unused for _, unused in stored.values())
    return page * pages, page * free + half_empty, {name: size for name, (size, _) in stored.items()}


def _postgres(conn: Connection) -> tuple[int, None, dict[str, int]]:
    each = "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND pg_table_is_visible(oid)"
    stored: dict[str, int] = dict(map(tuple, conn.execute(text(each))))
    return conn.scalar(text("SELECT pg_database_size(current_database())")) or 0, None, stored
