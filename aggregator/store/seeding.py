"""The rule of seeds: an entry of the settings is applied when it differs from the one applied last, else never again.

So the store is the truth: what an admin changed later survives a restart, and so does a removal.
"""

from hashlib import blake2b
from typing import TypeVar

from msgspec import Struct, json, structs
from sqlalchemy import Connection, delete, insert, select

from aggregator.store.tables import seeds

S = TypeVar("S", bound=Struct)


def changed_entries(conn: Connection, kind: str, entries: dict[str, S]) -> list[S]:
    """Those of ``entries`` (by slug) that differ from what was applied last; from now on they count as applied."""
    fresh = _fresh(conn, kind, entries)
    _apply(conn, kind, {slug: _digest(entries[slug]) for slug in fresh})
    return [entries[slug] for slug in fresh]


def carried_over(conn: Connection, kind: str, entries: dict[str, S], former: dict[str, S]) -> list[str]:
    """The entries that say what they said, though ``former`` digests were made otherwise: unchanged ones."""
    fresh = _fresh(conn, kind, entries)
    same = {slug: _digest(entries[slug]) for slug, digest in fresh.items() if digest == _digest(former[slug])}
    _apply(conn, kind, same)
    return list(same)


def _fresh(conn: Connection, kind: str, entries: dict[str, S]) -> dict[str, str | None]:
    """The entries that differ from what was applied last, with the digest of that."""
    before = conn.execute(select(seeds.c.slug, seeds.c.digest).where(seeds.c.kind == kind))
    applied = {row.slug: row.digest for row in before}
    return {slug: applied.get(slug) for slug, entry in entries.items() if applied.get(slug) != _digest(entry)}


def _apply(conn: Connection, kind: str, digests: dict[str, str]) -> None:
    if digests:
        conn.execute(delete(seeds).where(seeds.c.kind == kind, seeds.c.slug.in_(list(digests))))
        conn.execute(insert(seeds), [{"kind": kind, "slug": slug, "digest": made} for slug, made in digests.items()])


def _digest(entry: Struct) -> str:
    """A hash of what the entry says beyond the defaults, so that a field added to the program applies nothing anew."""
    said = {
        field.encode_name: getattr(entry, field.name)
        for field in structs.fields(entry)
        if getattr(entry, field.name) != field.default
    }
    return blake2b(json.encode(said, order="sorted"), digest_size=16).hexdigest()
