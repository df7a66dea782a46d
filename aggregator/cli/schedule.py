"""``aggregator schedule``: when boards are polled and why then; ``set`` changes it, in a running server too."""

from datetime import datetime, timedelta
from typing import Annotated

import typer
from msgspec import structs

from aggregator import app as program
from aggregator.cli.backfill import checked, present
from aggregator.cli.printing import show
from aggregator.cli.setting import run, settings
from aggregator.errors import SettingsError
from aggregator.kinds import ACTIVE, CRON, SPAN, Kind
from aggregator.model import Board
from aggregator.schedule import usual
from aggregator.settings import Settings
from aggregator.store import boards

app = typer.Typer(invoke_without_command=True)
Slug = Annotated[str, typer.Argument(metavar="BOARD", help="The board's slug.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def shown(context: typer.Context, *, json: Json = False) -> None:
    """Show when boards are polled next, the soonest first, and what sets their times."""
    if context.invoked_subcommand is None:
        show(run(_every(settings(context))), json=json)


@app.command("set")
def changed(
    context: typer.Context,
    slug: Slug,
    *,
    every: Annotated[str | None, typer.Option(help="An interval such as 10m; ends cron and adaptive.")] = None,
    cron: Annotated[str | None, typer.Option(help='In the board\'s zone, such as "*/5 7-23 * * mon-fri".')] = None,
    adaptive: Annotated[bool | None, typer.Option(help="By the rate of its news.")] = None,
    active: Annotated[str | None, typer.Option(help='Hours and days, such as "07:00-23:00 mon-fri"; "": all.')] = None,
    freshness: Annotated[str | None, typer.Option(help="How long a headline may wait in the mean.")] = None,
) -> None:
    """Change when a board is polled; what is left out stays."""
    chosen = settings(context)
    given = {"cron": _said("--cron", cron, CRON), "active": _said("--active", active, ACTIVE), "adaptive": adaptive}
    given |= {"freshness": _said("--freshness", freshness, SPAN)}
    interval = _said("--every", every, SPAN)
    if interval is not None:
        if not isinstance(interval, timedelta) or interval < chosen.polling.floor:
            raise SettingsError(f"--every: found {every!r}; allowed: at least [polling] floor, {chosen.polling.floor}")
        given = {"cron": "", "adaptive": False, **{key: value for key, value in given.items() if value is not None}}
    board = run(_changed(chosen, slug, interval, {key: value for key, value in given.items() if value is not None}))
    show([_row(board, program.utc_now())], json=False)


def _said(option: str, value: str | None, kind: Kind) -> object:
    return None if value is None else kind.parse(checked(option, value, kind))


def _row(board: Board, now: datetime) -> dict[str, object]:
    return {
        "board": board.slug,
        "next_poll_at": f"{board.next_poll_at:%Y-%m-%d %H:%M:%SZ}",
        "in": "paused" if board.paused else str(max(board.next_poll_at - now, timedelta())).partition(".")[0],
        "by": usual(board, now).reason,
        "active": board.timing.active or "always",
        "failures": board.failures,
    }


async def _every(chosen: Settings) -> list[dict[str, object]]:
    async with program.opened(chosen) as store:
        now = program.utc_now()
        await program.seed(store, chosen, now)
        found = sorted(await store.read(boards.every), key=lambda board: (board.paused, board.next_poll_at))
        return [_row(board, now) for board in found]


async def _changed(chosen: Settings, slug: str, every: object, given: dict[str, object]) -> Board:
    async with program.opened(chosen) as store:
        board, now = await present(store, slug), program.utc_now()
        interval = every if isinstance(every, timedelta) else board.every
        timing = structs.replace(board.timing, **given)
        await store.write(boards.reschedule, slug, interval, timing, now, chosen.polling.floor)
        return await present(store, slug)
