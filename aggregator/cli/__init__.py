"""The command line. Exit codes: 0 done, 1 failure, 2 wrong use or settings, 3 no listing on the page (``read``)."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from aggregator.cli import (
    admin,
    boards,
    database,
    edits,
    export,
    feeds,
    health,
    ledgers,
    polling,
    private,
    reading,
    schedule,
    topics,
)
from aggregator.cli.setting import default_file
from aggregator.errors import AggregatorError, FilterError, SettingsError

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
app.command("serve")(polling.serve)
app.command("poll")(polling.poll)
app.command("read")(reading.read)
app.command("feed")(feeds.feed)
app.command("export")(export.export)
app.command("audit")(ledgers.audit)
app.command("changes")(admin.changes)
app.command("reload")(admin.reload)
app.command("settings")(edits.live)
app.add_typer(admin.app, name="tokens", help="Who may use the API.")
app.command("health")(health.fares)
app.add_typer(boards.app, name="boards", help="The boards that are polled.")
app.add_typer(schedule.app, name="schedule", help="When boards are polled.")
app.add_typer(private.app, name="private", help="Feeds that only who has their URL can read.")
app.add_typer(topics.app, name="topics", help="Named, saved filters: topic feeds.")
app.add_typer(database.app, name="db", help="The store.")


@app.callback()
def root(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="Another settings.toml; may stand anywhere on the line.", show_default=False)
    ] = None,
) -> None:
    """Numbered bulletin-board listings in; merged, filterable RSS, Atom and JSON feeds out."""
    context.obj = config if config is not None else default_file()


def hoisted(words: list[str]) -> list[str]:
    """Return the words with ``--config FILE`` moved to the front, where the program itself takes it.

    >>> hoisted(["serve", "--config", "x.toml", "--demo"])
    ['--config', 'x.toml', 'serve', '--demo']
    """
    for place, word in enumerate(words):
        if word == "--":
            break
        if word == "--config" or word.startswith("--config="):
            taken = words[place : place + (2 if word == "--config" else 1)]
            return [*taken, *words[:place], *words[place + len(taken) :]]
    return words


def main() -> None:
    """Run the command line; every error of ours is one sentence on stderr."""
    try:
        app(args=hoisted(sys.argv[1:]), prog_name="aggregator")
    except FilterError as error:
        sys.exit(_complain(f"FILTER: {error} (column {error.column}; {error.hint})", 2))
    except SettingsError as error:
        sys.exit(_complain(str(error), 2))
    except AggregatorError as error:
        sys.exit(_complain(str(error), 1))


def _complain(sentence: str, code: int) -> int:
    sys.stderr.write(f"aggregator: {sentence}\n")
    return code
