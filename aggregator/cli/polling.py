"""``aggregator serve`` and ``aggregator poll``: the program as a service, and the writing half once by hand."""

import sys
from datetime import timedelta
from typing import Annotated

import typer

from aggregator import app
from aggregator.cli.printing import show
from aggregator.cli.setting import keep_log, run, settings
from aggregator.errors import StoreError
from aggregator.fetch import Fetcher
from aggregator.model import Board, Poll
from aggregator.poll import poll as poll_board
from aggregator.running import Part
from aggregator.settings import Settings
from aggregator.store import Store, boards, claims
from aggregator.store.origins import StoredMemory
from aggregator.workers import Workers


def serve(
    context: typer.Context,
    *,
    demo: Annotated[bool, typer.Option("--demo", help="Run the built-in demo boards beside the server.")] = False,
    no_poll: Annotated[bool, typer.Option("--no-poll", help="Serve what is stored and poll nothing.")] = False,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=64, help="Processes that serve; one of them polls.")
    ] = 1,
    worker: Annotated[bool, typer.Option("--worker", hidden=True)] = False,
) -> None:
    """Poll the boards and serve their feeds until interrupted."""
    file = context.find_root().obj
    command = (sys.executable, "-m", "aggregator", "--config", str(file), "serve", "--worker")
    part = Part(Workers(command, workers - 1) if workers > 1 else None, worker)
    keep_log(settings(context))
    sys.setswitchinterval(app.SWITCH_SECONDS)
    run(app.serve(lambda: settings(context), demo=demo, polls=not (no_poll or worker), say=_say, part=part))


def poll(
    context: typer.Context,
    slugs: Annotated[list[str] | None, typer.Argument(metavar="[BOARD...]", show_default=False)] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Poll boards once (all when none is named) and print what came of it; exit 1 if one failed."""
    records = run(_poll_all(settings(context), slugs or []))
    show([outcome(record) for record in records], json=json)
    if any(record.error for record in records):
        raise typer.Exit(1)


def outcome(record: Poll) -> dict[str, object]:
    """Return a poll's record as it is printed."""
    return {
        "board": record.board,
        "result": record.result,
        "rows": record.rows,
        "new": record.new,
        "changed": record.changed,
        "seconds": round((record.finished_at - record.started_at).total_seconds(), 3),
        "stage": record.stage,
        "status": record.status,
        "error": record.error,
        "faults": record.faults,
    }


def _say(url: str) -> None:
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()


async def _poll_all(chosen: Settings, slugs: list[str]) -> list[Poll]:
    from rich.console import Console  # noqa: PLC0415  what ``serve`` does without
    from rich.progress import track  # noqa: PLC0415  the same

    async with app.opened(chosen) as store:
        await app.seed(store, chosen, app.utc_now())
        every = await store.read(boards.every)
        names = slugs or [board.slug for board in every if not board.paused]
        if unknown := sorted(set(names) - {board.slug for board in every}):
            raise StoreError(f"no board is called {', '.join(unknown)}; there are: {', '.join(b.slug for b in every)}")
        async with Fetcher(app.limits(chosen), clock=app.utc_now, memory=StoredMemory(store)) as fetcher:
            bar = track(names, description="polling", console=Console(stderr=True), transient=True)
            return [await _poll_one(slug, store, fetcher, chosen) for slug in bar]


async def _poll_one(slug: str, store: Store, fetcher: Fetcher, chosen: Settings) -> Poll:
    now = app.utc_now()
    known = await store.read(boards.by_slug, slug)
    if known is not None and known.standing.notice is not None:
        return _not_now(slug, f"{known.standing.notice}; resume it first")
    if known is not None and now < (again := known.standing.soonest(chosen.polling.floor, now)):
        return _not_now(slug, f"may not be asked now; again from {again:%H:%M:%S} UTC")
    board: Board | None = await store.write(claims.claim_one, slug, now, timedelta(minutes=5))
    if board is None:
        return _not_now(slug, "is being polled by another process")
    return await poll_board(board, fetcher=fetcher, store=store, clock=app.utc_now, polling=chosen.polling)


def _not_now(slug: str, why: str) -> Poll:
    now = app.utc_now()
    return Poll(board=slug, started_at=now, finished_at=now, result="unchanged", faults=(why,))
