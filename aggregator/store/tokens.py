"""Tokens: kept by their digests, and revoked for ever."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, or_, select, update

from aggregator.errors import ConflictError
from aggregator.store.tables import tokens
from aggregator.tokens import Scope, Token

FIELDS = tuple(tokens.c[name] for name in Token.__struct_fields__)
HOUR = timedelta(hours=1)


def add(conn: Connection, name: str, scope: Scope, digest: str, now: datetime) -> None:
    """Keep a new token. Raises ConflictError where the name is another's, or was."""
    if conn.scalar(select(tokens.c.id).where(tokens.c.name == name)) is not None:
        raise ConflictError(f"There is or was a token {name!r}: choose another name.")
    conn.execute(insert(tokens).values(name=name, scope=scope, digest=digest, made_at=now))


def every(conn: Connection) -> list[Token]:
    """All tokens, revoked ones too, by name."""
    return [Token(**row) for row in conn.execute(select(*FIELDS).order_by(tokens.c.name)).mappings()]


def known(conn: Connection, digest: str) -> Token | None:
    """The token of a digest; None where there is none or it was revoked."""
    query = select(*FIELDS).where(tokens.c.digest == digest, tokens.c.revoked_at.is_(None))
    row = conn.execute(query).mappings().one_or_none()
    return Token(**row) if row is not None else None


def used(conn: Connection, name: str, now: datetime) -> None:
    """Remember that the token was used, once an hour."""
    long_ago = or_(tokens.c.used_at.is_(None), tokens.c.used_at <= now - HOUR)
    conn.execute(update(tokens).where(tokens.c.name == name, long_ago).values(used_at=now))


def revoke(conn: Connection, name: str, now: datetime) -> None:
    """Let the token do nothing any more. Raises ConflictError where there is none."""
    revoking = update(tokens).where(tokens.c.name == name, tokens.c.revoked_at.is_(None)).values(revoked_at=now)
    if conn.execute(revoking.returning(tokens.c.id)).first() is None:
        raise ConflictError(f"There is no token {name!r} that could be revoked.")
