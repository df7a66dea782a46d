"""The one statement that the two databases spell alike and SQLAlchemy does not."""

from functools import cache

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert


def insert_absent(conn: Connection, into: Table) -> Insert:
    """An INSERT that passes over rows whose keys are there already, given out by a concurrent transaction say."""
    return _absent(conn.dialect.name, into)


@cache
def _absent(dialect: str, into: Table) -> Insert:
    if dialect == "sqlite":
        return sqlite.insert(into).on_conflict_do_nothing()
    return postgresql.insert(into).on_conflict_do_nothing()
