"""``aggregator boards``: list, add, show, pause, resume, keep, remove; ``backfill`` and ``recipes`` hold the rest."""

import re
import sys
from datetime import timedelta
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import typer
from msgspec import structs

from aggregator import app as program
from aggregator.administration import PAUSED, change, noted, put
from aggregator.cli import backfill as filling
from aggregator.cli import edits, recipes
from aggregator.cli.admin import admin
from aggregator.cli.backfill import checked, history, present
from aggregator.cli.manners import manners
from aggregator.cli.polling import outcome
from aggregator.cli.printing import say_json, show
from aggregator.cli.reading import brief
from aggregator.cli.setting import run, settings
from aggregator.entries import LONGEST_DAYS, MOST_ROWS, BoardSeed, section
from aggregator.errors import SettingsError
from aggregator.fetch import Fetcher
from aggregator.folding import fold
from aggregator.kinds import BACKFILL, LIMIT_SLUG_CHARS, SLUG, SPAN, TAGS, WEB, ZONE
from aggregator.look import Answer, look
from aggregator.model import Board, BoardSpec, Poll, Validators
from aggregator.poll import adopt
from aggregator.settings import Settings
from aggregator.store import Store, boards, polls
from aggregator.store.origins import StoredMemory
from aggregator.timing import Timing, spoken

app = typer.Typer(no_args_is_help=True)
app.command()(recipes.recipe)
app.command()(recipes.learn)
app.command("backfill")(filling.change)
app.command()(manners)
app.command("set")(edits.changed)
Slug = Annotated[str, typer.Argument(metavar="BOARD", help="The board's slug.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PREVIEW_ROWS = 5
# What a list of boards has room for.
LISTED = ("slug", "name", "every", "tags", "paused", "history", "quarantine", "notice", "liberties", "next_poll_at")


@app.command("list")
def listed(context: typer.Context, *, json: Json = False) -> None:
    """List the boards; `boards show` and --json say all of each."""
    rows = run(_every(settings(context)))
    show(rows if json else [{name: row[name] for name in LISTED} for row in rows], json=json)


@app.command()
def add(  # noqa: PLR0913  an argument is an option
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="A list page.")],
    *,
    slug: Annotated[str | None, typer.Option(help="The name in URLs; default: made from the URL.")] = None,
    name: Annotated[str | None, typer.Option(help="The name for people; default: the slug.")] = None,
    every: Annotated[str | None, typer.Option(help="How often to poll, such as 10m.")] = None,
    cron: Annotated[str | None, typer.Option(help='Instead, at times of its zone: "*/5 7-23 * * mon-fri".')] = None,
    adaptive: Annotated[bool, typer.Option(help="Instead, by the rate of its news.")] = False,
    active: Annotated[str | None, typer.Option(help='Only then: "07:00-23:00 mon-fri".')] = None,
    zone: Annotated[str | None, typer.Option("--timezone", help="The board's IANA time zone.")] = None,
    backfill: Annotated[str, typer.Option(help="How far back: none, a number of pages, a date, or all.")] = "none",
    tag: Annotated[list[str] | None, typer.Option(help="A word that filters name it by; may be repeated.")] = None,
    preview: Annotated[bool, typer.Option(help="Fetch it now; this counts as the first poll.")] = True,
    json: Json = False,
) -> None:
    """Add a board: read its page once, show five rows, and poll it from now on."""
    chosen = settings(context)
    spec = _spec(chosen, checked("URL", url, WEB), slug, name, every, zone)
    spec = structs.replace(spec, timing=_timing(spec, cron=cron, adaptive=adaptive, active=active))
    spec = structs.replace(spec, backfill=checked("--backfill", backfill, BACKFILL), tags=_tags(tag or []))
    board, answer, known = run(_add(chosen, spec, preview=preview))
    shown = answer.reading.headlines[:PREVIEW_ROWS] if answer is not None and answer.reading is not None else ()
    offered = answer.reading.native_feed if answer is not None and answer.reading is not None else None
    if json:
        say_json({**_row(board), "already_known": known, "native_feed": offered, "preview": brief(shown)})
        return
    if offered is not None:
        sys.stderr.write(
            f"The page announces a feed of its own: {offered}\n"
            "Added instead, it would lose the numbers, and whatever leaves its window between two polls.\n"
        )
    if shown:
        show(brief(shown), json=False)
    sys.stdout.write(f"{'known already as' if known else 'added'} {board.slug}\n")
    for ending in program.FORMATS:
        sys.stdout.write(f"{chosen.public_url}/boards/{board.slug}.{ending}\n")


