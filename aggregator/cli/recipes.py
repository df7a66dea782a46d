"""``aggregator boards recipe`` and ``learn``: how a board is read, shown, changed, exported, learnt again."""

import sys
import tomllib
from functools import partial
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from msgspec import json as encoding
from msgspec import to_builtins

from aggregator import app as program
from aggregator import listing
from aggregator.administration import recorded
from aggregator.cli.admin import admin
from aggregator.cli.printing import say_json, show
from aggregator.cli.reading import brief
from aggregator.cli.setting import run, settings
from aggregator.errors import SettingsError, StoreError
from aggregator.fetch import Fetcher
from aggregator.look import Answer, look
from aggregator.model import Board, Validators
from aggregator.poll import relearn
from aggregator.recipe import Recipe
from aggregator.settings import Settings
from aggregator.store import Transaction, boards
from aggregator.store.origins import StoredMemory

PREVIEW_ROWS = 5


def recipe(
    context: typer.Context,
    slug: Annotated[str | None, typer.Argument(metavar="BOARD", help="The board's slug.")] = None,
    *,
    file: Annotated[Path | None, typer.Option("--set", help="Read the board by this TOML file from now on.")] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Learn the recipe anew at the next poll.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of recipes.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how a board is read, as settings.toml would say it; or change it."""
    if schema:
        say_json(encoding.schema(Recipe))
        return
    if slug is None:
        raise SettingsError("BOARD: is missing; allowed: a board's slug, or --schema")
    chosen = settings(context)
    if file is not None or forget:
        run(_teach(chosen, slug, None if file is None else written(file)))
        return
    found = run(_present(chosen, slug)).recipe
    if found is None:
        raise StoreError(f"The board {slug!r} has no recipe yet: it is learnt at its first poll.")
    if json:
        say_json(found)
    else:
        sys.stdout.write(f"[board.recipe]\n{toml(found)}")


def learn(
    context: typer.Context,
    slug: Annotated[str, typer.Argument(metavar="BOARD", help="The board's slug.")],
    *,
    accept: Annotated[
        bool, typer.Option("--accept", help="Read the board so from now on, and store its rows.")
    ] = False,
) -> None:
    """Read a board's page afresh and show the difference: its recipe line by line, and five rows."""
    board, answer = run(_learn(settings(context), slug, accept=accept))
    if answer.error is not None:
        raise answer.error
    if answer.reading is None or answer.reading.recipe is None:
        raise StoreError(f"The page of {slug!r} holds no list to learn from.")
    show(brief(answer.reading.headlines[:PREVIEW_ROWS]), json=False)
    for line in difference(board.recipe, answer.reading.recipe):
        sys.stdout.write(f"{line}\n")


def toml(found: Recipe) -> str:
    r"""Return a recipe as lines of TOML; JSON's strings and arrays are TOML's as well.

    >>> toml(Recipe(rows="tr", columns=("number", "title"), keep={"title": "^(.*)$"}))
    'rows = "tr"\ncolumns = ["number", "title"]\nkeep = {"title" = "^(.*)$"}\n'
    """
    return "".join(f"{key} = {_value(value)}\n" for key, value in to_builtins(found).items())


def difference(old: Recipe | None, new: Recipe) -> list[str]:
    """Return the lines of TOML that go and come from one recipe to another; a single sentence where none do."""
    before = toml(old).splitlines() if old is not None else []
    after = toml(new).splitlines()
    changed = [f"- {line}" for line in before if line not in after] + [
        f"+ {line}" for line in after if line not in before
    ]
    return changed or ["the recipe is the same"]


def written(file: Path) -> Recipe:
    """Return the recipe of a TOML file, its keys at the top or under ``[board.recipe]``, as ``recipe`` prints them."""
    try:
        said = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file}: cannot be read as TOML: {error}") from error
    board = said.get("board")
    try:
        return listing.checked(board["recipe"] if isinstance(board, dict) and "recipe" in board else said)
    except ValueError as error:
        raise SettingsError(f"{file}: {error}") from error


def _value(value: object) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{_value(key)} = {_value(held)}" for key, held in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(_value, value)) + "]"
        case _:
            return encoding.encode(value).decode()


async def _present(chosen: Settings, slug: str) -> Board:
    async with program.opened(chosen) as store:
        await program.seed(store, chosen, program.utc_now())
        found = await store.read(boards.by_slug, slug)
    if found is None or found.removed_at is not None:
        raise StoreError(f"no board is called {slug!r}")
    return found


async def _teach(chosen: Settings, slug: str, taught: Recipe | None) -> None:
    await _present(chosen, slug)
    async with program.opened(chosen) as store:
        who = await admin(store, chosen)

        def teach(tx: Transaction) -> None:
            recorded(tx, who, slug, partial(boards.teach, tx, slug, taught, who.now, who.polling.floor))

        await store.write(teach)


async def _learn(chosen: Settings, slug: str, *, accept: bool) -> tuple[Board, Answer]:
    board = await _present(chosen, slug)
    async with program.opened(chosen) as store:
        memory = StoredMemory(store)
        async with Fetcher(program.limits(chosen), clock=program.utc_now, memory=memory) as fetcher:
            zone, manners = ZoneInfo(board.timezone), board.manners
            answer = await look(fetcher, board.url, Validators(), zone=zone, clock=program.utc_now, manners=manners)
        if accept and answer.error is None:
            who = await admin(store, chosen)

            def take(tx: Transaction) -> None:
                recorded(tx, who, slug, partial(relearn, tx, board, answer, who.now, chosen.polling))

            await store.write(take)
    return board, answer
