"""Who is met before aiohttp meets them: what is to be refused gets no parser, no task and no request.

Ten times as many connections as can be answered take more than a whole processor where aiohttp meets each; then
refusals come late, and whoever is let in has waited for them.
"""

import asyncio
import re
from collections import deque
from http import HTTPStatus
from typing import NamedTuple, cast

from aiohttp import hdrs, web
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import SERVER_SOFTWARE
from msgspec import json

from aggregator.errors import BusyError
from aggregator.render import FORMATS
from aggregator.turns import SOON, TOO_MUCH
from aggregator.web.clients import below
from aggregator.web.feeds import CORS, KINDS, SECURED
from aggregator.web.keys import CLOCK, PUBLIC_URL, SHELF, TURNS
from aggregator.web.paper import root
from aggregator.web.problems import PROBLEM, asks, problem
from aggregator.web.requests import count

# Who has said nothing for so long is no crowd's.
PATIENCE_SECONDS = 1.0
# How long until it is looked again whether there is a place, while anybody waits and once anybody was let in.
PAUSE_SECONDS = 0.002
_FEED = re.compile(rf"/(?:feed|(?:{'|'.join(KINDS)})/[^/]+)\.({'|'.join(FORMATS)})")
# The whole of a request that has no body and wants nothing else done than to be answered.
_HEAD = re.compile(
    rb"GET (/[!-~]*) HTTP/1\.1\r\n"
    rb"(?:(?!(?i:content-length|transfer-encoding|expect|upgrade):)[^\r\n]+\r\n)+\r\n"
)


def feed_format(target: str, prefix: str) -> str | None:
    """The format of the public feed that is asked for; robots.txt, ledgers and the API have such endings too."""
    found = _FEED.fullmatch(below(target.partition("?")[0], prefix))
    return found[1] if found is not None else None


def refusal() -> bytes:
    """The very refusal that a feed's handler would make of it, and the end of the connection."""
    return b"".join((_BEFORE, rfc822_formatted_time().encode(), b"\r\n\r\n", _BODY))


_ERROR = BusyError(TOO_MUCH, retry_after=SOON)
_BODY = json.encode(problem(_ERROR, ""))
_SAID = {
    **CORS,
    **SECURED,
    **asks(_ERROR),
    hdrs.CONTENT_TYPE: PROBLEM,
    hdrs.CONTENT_LENGTH: str(len(_BODY)),
    hdrs.CONNECTION: "close",
    hdrs.SERVER: SERVER_SOFTWARE,
}
_STATUS = HTTPStatus.SERVICE_UNAVAILABLE
_LINES = [f"HTTP/1.1 {_STATUS} {_STATUS.phrase}", *(f"{name}: {said}" for name, said in _SAID.items()), "Date: "]
_BEFORE = "\r\n".join(_LINES).encode()


class Porch:
    """Makes the protocol of each connection: a porter's, which lets in at once whatever is no plain request for a feed.

    The others wait here, where they cost next to nothing, until there is a place, and the latest of them is let in
    first: its client has waited least. In a siege few wait, and none right after somebody was refused.
    """

    def __init__(self, app: web.Application, server: web.Server) -> None:
        """Meet whoever comes to ``server``."""
        self.inside = server
        self._app, self._turns, self._shelf, self._prefix = app, app[TURNS], app[SHELF], root(app[PUBLIC_URL])
        self._come: deque[Guest] = deque()
        self._silent: set[Porter] = set()
        self._is_deciding = self._is_closed = False

    def __call__(self) -> asyncio.Protocol:
        """The protocol of one more connection."""
        return Porter(self)

    def __len__(self) -> int:
        """How many wait."""
        return len(self._come)

    def meet(self, porter: "Porter") -> None:
        """Remember one who has said nothing yet."""
        self._silent.add(porter)

    def forget(self, porter: "Porter") -> None:
        """Nobody listens to that one here any more."""
        self._silent.discard(porter)

    def hear(self, porter: "Porter", said: bytes) -> None:
        """Let in whatever is no plain request for a feed, and the others once all were heard who speak now."""
        found = _HEAD.fullmatch(said)
        target = found[1].decode("ascii") if found is not None else ""
        form = feed_format(target, self._prefix)
        if form is None or self._shelf.addressed(target) is not None:
            porter.let_in()
            return
        self._come.append(Guest(porter, target, form))
        if not self._is_deciding:
            self._is_deciding = True
            asyncio.get_running_loop().call_soon(self._decide)

    def _decide(self) -> None:
        if self._is_closed:
            return
        # Who is let in has not come to its turn before a few goes of the loop. Whatever fails, others still wait.
        asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._go_on)
        self._let_in_known()
        for _ in range(self._turns.admitted(len(self._come))):
            self._come.pop().porter.let_in()
        while self._come and self._turns.is_too_much(len(self._come)):
            self._refuse(self._come.popleft())

    def _go_on(self) -> None:
        self._is_deciding = bool(self._come)
        if self._is_deciding:
            self._decide()

    def _let_in_known(self) -> None:
        """Let in those whose document somebody else has begun to ask for."""
        waiting = deque[Guest]()
        for guest in self._come:
            if self._shelf.addressed(guest.target) is None:
                waiting.append(guest)
            else:
                guest.porter.let_in()
        self._come = waiting

    def close(self) -> None:
        """Refuse all who still wait, and hang up on those who have said nothing."""
        self._is_closed = True
        while self._come:
            self._refuse(self._come.pop())
        for porter in [*self._silent]:
            porter.hang_up()

    def _refuse(self, guest: "Guest") -> None:
        count(self._app, guest.target, guest.form, _STATUS, self._app[CLOCK]())
        guest.porter.refuse()


class Porter(asyncio.Protocol):
    """Hears what a connection says first."""

    def __init__(self, porch: Porch) -> None:
        """Ask ``porch`` what to do with it."""
        self._porch, self._said = porch, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first words, not for long."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one without saying so
        self._patience = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self.let_in)
        self._porch.meet(self)

    def data_received(self, data: bytes) -> None:
        """Have it decided by the first words; what else is said is not read before that."""
        self._patience.cancel()
        self._porch.forget(self)
        self._said = data
        self._transport.pause_reading()
        self._porch.hear(self, data)

    def connection_lost(self, _error: Exception | None) -> None:
        """Nobody is there any more."""
        self._patience.cancel()
        self._porch.forget(self)

    def let_in(self) -> None:
        """Leave the connection to aiohttp, as if that had met it."""
        self._porch.forget(self)
        if self._transport.is_closing():
            return
        inside = self._porch.inside()
        self._transport.set_protocol(inside)
        inside.connection_made(self._transport)
        if self._said:
            self._transport.resume_reading()
            inside.data_received(self._said)

    def hang_up(self) -> None:
        """End it without a word, as aiohttp would."""
        self._patience.cancel()
        self._transport.close()

    def refuse(self) -> None:
        """Say that there is too much to do, and hang up."""
        if not self._transport.is_closing():
            self._transport.write(refusal())
            self._transport.close()


class Guest(NamedTuple):
    """Who waits on the porch: what the first line asks for, and the format of that feed."""

    porter: Porter
    target: str
    form: str
