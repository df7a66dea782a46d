"""``aggregator private``: add, list, rotate, revoke what opens a private feed; hide and show boards and topics."""

import re
import sys
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

import typer
from msgspec import structs

from aggregator import app as program
from aggregator import publish
from aggregator.administration import change, state
from aggregator.cli.admin import admin
from aggregator.cli.printing import LAST_ID, show
from aggregator.cli.setting import run, settings
from aggregator.errors import RefusedError, SettingsError
from aggregator.request import Access
from aggregator.settings import Settings
from aggregator.store import private
from aggregator.store.private import PrivateFeed, Scope
from aggregator.tokens import digest, made

app = typer.Typer(no_args_is_help=True)
FeedPath = Annotated[str, typer.Argument(metavar="FEED", help="Such as: feed, boards/news, topics/ai.")]
Number = Annotated[int, typer.Argument(metavar="N", min=1, max=LAST_ID, help="Its number in `private list`.")]
_PATH = re.compile(r"/?(?:(feed)|(board|topic)s/([a-z0-9-]+))(?:\.(?:atom|rss|json))?")
_KINDS: dict[str, Literal["board", "topic"]] = {"board": "board", "topic": "topic"}


@app.command()
def add(
    context: typer.Context,
    subscriber: Annotated[str, typer.Argument(help="Who reads it; anything that tells you.")],
    feed: FeedPath,
    scope: Annotated[Scope, typer.Option(help="Gather headlines of public boards, or of all.")] = "public",
) -> None:
    """Make a URL of a feed for one subscriber and print it, this once."""
    chosen, token = settings(context), made()
    _tell(chosen, run(_add(chosen, subscriber, _path(feed), scope, token)), token)


@app.command("list")
def listed(
    context: typer.Context, *, json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """List who reads what: since when, and when last."""
    show([_row(one) for one in run(_every(settings(context)))], json=json)


@app.command()
def rotate(context: typer.Context, number: Number) -> None:
    """Make another URL of it and print it; the old one is gone."""
    chosen, token = settings(context), made()
    _tell(chosen, run(_rotate(chosen, number, token)), token)


@app.command()
def revoke(context: typer.Context, number: Number) -> None:
    """Take a URL back: it answers 410."""
    run(_revoke(settings(context), number))


@app.command()
def hide(context: typer.Context, feed: FeedPath) -> None:
    """Make a board or topic private: out of every public feed, page and list."""
    run(_hidden(settings(context), feed, hidden=True))


@app.command("show")
def shown(context: typer.Context, feed: FeedPath) -> None:
    """Make a board or topic public again."""
    run(_hidden(settings(context), feed, hidden=False))


def _path(feed: str) -> str:
    kind, slug = _named(feed)
    return publish.path(kind or "all", slug)


def _named(feed: str) -> tuple[Literal["board", "topic"] | None, str]:
    found = _PATH.fullmatch(urlsplit(feed).path)
    if found is None:
        raise SettingsError(f"FEED: found {feed!r}; allowed: feed, boards/SLUG or topics/SLUG")
    return (None, "") if found[1] else (_KINDS[found[2]], found[3])


def _tell(chosen: Settings, feed: PrivateFeed, token: str) -> None:
    for ending in program.FORMATS:
        sys.stdout.write(f"{chosen.public_url}{Access.below(token).prefix}{feed.path}.{ending}\n")


def _row(feed: PrivateFeed) -> dict[str, object]:
    said = structs.asdict(feed)
    return {key: f"{value:%Y-%m-%d %H:%M}Z" if isinstance(value, datetime) else value for key, value in said.items()}


async def _add(chosen: Settings, subscriber: str, path: str, scope: Scope, token: str) -> PrivateFeed:
    async with program.opened(chosen) as store:
        await program.seed(store, chosen, program.utc_now())
        kind, slug = _named(path)
        if kind is not None and await store.read(state, kind, slug) is None:
            raise RefusedError(f"There is no {kind} {slug!r}.")
        return await store.write(private.add, subscriber, path, scope, digest(token), program.utc_now())


async def _every(chosen: Settings) -> list[PrivateFeed]:
    async with program.opened(chosen) as store:
        return await store.read(private.every)


async def _rotate(chosen: Settings, number: int, token: str) -> PrivateFeed:
    async with program.opened(chosen) as store:
        return await store.write(private.rotate, number, digest(token), program.utc_now())


async def _revoke(chosen: Settings, number: int) -> None:
    async with program.opened(chosen) as store:
        await store.write(private.revoke, number, program.utc_now())


async def _hidden(chosen: Settings, feed: str, *, hidden: bool) -> None:
    kind, slug = _named(feed)
    if kind is None:
        raise SettingsError("FEED: found the feed of everything; allowed: boards/SLUG or topics/SLUG")
    async with program.opened(chosen) as store:
        await program.seed(store, chosen, program.utc_now())
        who = await admin(store, chosen)
        await store.write(change, who, kind, slug, {"private": hidden})
