"""What the application carries for its handlers, by typed key."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import jinja2
from aiohttp import web

from aggregator.settings import PollingSettings
from aggregator.store import Store

Clock = Callable[[], datetime]
Trouble = Callable[[], Awaitable[str | None]]

STORE = web.AppKey("store", Store)
PUBLIC_URL = web.AppKey("public_url", str)
ZONE = web.AppKey("zone", ZoneInfo)
CLOCK: web.AppKey[Clock] = web.AppKey("clock")
POLLING = web.AppKey("polling", PollingSettings)
TROUBLE: web.AppKey[Trouble] = web.AppKey("trouble")
TEMPLATES = web.AppKey("templates", jinja2.Environment)


def root(public_url: str) -> str:
    """The path that the public URL puts before every one of ours, empty at a host's root.

    >>> root("https://example.org/headlines")
    '/headlines'
    """
    return urlsplit(public_url).path.rstrip("/")
