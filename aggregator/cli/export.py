"""``aggregator export``: the public feeds and pages as files."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from aggregator import app as program
from aggregator.cli.printing import say_json
from aggregator.cli.setting import keep_log, run, settings
from aggregator.export import Report


def export(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder, or one that was exported to.")],
    *,
    watch: Annotated[bool, typer.Option("--watch", help="Keep it fresh until interrupted.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, a line an export.")] = False,
) -> None:
    """Write every public feed and page, compressed too, into DIR: only what changed, for a server of files or a CDN."""
    chosen = settings(context)
    if watch:
        keep_log(chosen)
    run(program.export(chosen, folder, watch=watch, say=say_json if json else _say))


def _say(report: Report) -> None:
    sys.stdout.write(f"{report.sentence}\n")
    sys.stdout.flush()