@app.command("show")
def shown(context: typer.Context, slug: Slug, *, json: Json = False) -> None:
    """Show a board, its entry beside the one in settings.toml, and its last polls."""
    row, entry, recent = run(_one(settings(context), slug))
    if json:
        say_json({**row, "entry": entry, "polls": recent})
        return
    show([{"key": key, "value": value} for key, value in row.items()], json=False)
    show(entry, json=False)
    show([{"at": f"{p.started_at:%Y-%m-%d %H:%M:%S}", **outcome(p)} for p in recent], json=False)


@app.command()
def pause(context: typer.Context, slug: Slug) -> None:
    """Poll a board no more until it is resumed; its feeds stay."""
    run(_pause(settings(context), slug, paused=True))


@app.command()
def resume(context: typer.Context, slug: Slug) -> None:
    """Poll a paused board again."""
    run(_pause(settings(context), slug, paused=False))


@app.command()
def keep(
    context: typer.Context,
    slug: Slug,
    *,
    days: Annotated[int | None, typer.Option(min=0, max=LONGEST_DAYS, help="Days since first sight; 0: all.")] = None,
    rows: Annotated[int | None, typer.Option(min=0, max=MOST_ROWS, help="Rows of its list; 0: all.")] = None,
) -> None:
    """Say how long a board's headlines are kept; what is left out is as [retention] says."""
    run(_keep(settings(context), slug, days, rows))


@app.command()
def remove(
    context: typer.Context,
    slug: Slug,
    *,
    purge: Annotated[bool, typer.Option("--purge", help="Forget its headlines too.")] = False,
) -> None:
    """Remove a board: its feeds answer 410; its headlines stay unless purged."""
    run(_remove(settings(context), slug, purge=purge))


def slug_of(url: str) -> str:
    """Return a slug made from a URL's host and the last word of its query or path.

    >>> slug_of("https://www.board.example/index.php?mid=News")
    'board-example-news'
    """
    parts = urlsplit(url)
    words = [value for _, value in parse_qsl(parts.query)] or [part for part in parts.path.split("/") if part]
    host = (parts.hostname or "").removeprefix("www.")
    last = words[0] if words else ""
    return re.sub(r"[^a-z0-9]+", "-", f"{host}-{last}".lower()).strip("-")[:LIMIT_SLUG_CHARS].rstrip("-")


def _row(board: Board, read: str | None = None) -> dict[str, object]:
    return {
        "slug": board.slug,
        "name": board.name,
        "url": board.url,
        "timezone": board.timezone,
        "every": spoken(board.every),
        "tags": ", ".join(board.tags),
        "numbering": board.numbering,
        "paused": board.paused,
        "history": read,
        "keep_days": board.keep_days,
        "keep_rows": board.keep_rows,
        "recipe": _read_by(board),
        "quarantined_since": board.quarantined_since and f"{board.quarantined_since:%Y-%m-%d %H:%M:%SZ}",
        "quarantine": board.quarantine,
        "failures": board.failures,
        "notice": board.standing.notice,
        "liberties": "; ".join(board.manners.liberties) or None,
        "next_poll_at": f"{board.next_poll_at:%Y-%m-%d %H:%M:%SZ}",
    }


def _read_by(board: Board) -> str:
    """In a word how a board is read: `boards recipe` says it all."""
    if board.recipe is None:
        return "not learnt yet"
    origin = "learnt" if board.recipe.learnt else "by hand"
    return f"{origin}: {board.recipe.rows or f'detection ({board.recipe.layout})'}"


def _tags(said: list[str]) -> tuple[str, ...]:
    return tuple(sorted({fold(checked("--tag", tag, TAGS)) for tag in said}))


