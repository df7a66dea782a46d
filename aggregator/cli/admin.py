"""``aggregator tokens``, ``changes``, ``reload``: who may use the API, what admins changed, settings read again."""

import getpass
import os
import sys
from datetime import datetime
from typing import Annotated
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import typer
from msgspec import json as encoding
from msgspec import structs

from aggregator import app as program
from aggregator.administration import Admin, effective, undo
from aggregator.cli.printing import LAST_ID, show
from aggregator.cli.setting import run, settings
from aggregator.errors import SettingsError
from aggregator.settings import TOKEN, Settings
from aggregator.store import Store, edits, tokens
from aggregator.tokens import Scope, Token, digest, made

app = typer.Typer(no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="Whose token it is.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
WAIT_SECONDS = 30


async def admin(store: Store, chosen: Settings) -> Admin:
    """Whoever sits at this machine's command line."""
    said = await store.read(edits.settings)
    who = f"{getpass.getuser()} at the command line"
    return Admin(who=who, now=program.utc_now(), polling=effective(chosen.polling, said))


@app.command("add")
def add(
    context: typer.Context,
    name: Name,
    scope: Annotated[Scope, typer.Option(help="What it may do: read, or change things too.")] = "read",
) -> None:
    """Make a token for the API and print it, this once."""
    token = made()
    run(_add(settings(context), name, scope, token))
    sys.stdout.write(f"{token}\n")


@app.command("list")
def listed(context: typer.Context, *, json: Json = False) -> None:
    """List the tokens: whose, what for, used when."""
    show(
        [{key: _said(value) for key, value in structs.asdict(one).items()} for one in run(_every(settings(context)))],
        json=json,
    )


@app.command()
def revoke(context: typer.Context, name: Name) -> None:
    """Let a token do nothing any more."""
    run(_revoke(settings(context), name))


def changes(
    context: typer.Context,
    *,
    n: Annotated[int, typer.Option("-n", min=1, max=1000, help="How many.")] = 20,
    undo: Annotated[int | None, typer.Option(metavar="N", min=1, max=LAST_ID, help="Take change N back.")] = None,
    json: Json = False,
) -> None:
    """Show what admins changed, the newest first, or take a change back."""
    found = run(_changes(settings(context), n, undo))
    rows = [{key: _said(value) for key, value in structs.asdict(one).items()} for one in found]
    show(
        rows if json else [{**row, "before": _brief(row["before"]), "after": _brief(row["after"])} for row in rows],
        json=json,
    )


def reload(context: typer.Context) -> None:
    """Let the running server read settings.toml again; wants an admin's token in AGGREGATOR_TOKEN."""
    chosen = settings(context)
    token = os.environ.get(TOKEN)
    if not token:
        raise SettingsError(
            f"environment: {TOKEN} is missing; allowed: a token of scope admin, by `aggregator tokens add`"
        )
    url = f"http://{chosen.server.host}:{chosen.server.port}/api/v1/reload"
    request = Request(url, method="POST", headers={"Authorization": f"Bearer {token}"})
    try:
        with urlopen(request, timeout=WAIT_SECONDS) as answer:  # noqa: S310  the same
            left = encoding.decode(answer.read())["needs_restart"]
    except HTTPError as error:
        raise SettingsError(str(encoding.decode(error.read())["detail"])) from error
    except URLError as error:
        raise SettingsError(f"No server answers at {url}: {error.reason}") from error
    sys.stdout.write(f"taken{'; a restart is needed for ' + ', '.join(left) if left else ''}\n")


def _said(value: object) -> object:
    return f"{value:%Y-%m-%d %H:%M:%SZ}" if isinstance(value, datetime) else value


def _brief(state: object) -> str:
    return "" if state is None else encoding.encode(state).decode()


async def _add(chosen: Settings, name: str, scope: Scope, token: str) -> None:
    async with program.opened(chosen) as store:
        await store.write(tokens.add, name, scope, digest(token), program.utc_now())


async def _every(chosen: Settings) -> list[Token]:
    async with program.opened(chosen) as store:
        return await store.read(tokens.every)


async def _revoke(chosen: Settings, name: str) -> None:
    async with program.opened(chosen) as store:
        await store.write(tokens.revoke, name, program.utc_now())


async def _changes(chosen: Settings, n: int, taken_back: int | None) -> list[edits.Edit]:
    async with program.opened(chosen) as store:
        if taken_back is not None:
            return [await store.write(undo, await admin(store, chosen), taken_back)]
        return await store.read(edits.latest, n)
