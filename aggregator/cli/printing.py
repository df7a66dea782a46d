"""Tables for people and JSON for programs, of the same rows."""

import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec

from aggregator.timing import spoken

EMPTY = (None, "", False, ())
# No number that is listed is higher, and no database takes one of more than 63 bits.
LAST_ID = 10**18 - 1


def show(rows: Sequence[Mapping[str, object]], *, json: bool, title: str = "") -> None:
    """Print rows as a JSON array, or as a table of the first row's keys, without columns that are empty throughout."""
    if json:
        say_json(rows)
        return
    from rich.console import Console  # noqa: PLC0415  three megabytes that a server, which prints none, does without
    from rich.table import Column, Table  # noqa: PLC0415  the same

    names = [name for name in (rows[0] if rows else ()) if any(row[name] not in EMPTY for row in rows)]
    columns = (Column(name.replace("_", " "), overflow="fold") for name in names)
    table = Table(*columns, title=title or None, title_justify="left")
    for row in rows:
        table.add_row(*(_cell(row[name]) for name in names))
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    console.print(table if rows else "none", markup=False)


def say_json(value: object) -> None:
    """Print one value as one line of JSON."""
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.buffer.flush()


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case timedelta():
            return spoken(value)
        case tuple():
            return "; ".join(map(str, value)).replace("[", r"\[")
        case _:
            return str(value).replace("[", r"\[")
