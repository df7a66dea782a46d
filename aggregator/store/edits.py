"""The record of what admins changed: who, when, what was before and what is after; and settings that hold at once."""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct, json
from sqlalchemy import Connection, Row, delete, insert, select, update

from aggregator.store.tables import edits, live

Kind = Literal["board", "topic", "setting"]
State = dict[str, object]


class Edit(Struct, frozen=True, kw_only=True):
    """One change. None is nothing there: before what was added, after what was removed. ``undone_by`` took it back."""

    id: int
    at: datetime
    who: str
    kind: Kind
    slug: str
    before: State | None
    after: State | None
    undone_by: int | None = None


def record(
    conn: Connection, who: str, kind: Kind, slug: str, before: State | None, after: State | None, now: datetime
) -> int:
    """Keep a change; its id."""
    row = {"at": now, "who": who, "kind": kind, "slug": slug, "before": _text(before), "after": _text(after)}
    made: int = conn.execute(insert(edits).values(**row).returning(edits.c.id)).scalar_one()
    return made


def undone(conn: Connection, edit_id: int, by: int) -> None:
    """Mark a change as taken back by another."""
    conn.execute(update(edits).where(edits.c.id == edit_id).values(undone_by=by))


def one(conn: Connection, edit_id: int) -> Edit | None:
    """The change of that id."""
    row = conn.execute(select(edits).where(edits.c.id == edit_id)).one_or_none()
    return _edit(row) if row is not None else None


def latest(conn: Connection, n: int, before: int | None = None) -> list[Edit]:
    """The last ``n`` changes, the newest first; those with lower ids than ``before``."""
    query = select(edits).order_by(edits.c.id.desc()).limit(n)
    if before is not None:
        query = query.where(edits.c.id < before)
    return [_edit(row) for row in conn.execute(query)]


def settings(conn: Connection) -> dict[str, str]:
    """The settings that admins have changed, as they were said."""
    return {row.key: row.value for row in conn.execute(select(live))}


def put_setting(conn: Connection, key: str, value: str | None) -> None:
    """Let a setting be as said from now on; None is as settings.toml has it."""
    conn.execute(delete(live).where(live.c.key == key))
    if value is not None:
        conn.execute(insert(live).values(key=key, value=value))


def _edit(row: Row[Any]) -> Edit:
    fields = dict(row._mapping)  # noqa: SLF001  SQLAlchemy's public name for a row as a mapping
    sides = {name: json.decode(str(fields[name])) if fields[name] else None for name in ("before", "after")}
    return Edit(**{**fields, **sides})


def _text(state: State | None) -> str | None:
    return None if state is None else json.encode(state, order="sorted").decode()
