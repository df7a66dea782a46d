"""``aggregator settings`` and ``boards set``: what holds beside what settings.toml says, and KEY=VALUE over it."""

from typing import Annotated

import typer

from aggregator import app as program
from aggregator.administration import LIVE, change, effective, put, state
from aggregator.cli.admin import admin
from aggregator.cli.backfill import present
from aggregator.cli.printing import show
from aggregator.cli.setting import run, settings
from aggregator.entries import written
from aggregator.errors import SettingsError
from aggregator.settings import PollingSettings, Settings
from aggregator.store import Store, Transaction, edits

LISTS = ("tags",)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Said = Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE", help="KEY= takes a change back.")]


def live(context: typer.Context, said: Said = None, *, json: Json = False) -> None:
    """Show the settings that a running server takes at once, beside settings.toml; or change them."""
    chosen = settings(context)
    holds = run(_live(chosen, _pairs(said or [])))
    show(
        [{"key": key, "holds": getattr(holds, key), "settings_toml": getattr(chosen.polling, key)} for key in LIVE],
        json=json,
    )


def changed(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(metavar="BOARD", help="The board's slug.")],
    said: Said = None,
    *,
    json: Json = False,
) -> None:
    """Change what a board's entry in settings.toml could say: name=…, every=…, tags=a,b; show both."""
    show(run(_changed(settings(context), slug, _pairs(said or []))), json=json)


async def beside(store: Store, chosen: Settings, slug: str) -> list[dict[str, object]]:
    """A board's entry as it is, and as settings.toml says it, key by key; ``changed`` where they differ."""
    entry = await store.read(state, "board", slug) or {}
    seed = next((written(spec) for spec in chosen.boards if spec.slug == slug), {})
    keys = [*entry, *(key for key in seed if key not in entry)]
    return [
        {"key": key, "is": entry.get(key), "settings_toml": seed.get(key), "changed": entry.get(key) != seed.get(key)}
        for key in keys
    ]


def _pairs(said: list[str]) -> dict[str, object]:
    """What is to be changed, None to be taken back."""
    pairs: dict[str, object] = {}
    for one in said:
        key, equals, value = one.partition("=")
        if not equals:
            raise SettingsError(f"found {one!r}; allowed: KEY=VALUE, or KEY= to take a change back")
        pairs[key] = None if not value else value.split(",") if key in LISTS else value
    return pairs


async def _live(chosen: Settings, said: dict[str, object]) -> PollingSettings:
    async with program.opened(chosen) as store:
        who = await admin(store, chosen)

        def alter(tx: Transaction) -> None:
            for key, value in said.items():
                put(tx, who, "setting", key, None if value is None else {"value": value})

        if said:
            await store.write(alter)
        return effective(chosen.polling, await store.read(edits.settings))


async def _changed(chosen: Settings, slug: str, said: dict[str, object]) -> list[dict[str, object]]:
    async with program.opened(chosen) as store:
        await present(store, slug)
        if said:
            await store.write(change, await admin(store, chosen), "board", slug, said)
        return await beside(store, chosen, slug)
