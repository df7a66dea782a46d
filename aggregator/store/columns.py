"""How Python's values lie in columns of both databases.

Times and durations are whole microseconds in a BIGINT: SQLite has no time type, and SQLAlchemy gives naive times back
from the one it pretends to have.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, Text, TypeDecorator
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """``text`` without what a database refuses: PostgreSQL has no NUL, neither can encode a lone surrogate."""
    return UNSTORABLE.sub("", text) if UNSTORABLE.search(text) else text


def are_storable(texts: Iterable[str]) -> bool:
    """Whether every one of ``texts`` can be stored as it is; asked of many at once, no pattern is as quick."""
    try:
        return b"\0" not in "".join(texts).encode()
    except UnicodeEncodeError:
        return False


class UtcDateTime(TypeDecorator[datetime]):
    """An aware ``datetime``, kept as microseconds since 1970 and given back in UTC."""

    impl = BigInteger
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], int | None]:  # noqa: ARG002  SQLAlchemy's
        """What gives microseconds; a naive time raises TypeError, because its zone would be a guess."""
        return _microseconds

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:  # noqa: ARG002  same
        """What gives the time in UTC: of every value of every row, so nothing stands between."""
        return _utc


def _microseconds(value: datetime | None) -> int | None:
    return None if value is None else (value - EPOCH) // MICROSECOND


def _utc(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + timedelta(microseconds=value)


class bytes_of(GenericFunction[int]):  # noqa: N801  an SQL function is spelt as it is called
    """How many bytes a text takes in UTF-8; 0 for none."""

    type = Integer()
    inherit_cache = True


@compiles(bytes_of, "sqlite")
def _length(element: bytes_of, compiler: SQLCompiler, **options: object) -> str:
    # Its octet_length is younger than the oldest SQLite that Python comes with.
    return f"coalesce(length(CAST({compiler.process(element.clauses, **options)} AS BLOB)), 0)"


@compiles(bytes_of, "postgresql")
def _octet_length(element: bytes_of, compiler: SQLCompiler, **options: object) -> str:
    return f"coalesce(octet_length({compiler.process(element.clauses, **options)}), 0)"


class Duration(TypeDecorator[timedelta]):
    """A ``timedelta``, kept as microseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:  # noqa: ARG002  SQLAlchemy's
        """Microseconds."""
        return None if value is None else value // MICROSECOND

    def process_result_value(self, value: Any | None, dialect: Dialect) -> timedelta | None:  # noqa: ANN401, ARG002  same
        """The duration."""
        return None if value is None else timedelta(microseconds=value)


class SafeText(TypeDecorator[str]):
    """Text that is made ``storable`` on its way in."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002  SQLAlchemy's
        """The text as it can be stored."""
        return None if value is None else storable(value)


class Lines(TypeDecorator[tuple[str, ...]]):
    """Texts without line breaks, each between two of them, so that SQL finds a whole one by looking for its line."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:  # noqa: ARG002  SQLAlchemy's
        """One text; empty where there are none."""
        return None if value is None else line(*map(storable, value)) if value else ""

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[str, ...] | None:  # noqa: ANN401, ARG002  same
        """The texts."""
        return None if value is None else tuple(value.split("\n")[1:-1]) if value else ()


def line(*texts: str) -> str:
    """``texts`` as ``Lines`` keeps them."""
    return "\n".join(("", *texts, ""))


# SQLite hands out row ids by itself only in a column spelt INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")
