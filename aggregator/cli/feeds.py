"""``aggregator feed``: a feed's document on standard output."""

import sys
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from aggregator import app as program
from aggregator import publish, render
from aggregator.cli.setting import run, settings
from aggregator.settings import Settings

Format = Literal["atom", "rss", "json"]


def feed(
    context: typer.Context,
    expression: Annotated[str, typer.Argument(metavar="[EXPR]", help="A filter; default: everything.")] = "",
    *,
    form: Annotated[Format, typer.Option("--format", help="The document's format.")] = "atom",
    n: Annotated[int, typer.Option("-n", min=1, max=500, help="At most so many entries.")] = 50,
) -> None:
    """Write the feed of a filter to standard output."""
    sys.stdout.buffer.write(run(_document(settings(context), expression, form, n)))


async def _document(chosen: Settings, expression: str, form: Format, n: int) -> bytes:
    async with program.opened(chosen) as store:
        zone = ZoneInfo(chosen.polling.timezone)
        wanted = publish.Request(kind="all", q=expression, n=n)
        selected = await publish.feed(store, wanted, chosen.public_url, program.utc_now(), zone, hubs=chosen.hubs)
        return render.document(selected, form).body
