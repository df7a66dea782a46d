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
    before = conn.execute(select(seeds.c.slug, seeds.c.digest).where(seeds.c.kind == kind))
    applied = {row.slug: row.digest for row in before}
    digests = {slug: _digest(entry) for slug, entry in entries.items()}
    fresh = [slug for slug, digest in digests.items() if applied.get(slug) != digest]
    if fresh:
        conn.execute(delete(seeds).where(seeds.c.kind == kind, seeds.c.slug.in_(fresh)))
        conn.execute(insert(seeds), [{"kind": kind, "slug": slug, "digest": digests[slug]} for slug in fresh])
    return [entries[slug] for slug in fresh]


def _digest(entry: Struct) -> str:
    """A hash of what the entry says beyond the defaults, so that a field added to the program applies nothing anew."""
    said = {
        field.encode_name: getattr(entry, field.name)
        for field in structs.fields(entry)
        if getattr(entry, field.name) != field.default
    }
    return blake2b(json.encode(said, order="sorted"), digest_size=16).hexdigest()
