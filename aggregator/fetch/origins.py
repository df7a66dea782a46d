"""What is known of every origin (RFC 6454: scheme, host, port): its rules and its wishes, kept over restarts."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from msgspec import Struct, json
from yarl import URL

from aggregator.model import Validators


class Rulebook(Struct, frozen=True, kw_only=True):
    """A robots.txt as it was when it was asked for, good until ``until``; an empty text allows everything."""

    text: str
    asked_at: datetime
    until: datetime
    validators: Validators = Validators()


class Origin(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one origin has said.

    ``silent`` has until when a URL is to be left alone, the origin's own name standing for all of it. ``refusals``
    counts its 429 and 503 less its other answers since.
    """

    rulebook: Rulebook | None = None
    silent: Mapping[str, datetime] = {}
    refusals: int = 0


class Memory(Protocol):
    """Where origins are remembered from one run of the program to the next."""

    async def recall(self, origin: str) -> str | None:
        """What was kept last of ``origin``, None where nothing was."""

    async def keep(self, origin: str, said: str) -> None:
        """Keep ``said`` in place of what was."""


class Forgetful:
    """A memory for a fetcher that nothing outlives."""

    async def recall(self, origin: str) -> str | None:
        """Nothing was kept."""
        del origin
        return None

    async def keep(self, origin: str, said: str) -> None:
        """Forget it."""


class Origins:
    """The origins met so far: each is recalled once and from then on known here."""

    def __init__(self, memory: Memory, clock: Callable[[], datetime]) -> None:
        self._memory = memory
        self._clock = clock
        self._known: dict[URL, Origin] = {}

    async def of(self, url: URL) -> Origin:
        """What is known of the origin of ``url``."""
        origin = url.origin()
        if origin not in self._known:
            said = await self._memory.recall(str(origin))
            self._known.setdefault(origin, json.decode(said, type=Origin) if said else Origin())
        return self._known[origin]

    async def keep(self, url: URL, known: Origin) -> None:
        """Remember it from now on, without the wishes that have passed."""
        now = self._clock()
        silent = {name: until for name, until in known.silent.items() if until > now}
        kept = Origin(rulebook=known.rulebook, silent=silent, refusals=known.refusals)
        self._known[url.origin()] = kept
        await self._memory.keep(str(url.origin()), json.encode(kept).decode())
