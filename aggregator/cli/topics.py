"""``aggregator topics``: list, add, remove."""

from typing import Annotated

import typer
from msgspec import structs

from aggregator import app as program
from aggregator.administration import put, state
from aggregator.cli.admin import admin
from aggregator.cli.printing import show
from aggregator.cli.setting import run, settings
from aggregator.errors import RefusedError, SettingsError
from aggregator.filters import parse
from aggregator.kinds import SLUG
from aggregator.model import Topic
from aggregator.settings import Settings
from aggregator.store import topics

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def listed(
    context: typer.Context, *, json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """List the topics."""
    chosen = settings(context)
    rows: list[dict[str, object]] = [
        {"slug": t.slug, "title": t.title, "filter": t.filter, "feed": f"{chosen.public_url}/topics/{t.slug}.atom"}
        for t in run(_every(chosen))
    ]
    show(rows, json=json)


@app.command()
def add(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(help="The name in URLs.")],
    expression: Annotated[str, typer.Argument(metavar="FILTER", help="Such as: title:연금 -source:광고")],
    *,
    title: Annotated[str | None, typer.Option(help="The name for people; default: the slug.")] = None,
) -> None:
    """Add a topic and print its feeds' URLs."""
    chosen = settings(context)
    try:
        SLUG.parse(slug)
    except ValueError as error:
        raise SettingsError(f"SLUG: found {slug!r}; allowed: {SLUG.allowed}") from error
    parse(expression)
    run(_add(chosen, Topic(slug=slug, title=title or slug, filter=expression)))
    for ending in program.FORMATS:
        typer.echo(f"{chosen.public_url}/topics/{slug}.{ending}")


@app.command()
def remove(context: typer.Context, slug: Annotated[str, typer.Argument(help="The topic's slug.")]) -> None:
    """Remove a topic: its feeds answer 410."""
    run(_remove(settings(context), slug))


async def _every(chosen: Settings) -> list[Topic]:
    async with program.opened(chosen) as store:
        await program.seed(store, chosen, program.utc_now())
        return await store.read(topics.every)


async def _add(chosen: Settings, topic: Topic) -> None:
    async with program.opened(chosen) as store:
        there = await store.read(topics.by_slug, topic.slug)
        if there is not None and not there[1]:
            raise RefusedError(f"There is a topic {topic.slug!r} already: remove it first, or choose another slug.")
        await store.write(put, await admin(store, chosen), "topic", topic.slug, structs.asdict(topic))


async def _remove(chosen: Settings, slug: str) -> None:
    async with program.opened(chosen) as store:
        if await store.read(state, "topic", slug) is None:
            raise RefusedError(f"There is no topic {slug!r}.")
        await store.write(put, await admin(store, chosen), "topic", slug, None)
