"""``aggregator db``: upgrade, check, size, purge, backup, restore."""

from pathlib import Path
from typing import Annotated

import typer

from aggregator import app as program
from aggregator.cli.printing import say_json, show
from aggregator.cli.setting import run, settings
from aggregator.housekeeping import Swept, sweep
from aggregator.settings import Settings
from aggregator.store import copies, migrating
from aggregator.store.sizes import Sizes, sizes

app = typer.Typer(no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def upgrade(context: typer.Context) -> None:
    """Create the store, or bring it to this program's version."""
    typer.echo(migrating.upgrade(settings(context).store.url))


@app.command()
def check(context: typer.Context) -> None:
    """Say whether the store fits this program and is whole, and what room it takes; exit 1 where it does not."""
    url = settings(context).store.url
    typer.echo(migrating.check(url))
    _show(migrating.found(url, sizes))


@app.command()
def size(context: typer.Context, *, json: Json = False) -> None:
    """Show the room that tables and boards take, and what of it could be had back."""
    found = migrating.found(settings(context).store.url, sizes)
    if json:
        say_json(found)
    else:
        _show(found)


@app.command()
def purge(
    context: typer.Context,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be dropped; drop nothing.")] = False,
    vacuum: Annotated[bool, typer.Option("--vacuum", help="Then write the file anew, as small as it can be.")] = False,
    json: Json = False,
) -> None:
    """Drop what the settings' [retention] and the boards' own rules keep no longer; the server does it by itself."""
    chosen = settings(context)
    swept = run(_swept(chosen, dry=dry_run))
    rows = [{"board": slug, **_counts(swept, slug)} for slug in swept.boards]
    if json:
        say_json({"boards": rows, "polls": swept.polls, "dry_run": dry_run})
    else:
        show(rows, json=False, title="would be dropped" if dry_run else "dropped")
        typer.echo(f"records of polls: {swept.polls:,}")
    if vacuum and not dry_run:
        before, after = migrating.vacuum(chosen.store.url)
        typer.echo(f"file: {before:,} bytes before, {after:,} after", err=json)


@app.command()
def backup(context: typer.Context, file: Annotated[Path, typer.Argument(help="A file that is not there yet.")]) -> None:
    """Copy an SQLite store to FILE while it is in use."""
    copies.backup(settings(context).store.url, file)
    typer.echo(f"{file}: {file.stat().st_size:,} bytes")


@app.command()
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A backup.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Even while a server uses the store.")] = False,
) -> None:
    """Put a backup in the SQLite store's place; what stood there is kept beside it."""
    url = settings(context).store.url
    kept = copies.restore(url, file, program.utc_now(), force=force)
    typer.echo(f"{file} is the store now" + (f"; the one before is {kept}" if kept is not None else ""))


async def _swept(chosen: Settings, *, dry: bool) -> Swept:
    async with program.opened(chosen) as store:
        await program.seed(store, chosen, program.utc_now())
        return await sweep(store, chosen.retention, program.utc_now(), dry=dry)


def _counts(swept: Swept, slug: str) -> dict[str, object]:
    dropped = swept.boards[slug]
    return {"headlines": dropped.headlines, "revisions": dropped.revisions, "text_bytes": dropped.text_bytes}


def _show(found: Sizes) -> None:
    show([{"table": one.table, "rows": one.rows, "bytes": one.bytes} for one in found.tables], json=False)
    columns = "board", "headlines", "text_bytes", "purged", "reclaimed_bytes"
    show([{name: getattr(one, name) for name in columns} for one in found.boards], json=False)
    free = "" if found.free_bytes is None else f", of which `db purge --vacuum` gives back {found.free_bytes:,}"
    typer.echo(f"{found.total_bytes:,} bytes{free}")
