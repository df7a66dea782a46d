"""``aggregator health``: how boards fare; the exit code tells a watchdog."""

import sys
from datetime import datetime, timedelta
from typing import Annotated

import typer
from msgspec import structs

from aggregator import app as program
from aggregator.cli.backfill import present
from aggregator.cli.printing import show
from aggregator.cli.setting import run, settings
from aggregator.health import ALARMS, STATES, Health, health, said
from aggregator.settings import Settings
from aggregator.store import boards
from aggregator.store import health as states


def fares(
    context: typer.Context,
    slug: Annotated[str | None, typer.Argument(metavar="[BOARD]", help="The board's slug.")] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say how boards fare, the worst first; ends with 1 where one needs a look."""
    found = run(_judged(settings(context), slug))
    rows = [{name: _cell(value, json=json) for name, value in structs.asdict(one).items()} for one in found]
    if not json and slug is None:
        rows = [{name: row[name] for name in ("board", "state", "sentence", "next_poll_at")} for row in rows]
    show(rows, json=json)
    if any(one.state in ALARMS for one in found):
        sys.exit(1)


def _cell(value: object, *, json: bool) -> object:
    if isinstance(value, timedelta):
        return value.total_seconds() if json else said(value)
    return f"{value:%Y-%m-%d %H:%M:%SZ}" if isinstance(value, datetime) else value


async def _judged(chosen: Settings, slug: str | None) -> list[Health]:
    async with program.opened(chosen) as store:
        asked = [await present(store, slug)] if slug is not None else await store.read(boards.every)
        now = program.utc_now()
        judged = [health(signs, now) for signs in await store.read(states.signs, [board.id for board in asked])]
        return sorted(judged, key=lambda one: (STATES.index(one.state), one.board))
