"""Where commands take their settings from, where their log goes, and the loop they run on."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Coroutine
from importlib import import_module, resources
from pathlib import Path
from typing import Any, TypeVar

import typer

from aggregator.logs import FORMATS
from aggregator.settings import Settings, load

Value = TypeVar("Value")
FILE = "settings.toml"


def default_file() -> Path:
    """Return ./settings.toml where there is one, else the program's own defaults."""
    here = Path(FILE)
    if here.exists():
        return here
    packaged = Path(str(resources.files("aggregator"))) / FILE
    return packaged if packaged.exists() else packaged.parent.parent / FILE


def settings(context: typer.Context) -> Settings:
    """Load the settings this command runs with."""
    file = context.find_root().obj
    return load(file, os.environ)


def keep_log(chosen: Settings) -> None:
    """Write the log to stderr, as the settings want it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FORMATS[chosen.log.format])
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for library in ("alembic", "apscheduler"):
        logging.getLogger(library).setLevel(logging.WARNING)


def run(work: Coroutine[Any, Any, Value]) -> Value:
    """Run a coroutine to its end, on uvloop where it exists."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(work)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        factory: Callable[[], asyncio.AbstractEventLoop] = import_module("uvloop").new_event_loop
    except ImportError:
        return None
    return factory
