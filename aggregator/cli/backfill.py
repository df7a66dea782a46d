"""``aggregator boards backfill``: how far back a board's history is read, changed and watched."""

import asyncio
import sys
from functools import partial
from typing import Annotated

import typer

from aggregator import app as program
from aggregator.administration import Admin, recorded
from aggregator.cli.admin import admin
from aggregator.cli.setting import run, settings
from aggregator.errors import SettingsError, StoreError
from aggregator.history import about, sentence
from aggregator.kinds import BACKFILL, Kind
from aggregator.model import Board
from aggregator.settings import PollingSettings, Settings
from aggregator.store import Store, Transaction, backfill, boards

LOOK_SECONDS = 1.0


def change(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(metavar="BOARD", help="The board's slug.")],
    *,
    pages: Annotated[int | None, typer.Option(min=1, max=999_999, help="Read so many pages more.")] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Read back to a day, such as 2026-01-01.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Read to the list's end.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Read no more of it; what is stored stays.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Show a progress bar until it is done.")] = False,
) -> None:
    """Say how far back a board's history is read; the server's polls read it. Without an option: how far it is."""
    chosen = settings(context)
    said = [str(pages)] if pages is not None else []
    said += [checked("--since", since)] if since is not None else []
    said += ["all"] * everything + ["none"] * stop
    if len(said) > 1:
        raise SettingsError("boards backfill: found several of --pages, --since, --all and --stop; allowed: one")
    run(_change(chosen, slug, said[0] if said else None, watch=watch))


def checked(option: str, value: str, kind: Kind = BACKFILL) -> str:
    """The value as it was given. Raises SettingsError where it is none of its kind."""
    try:
        kind.parse(value)
    except ValueError as error:
        raise SettingsError.wrong(option, value, kind.allowed) from error
    return value


async def history(store: Store, board: Board, polling: PollingSettings) -> str | None:
    """How far a board's history has come, in words; None where none is wanted."""
    reach = await store.read(backfill.reach, board) if board.backfill != "none" else None
    return None if reach is None else sentence(reach, reach.time_left(polling.pages, polling.floor))


async def _change(chosen: Settings, slug: str, wanted: str | None, *, watch: bool) -> None:
    async with program.opened(chosen) as store:
        board = await present(store, slug)
        if wanted is not None:
            await store.write(_wish, await admin(store, chosen), board, wanted)
        if watch:
            await _watched(store, chosen, slug)
        board = await present(store, slug)
        said = await history(store, board, chosen.polling)
    sys.stdout.write(f"{slug}: history: {said or 'none is wanted'}\n")


def _wish(tx: Transaction, who: Admin, board: Board, wanted: str) -> None:
    due = board.standing.soonest(who.polling.floor, who.now)
    recorded(tx, who, board.slug, partial(backfill.change, tx, board, wanted, who.now, due))


async def present(store: Store, slug: str) -> Board:
    """The board of that slug. Raises StoreError, naming those there are, where it is unknown or removed."""
    board = await store.read(boards.by_slug, slug)
    if board is None or board.removed_at is not None:
        there = ", ".join(board.slug for board in await store.read(boards.every)) or "none"
        raise StoreError(f"no board is called {slug!r}; there are: {there}")
    return board


async def _watched(store: Store, chosen: Settings, slug: str) -> None:
    """Show how far it is until it is done: the store is looked at, a server beside us polls."""
    from rich.console import Console  # noqa: PLC0415  what ``serve`` does without
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415  the same

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[left]}")
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(slug, total=None, left="")
        while True:
            board = await present(store, slug)
            reach = await store.read(backfill.reach, board)
            if reach is None:
                return
            left = reach.time_left(chosen.polling.pages, chosen.polling.floor)
            said = "" if left is None else f"about {about(left)} left"
            bar.update(task, completed=reach.rows, total=reach.total, left=said)
            if reach.gap.closed_at is not None:
                return
            await asyncio.sleep(LOOK_SECONDS)
