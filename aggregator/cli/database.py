"""``aggregator db``: upgrade, check, backup."""

from pathlib import Path
from typing import Annotated

import typer

from aggregator.cli.setting import settings
from aggregator.store import migrating

app = typer.Typer(no_args_is_help=True)


@app.command()
def upgrade(context: typer.Context) -> None:
    """Create the store, or bring it to this program's version."""
    typer.echo(migrating.upgrade(settings(context).store.url))


@app.command()
def check(context: typer.Context) -> None:
    """Say whether the store fits this program; exit 1 where it does not."""
    typer.echo(migrating.check(settings(context).store.url))


@app.command()
def backup(context: typer.Context, file: Annotated[Path, typer.Argument(help="A file that is not there yet.")]) -> None:
    """Copy an SQLite store to FILE while it is in use."""
    migrating.backup(settings(context).store.url, file)
    typer.echo(f"{file}: {file.stat().st_size:,} bytes")
