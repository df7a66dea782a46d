"""What the application carries for its handlers, by typed key."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

from aiohttp import web

from aggregator.metrics import Metrics
from aggregator.news import News
from aggregator.push import Reception
from aggregator.request import Access
from aggregator.settings import Settings
from aggregator.shelf import Shelf
from aggregator.store import Store
from aggregator.turns import Shares, Turns
from aggregator.web.paper import Paper


class Running(Protocol):
    """What runs beside the server: the settings it was given, and how they are read again."""

    @property
    def settings(self) -> Settings:
        """What settings.toml says."""

    async def reload(self) -> list[str]:
        """Read settings.toml again; the keys that need a restart. Raises SettingsError where it cannot be read."""


class Told(NamedTuple):
    """How news reach who waits for them: by the hub whose ``reception`` this is, and by event ``streams``, so many."""

    reception: Reception | None = None
    news: News | None = None
    streams: int = 500


Networks = tuple[IPv4Network | IPv6Network, ...]
Clock = Callable[[], datetime]
Trouble = Callable[[], Awaitable[str | None]]

STORE = web.AppKey("store", Store)
PUBLIC_URL = web.AppKey("public_url", str)
ZONE = web.AppKey("zone", ZoneInfo)
CLOCK: web.AppKey[Clock] = web.AppKey("clock")
TROUBLE: web.AppKey[Trouble] = web.AppKey("trouble")
RUNNING: web.AppKey[Running] = web.AppKey("running")
SHELF = web.AppKey("shelf", Shelf)
TURNS = web.AppKey("turns", Turns)
SHARES = web.AppKey("shares", Shares)
PROXIES: web.AppKey[Networks] = web.AppKey("proxies")
METRICS = web.AppKey("metrics", Metrics)
PAPER = web.AppKey("paper", Paper)
# Where WebSub subscribers are taken, None where there is no hub; the hubs that documents name.
RECEPTION: web.AppKey[Reception | None] = web.AppKey("reception")
HUBS: web.AppKey[tuple[str, ...]] = web.AppKey("hubs")
# That something was stored.
NEWS = web.AppKey("news", News)
# Of a request that shows a token, what it opens.
ACCESS = web.RequestKey("access", Access)
