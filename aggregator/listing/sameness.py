"""Is it the page that was read last? Told from its list's own part without parsing it.

A page without validators is another one at each request: views are counted, tokens drawn, ages told. What of that
stands outside the list is not looked at; inside, a bare number that says nothing which was read may change.
"""

import re
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from msgspec import json

from aggregator.listing.selectors import cut
from aggregator.manners import Seen
from aggregator.model import Row
from aggregator.recipe import Recipe

_DIGITS: Final = re.compile(r"\d+", re.ASCII)
_BARE: Final = re.compile(r"[^<>]*>\s*(\d[\d,]*)\s*", re.ASCII)


def same(seen: Seen, recipe: Recipe, text: str, url: str) -> bool:
    """Whether the page *text* at *url* reads as the one did of which *seen* is kept; False where that is not sure."""
    if not seen.digest or (pieces := _pieces(recipe, text)) is None:
        return False
    return max(seen.loose, default=-1) < len(pieces) and _digest(recipe, pieces, seen.loose, url) == seen.digest


def kept(recipe: Recipe, text: str, url: str, rows: Iterable[Row]) -> Seen:
    """What to keep of the page *text*, of which *recipe* read *rows*; of a list whose part is not known nothing.

    A bare number between two tags is loose where no field that was read holds its digits: then no field is read there.
    """
    if (pieces := _pieces(recipe, text)) is None:
        return Seen()
    fields = (field for row in rows for field in _said(row))
    read = {figure for field in fields if field is not None for figure in _DIGITS.findall(str(field))}
    ending = ((at, piece) for at, piece in enumerate(pieces) if piece.rstrip()[-1:].isdecimal())
    bare = ((at, _BARE.fullmatch(piece)) for at, piece in ending)
    loose = tuple(at for at, found in bare if found is not None and read.isdisjoint(_DIGITS.findall(found[1])))
    return Seen(digest=_digest(recipe, pieces, loose, url), loose=loose)


def _said(row: Row) -> tuple[str | int | None, ...]:
    return (row.title, row.number, row.source, row.date_text, row.date_exact, row.comments, row.category)


def _pieces(recipe: Recipe, text: str) -> list[str] | None:
    part = cut(text, recipe.within) if recipe.within else None
    return None if part is None else part.split("<")


def _digest(recipe: Recipe, pieces: list[str], loose: Iterable[int], url: str) -> str:
    """A digest of *pieces*, where a *loose* one that is still a bare number counts as its tag alone."""
    told = pieces.copy()
    for at in loose:
        if _BARE.fullmatch(told[at]):
            told[at] = told[at].partition(">")[0]
    whole = "\x1f".join((url, "<".join(told)))
    return blake2b(json.encode(recipe) + whole.encode(errors="replace"), digest_size=16).hexdigest()
