"""``aggregator schedule``: when boards are polled and why then, which ``set`` changes at once; what hosts are asked."""

from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from msgspec import structs

from aggregator import app as program
from aggregator.administration import change, effective
from aggregator.cli.admin import admin
from aggregator.cli.backfill import present
from aggregator.cli.printing import show
from aggregator.cli.setting import run, settings
from aggregator.hosts import Budget, budgets
from aggregator.model import Board
from aggregator.schedule import usual
from aggregator.schedule.cron import following
from aggregator.settings import Settings
from aggregator.store import boards, edits

# So many hosts are looked at at once.
HOSTS = 1_000

app = typer.Typer(invoke_without_command=True)
Slug = Annotated[str, typer.Argument(metavar="BOARD", help="The board's slug.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback()
def shown(context: typer.Context, *, json: Json = False) -> None:
    """Show when boards are polled next, the soonest first, and what sets their times; then when house is kept."""
    if context.invoked_subcommand is None:
        chosen = settings(context)
        show(run(_every(chosen)), json=json)
        if not json:
            show(_house(chosen, program.utc_now()), json=False, title="house-keeping")


@app.command("hosts")
def hosted(context: typer.Context, *, json: Json = False) -> None:
    """Show what each host is asked, what it may be asked, and when it may be asked again."""
    rows = [structs.asdict(one) for one in run(_hosts(settings(context)))]
    show(rows if json else [{name: _cell(value) for name, value in row.items()} for row in rows], json=json)


@app.command("set")
def changed(  # noqa: PLR0913  an argument is an option
    context: typer.Context,
    slug: Slug,
    *,
    every: Annotated[str | None, typer.Option(help="An interval such as 10m; ends cron and adaptive.")] = None,
    cron: Annotated[str | None, typer.Option(help='In the board\'s zone, such as "*/5 7-23 * * mon-fri".')] = None,
    adaptive: Annotated[bool | None, typer.Option(help="By the rate of its news.")] = None,
    active: Annotated[str | None, typer.Option(help='Hours and days, such as "07:00-23:00 mon-fri"; "": all.')] = None,
    freshness: Annotated[str | None, typer.Option(help="How long a headline may wait in the mean.")] = None,
    floor: Annotated[str | None, typer.Option(help="The shortest interval, where above [polling]'s.")] = None,
    ceiling: Annotated[str | None, typer.Option(help="The longest interval.")] = None,
) -> None:
    """Change when a board is polled; what is left out stays."""
    said: dict[str, object] = {
        "every": every,
        "cron": cron,
        "adaptive": adaptive,
        "active": active,
        "freshness": freshness,
        "floor": floor,
        "ceiling": ceiling,
    }
    given = {key: value for key, value in said.items() if value is not None}
    if every is not None:
        given = {"cron": "", "adaptive": False, **given}
    show([_row(run(_changed(settings(context), slug, given)), program.utc_now())], json=False)


def _cell(value: object) -> object:
    return f"{value:%m-%d %H:%M:%SZ}" if isinstance(value, datetime) else value


def _row(board: Board, now: datetime) -> dict[str, object]:
    return {
        "board": board.slug,
        "next_poll_at": f"{board.next_poll_at:%Y-%m-%d %H:%M:%SZ}",
        "in": "paused" if board.paused else str(max(board.next_poll_at - now, timedelta())).partition(".")[0],
        "by": usual(board, now).reason,
        "active": board.timing.active or "always",
        "failures": board.failures,
    }


def _house(chosen: Settings, now: datetime) -> list[dict[str, object]]:
    zone = ZoneInfo(chosen.polling.timezone)
    said = {name: getattr(chosen.housekeeping, name) for name in ("retention", "audit", "robots", "backup")}
    times = {name: following(cron, zone, now) if cron else None for name, cron in said.items()}
    return [
        {
            "what": name,
            "next_at": f"{at:%Y-%m-%d %H:%M:%SZ}" if at else "never",
            "by": f"cron {said[name]}" if at else "",
        }
        for name, at in times.items()
    ]


async def _every(chosen: Settings) -> list[dict[str, object]]:
    async with program.opened(chosen) as store:
        now = program.utc_now()
        await program.seed(store, chosen, now)
        found = sorted(await store.read(boards.every), key=lambda board: (board.paused, board.next_poll_at))
        return [_row(board, now) for board in found]


async def _hosts(chosen: Settings) -> list[Budget]:
    async with program.opened(chosen) as store:
        now = program.utc_now()
        await program.seed(store, chosen, now)
        holds = effective(chosen.polling, await store.read(edits.settings))
        found = list[Budget]()
        while page := await store.read(budgets, holds, now, found[-1].host if found else "", HOSTS):
            found += page
        return found


async def _changed(chosen: Settings, slug: str, given: dict[str, object]) -> Board:
    async with program.opened(chosen) as store:
        await present(store, slug)
        await store.write(change, await admin(store, chosen), "board", slug, given)
        return await present(store, slug)
