"""``aggregator audit``: what is stored of the boards' lists and what is not, counted afresh."""

from datetime import datetime
from typing import Annotated

import typer
from msgspec import structs

from aggregator import app as program
from aggregator import publish
from aggregator.cli.printing import say_json, show
from aggregator.cli.setting import run, settings
from aggregator.ledger import Ledger, Missing, Range
from aggregator.settings import Settings
from aggregator.store import boards


def audit(
    context: typer.Context,
    slug: Annotated[str | None, typer.Argument(metavar="[BOARD]", show_default=False)] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what of a board is surely complete, and what is missing; of every board where none is named."""
    found = run(_audited(settings(context), slug))
    if json:
        say_json(found if slug is None else found[0])
    elif slug is None:
        show([_brief(ledger) for ledger in found], json=False)
    else:
        _say(found[0])


async def _audited(chosen: Settings, slug: str | None) -> list[Ledger]:
    async with program.opened(chosen) as store:
        slugs = [board.slug for board in await store.read(boards.every)] if slug is None else [slug]
        return [await publish.ledger(store, each) for each in slugs]


def _brief(ledger: Ledger) -> dict[str, object]:
    return {
        "board": ledger.board,
        "ledger": ledger.sentence,
        "standing": ledger.headlines.standing,
        "tombstones": ledger.headlines.tombstones,
        "open": ledger.open,
        "unreachable": ledger.unreachable,
        "closed": ledger.closed,
        "unread": ledger.unread,
        "walks": ledger.walks.walks,
    }


def _say(ledger: Ledger) -> None:
    """Print one ledger: the sentence, what was counted, the ranges and the gaps."""
    counted = {
        **structs.asdict(ledger.headlines),
        "polled_at": ledger.polled_at,
        **{f"gaps_{state}": getattr(ledger, state) for state in ("open", "unreachable", "closed")},
        "unread": ledger.unread,
        **{f"walks_{name}": value for name, value in structs.asdict(ledger.walks).items()},
        **structs.asdict(ledger.renumbered),
    }
    typer.echo(f"{ledger.board}: {ledger.sentence}")
    show([{"counted": key.replace("_", " "), "value": _timed(value)} for key, value in counted.items()], json=False)
    show([_range(each) for each in ledger.ranges], json=False, title="ranges seen")
    show([_gap(each, ledger.headlines.history) for each in ledger.gaps], json=False, title="gaps")


def _range(each: Range) -> dict[str, object]:
    return {name: _timed(value) for name, value in structs.asdict(each).items()}


def _gap(each: Missing, read: int) -> dict[str, object]:
    row = {name: _timed(value) for name, value in structs.asdict(each).items()}
    share = f"{read / (read + each.rows):.0%}" if each.history and each.rows else ""
    return {**row, "read": share}


def _timed(value: object) -> object:
    return value.strftime("%Y-%m-%d %H:%M:%SZ") if isinstance(value, datetime) else value
