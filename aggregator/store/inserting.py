"""What SQLAlchemy spells for one database alone, or slowly: rows that may be there, rows by the thousand."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert

from aggregator.store.columns import SafeText, are_storable


def insert_absent(conn: Connection, into: Table) -> Insert:
    """An INSERT that passes over rows whose keys are there already, given out by a concurrent transaction say."""
    return _absent(conn.dialect.name, into)


def insert_many_absent(conn: Connection, into: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Run that INSERT with ``rows``, which all name the same columns in the same order."""
    if not rows:
        return
    if conn.dialect.name != "sqlite":
        conn.execute(insert_absent(conn, into), rows)
        return
    # Told row by row SQLAlchemy spends more on a row's values than SQLite on the row; a column at a time is a third.
    names = tuple(rows[0])
    bound = [_bound(conn, into, name, [row[name] for row in rows]) for name in names]
    conn.exec_driver_sql(_spelt(into, names), list(zip(*bound, strict=True)))


@cache
def _absent(dialect: str, into: Table) -> Insert:
    if dialect == "sqlite":
        return sqlite.insert(into).on_conflict_do_nothing()
    return postgresql.insert(into).on_conflict_do_nothing()


@cache
def _spelt(into: Table, names: tuple[str, ...]) -> str:
    """The INSERT with a mark for each of the columns, in their order."""
    listed, marks = ", ".join(names), ", ".join("?" * len(names))
    return f"INSERT INTO {into.name} ({listed}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608  no value in it


def _bound(conn: Connection, into: Table, name: str, values: list[Any]) -> Iterable[Any]:
    """A column's values as the driver takes them."""
    kind = into.c[name].type
    if isinstance(kind, SafeText) and are_storable(filter(None, values)):
        return values
    processor: Callable[[Any], Any] | None = kind.dialect_impl(conn.dialect).bind_processor(conn.dialect)
    if processor is None:
        return values
    # Rows that come together share times and flags.
    return map({value: processor(value) for value in set(values)}.__getitem__, values)
