"""Golden pairs: ``pages/NAME.html`` beside ``pages/NAME.json``, which states its claim and the rows to be read."""

import json
import re
from pathlib import Path

from msgspec import Struct, convert

from aggregator.model import Numbering, Row

PAGES = Path(__file__).parent / "pages"
NAMES = sorted(path.stem for path in PAGES.glob("*.json"))
_HINTS = re.compile(r"""(?i)\s(?:class|id|alt|style)\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""")


class Golden(Struct, frozen=True):
    """What a page shows, written down by hand."""

    claim: str
    url: str
    numbering: Numbering
    next_page: str | None
    rows: tuple[Row, ...]


def golden(name: str) -> tuple[str, Golden]:
    """Return the page *name* and what must be read from it."""
    text = (PAGES / f"{name}.html").read_text("utf-8")
    return text, convert(json.loads((PAGES / f"{name}.json").read_text("utf-8")), Golden)


def without_hints(text: str) -> str:
    """Return *text* without class, id, alt and style attributes."""
    return _HINTS.sub("", text)
