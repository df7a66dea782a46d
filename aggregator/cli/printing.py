"""Tables for people and JSON for programs, of the same rows."""

import sys
from collections.abc import Mapping, Sequence

import msgspec


def show(rows: Sequence[Mapping[str, object]], *, json: bool, title: str = "") -> None:
    """Print rows as a JSON array, or as a table whose columns are the first row's keys."""
    if json:
        say_json(rows)
        return
    from rich.console import Console  # noqa: PLC0415  three megabytes that a server, which prints none, does without
    from rich.table import Table  # noqa: PLC0415  the same

    table = Table(title=title or None, title_justify="left")
    for name in rows[0] if rows else ():
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
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
            return "yes" if value else ""
        case _:
            return str(value).replace("[", r"\[")
