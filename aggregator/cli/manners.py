"""``aggregator boards manners``: what one board is given that others are not."""

from typing import Annotated

import typer
from msgspec import structs

from aggregator import app as program
from aggregator.administration import change
from aggregator.cli.admin import admin
from aggregator.cli.backfill import present
from aggregator.cli.printing import show
from aggregator.cli.setting import run, settings
from aggregator.errors import SettingsError
from aggregator.kinds import PROXY
from aggregator.manners import Manners
from aggregator.settings import Settings


def manners(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(metavar="BOARD", help="The board's slug.")],
    *,
    cookies: Annotated[bool | None, typer.Option(help="Take and return cookies.")] = None,
    ignore_robots: Annotated[bool | None, typer.Option(help="Ask for what robots.txt disallows.")] = None,
    insecure: Annotated[bool | None, typer.Option(help="Believe any certificate.")] = None,
    proxy: Annotated[str | None, typer.Option(help="http://HOST:PORT, socks5://HOST:PORT or none.")] = None,
    pages: Annotated[int | None, typer.Option(min=4, max=1000, help="The most that one poll reads.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how a board is asked, or change it; what should trouble you is said in full."""
    chosen = settings(context)
    if proxy is not None:
        try:
            PROXY.parse(proxy)
        except ValueError as error:
            raise SettingsError.wrong("--proxy", proxy, PROXY.allowed) from error
    said = {"cookies": cookies, "ignore_robots": ignore_robots, "insecure": insecure, "proxy": proxy, "pages": pages}
    given = run(_given(chosen, slug, {key: value for key, value in said.items() if value is not None}))
    row = {**structs.asdict(given), "liberties": "; ".join(given.liberties) or None}
    show([row] if json else [{"key": key, "value": value} for key, value in row.items()], json=json)


async def _given(chosen: Settings, slug: str, changes: dict[str, bool | str | int]) -> Manners:
    """The board's manners after ``changes``."""
    async with program.opened(chosen) as store:
        await program.seed(store, chosen, program.utc_now())
        await present(store, slug)
        if changes:
            await store.write(change, await admin(store, chosen), "board", slug, changes)
        return (await present(store, slug)).manners