def _timing(spec: BoardSpec, **said: object) -> Timing:
    """What the options say beside the interval; they are read as an entry's keys are."""
    given = {key: value for key, value in said.items() if value is not None}
    entry = {"slug": spec.slug, "url": spec.url, **given}
    seed = section(BoardSeed, entry, "boards add", {key: f"--{key}" for key in given})
    return Timing(**{key: getattr(seed, key) for key in Timing.__struct_fields__})


def _spec(
    chosen: Settings, url: str, slug: str | None, name: str | None, every: str | None, zone: str | None
) -> BoardSpec:
    interval = chosen.polling.interval
    if every is not None:
        asked = SPAN.parse(checked("--every", every, SPAN))
        if not isinstance(asked, timedelta) or asked < chosen.polling.floor:
            raise SettingsError(f"--every: found {every!r}; allowed: at least [polling] floor, {chosen.polling.floor}")
        interval = asked
    called = checked("--slug", slug or slug_of(url), SLUG)
    place = checked("--timezone", zone or chosen.polling.timezone, ZONE)
    return BoardSpec(slug=called, name=name or called, url=url, timezone=place, every=interval, follows=every is None)


async def _every(chosen: Settings) -> list[dict[str, object]]:
    async with program.opened(chosen) as store:
        await program.seed(store, chosen, program.utc_now())
        return [await _shown(store, board, chosen) for board in await store.read(boards.every)]


async def _shown(store: Store, board: Board, chosen: Settings) -> dict[str, object]:
    return _row(board, await history(store, board, chosen.polling))


async def _add(chosen: Settings, spec: BoardSpec, *, preview: bool) -> tuple[Board, Answer | None, bool]:
    async with program.opened(chosen) as store:
        started, answer = program.utc_now(), None
        known = await store.read(boards.by_url, spec.url)
        if preview and known is None:
            spec, answer = await _previewed(chosen, spec, store)
            known = await store.read(boards.by_url, spec.url)
        if known is not None:
            return known, None, True
        board = await store.write(adopt, spec, answer, started, program.utc_now(), chosen.polling)
        await store.write(noted, await admin(store, chosen), "board", spec.slug, None)
        return board, answer, False


async def _previewed(chosen: Settings, spec: BoardSpec, store: Store) -> tuple[BoardSpec, Answer]:
    """What the board's page holds; where a document of the list was pasted, the list takes its place."""
    async with Fetcher(program.limits(chosen), clock=program.utc_now, memory=StoredMemory(store)) as fetcher:
        answer = await _looked(fetcher, spec)
        if answer.reading is not None and answer.reading.list_url is not None:
            spec = structs.replace(spec, url=answer.reading.list_url)
            answer = await _looked(fetcher, spec)
    return spec, answer


async def _looked(fetcher: Fetcher, spec: BoardSpec) -> Answer:
    answer = await look(fetcher, spec.url, Validators(), zone=ZoneInfo(spec.timezone), clock=program.utc_now)
    if answer.error is not None:
        raise answer.error
    return answer


async def _one(chosen: Settings, slug: str) -> tuple[dict[str, object], list[dict[str, object]], list[Poll]]:
    async with program.opened(chosen) as store:
        board = await present(store, slug)
        entry = await edits.beside(store, chosen, slug)
        return await _shown(store, board, chosen), entry, await store.read(polls.recent, slug, 10)


async def _pause(chosen: Settings, slug: str, *, paused: bool) -> None:
    async with program.opened(chosen) as store:
        await present(store, slug)
        await store.write(change, await admin(store, chosen), "board", slug, {PAUSED: paused or None})


async def _keep(chosen: Settings, slug: str, days: int | None, rows: int | None) -> None:
    async with program.opened(chosen) as store:
        await present(store, slug)
        await store.write(change, await admin(store, chosen), "board", slug, {"keep_days": days, "keep_rows": rows})


async def _remove(chosen: Settings, slug: str, *, purge: bool) -> None:
    async with program.opened(chosen) as store:
        await present(store, slug)
        await store.write(put, await admin(store, chosen), "board", slug, None)
        if purge:
            await store.write(lambda tx: boards.remove(tx, slug, program.utc_now(), purge=True))
